# SPDX-License-Identifier: Apache-2.0
"""The browser's decoder in node, for tests: of a film's bytes it makes what ``model_json`` tells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
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
MOST_CPU = 20.0
"""Seconds of processor time that a film of some kB may take; milliseconds are what it does."""


def node() -> str:
    """The path of node; skips the test where it is missing or too old."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed (make test installs it where it can)")
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if int(told.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"node {told.strip()} is older than {OLDEST_NODE}")
    return found


class Node:
    """A process that runs a script of ``tests/player``: a question and an answer a line, as JSON."""

    def __init__(self, script: str) -> None:
        path = Path(__file__).parent / "player" / script
        # A hostile film that takes more memory than this ends the process, and so the test.
        self._process = subprocess.Popen(
            [node(), "--max-old-space-size=256", str(path), str(PLAYER), str(TABLES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **question: object) -> Any:
        """The answer. None within ``MOST_CPU`` is a decoder that hangs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        answered = threading.Event()
        threading.Thread(target=self._watch, args=(answered,), daemon=True).start()
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answered.set()
        assert line, "node hangs, or has ended"
        return json.loads(line)

    def _watch(self, answered: threading.Event) -> None:
        """Ends a process that takes too much of the processor for one answer."""
        most = self._used() + MOST_CPU
        while not answered.wait(1.0):
            if self._used() > most:
                self._process.kill()

    def _used(self) -> float:
        """Seconds of processor time that it has used; 0 where the system does not tell."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        if not stat.exists():
            return 0.0
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate(timeout=20)


class NodeDecoder(Node):
    """A process that decodes one film after the other."""

    def __init__(self) -> None:
        super().__init__("dump.mjs")

    def film(self, data: bytes, dictionaries: Sequence[bytes] = ()) -> dict[str, Any]:
        """The film as JSON, or ``{"error": what}``; ``crash`` is an error that is not the decoder's own."""
        answer: dict[str, Any] = self.ask(
            bytes=data.hex(), dictionaries=[item.hex() for item in dictionaries]
        )
        assert "crash" not in answer, answer["crash"]
        return answer


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
