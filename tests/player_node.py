# SPDX-License-Identifier: Apache-2.0
"""The browser's decoder in node, for tests: of a film's bytes it makes what ``model_json`` tells."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from model_json import film_or_error

import mtor_transcode
from mtor_transcode.codec import tables
from mtor_transcode.codec.series import FindSeries

ROOT = Path(__file__).parents[1]
PLAYER = Path(mtor_transcode.__file__).parent / "stream" / "player"
TABLES = Path(tables.__file__).parent / "tables_v1.json"
OLDEST_NODE = 20


def node() -> str:
    """The path of node; skips the test where it is missing or too old."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed (make test installs it where it can)")
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if int(told.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"node {told.strip()} is older than {OLDEST_NODE}")
    return found


class NodeDecoder:
    """A process that decodes one film after the other."""

    def __init__(self) -> None:
        script = Path(__file__).parent / "player" / "dump.mjs"
        self._process = subprocess.Popen(
            [node(), str(script), str(PLAYER), str(TABLES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def film(self, data: bytes, dictionaries: Sequence[bytes] = (), **asked: object) -> dict[str, Any]:
        """The film as JSON, or ``{"error": what}``; ``crash`` is an error that is not the decoder's own."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"bytes": data.hex(), "dictionaries": [item.hex() for item in dictionaries], **asked}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "crash" not in answer, answer["crash"]
        return answer

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate(timeout=20)


def decoded(data: bytes, find_series: FindSeries | None = None) -> dict[str, Any]:
    """What our own reader makes of a film, as JSON comes back."""
    back: dict[str, Any] = json.loads(json.dumps(film_or_error(data, find_series)))
    return back


@pytest.fixture(scope="module")
def decoder() -> Iterator[NodeDecoder]:
    """The browser's decoder in node."""
    made = NodeDecoder()
    yield made
    made.close()
