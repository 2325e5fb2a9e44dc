# SPDX-License-Identifier: Apache-2.0
"""The table of initial probabilities, its training, and the context numbers of the documentation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from busy_films import busy_film
from memory_films import write_film

from mtor_transcode.codec import tables
from mtor_transcode.codec.contexts import BASE, COUNT, KIND_OF, LAYOUT, Kind
from mtor_transcode.codec.tables import LOWEST, MAX_USES, initial_states
from mtor_transcode.errors import FormatError

ROOT = Path(__file__).parents[1]


def test_the_table_has_a_valid_start_for_each_context() -> None:
    probabilities, uses = initial_states()
    assert len(probabilities) == len(uses) == len(KIND_OF) == COUNT
    assert all(LOWEST <= p <= 65536 - LOWEST for p in probabilities)
    assert all(0 <= n <= MAX_USES for n in uses)
    assert KIND_OF[BASE["outline.dx"]] == Kind.OUTLINES
    assert KIND_OF[BASE["paint.rank"]] == Kind.PAINTS
    assert KIND_OF[BASE["camera.value"]] == Kind.MOTION


@pytest.mark.parametrize(
    ("contexts", "message"),
    [({"token.more": [[9, 0]]}, "out of range"), ({"token.more": [[999, 0], [999, 0]]}, "2 contexts")],
)
def test_bad_tables_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contexts: object, message: str
) -> None:
    (tmp_path / "tables_v7.json").write_text(json.dumps({"version": 7, "contexts": contexts}))
    monkeypatch.setattr(tables, "files", lambda package: tmp_path)
    with pytest.raises(FormatError, match=message):
        initial_states(7)


def test_the_documentation_numbers_contexts_as_the_code_does() -> None:
    text = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `([a-z_.]+)` \| (\d+) \|$", text, re.MULTILINE)
    assert [(int(first), name, int(size)) for first, name, size in rows] == [
        (BASE[name], name, size) for name, size in LAYOUT
    ]
    assert f"there are {COUNT} contexts" in text


def test_training_makes_a_table_that_saves(tmp_path: Path) -> None:
    film = tmp_path / "film.mtor"
    film.write_bytes(write_film(busy_film(2))[0])
    table = tmp_path / "table.json"
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "train_tables.py"), str(film), "-o", str(table)],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    before, after = re.findall(r"(\d+) bytes .* become (\d+)", done.stdout)[0]
    assert int(after) < int(before)
    known = json.loads(table.read_text(encoding="utf-8"))["contexts"]
    sizes = dict(LAYOUT)
    assert known
    assert all(len(starts) == sizes[name] for name, starts in known.items())
