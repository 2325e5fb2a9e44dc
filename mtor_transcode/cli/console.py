# SPDX-License-Identifier: Apache-2.0
"""What the command line says: results on stdout, everything else on stderr, one line each."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

from mtor_transcode.files import output_error


class _Heard:
    """A stream whose errors of writing are ours, whoever writes to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with _told():
            return self._stream.write(text)

    def flush(self) -> None:
        with _told():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def listen() -> None:
    """From now on, what cannot be written to stdout is an OutputError, also of Typer's help."""
    if sys.stdout is not None:
        sys.stdout = cast(TextIO, _Heard(sys.stdout))


def say(line: str) -> None:
    """A line of a result, on stdout."""
    if sys.stdout is not None:
        sys.stdout.write(line + "\n")


def emit(event: str, fields: dict[str, Any]) -> None:
    """One NDJSON event on stdout, at once."""
    say(json.dumps({"event": event, **fields}, ensure_ascii=False))
    flush()


def flush() -> None:
    """Let go of all that was said. Raises OutputError; where nobody listens at all, that is no error."""
    if sys.stdout is not None:
        sys.stdout.flush()


def drop(stream: int = 1) -> None:
    """What is still held for stdout (2: stderr) goes nowhere, so that Python ends in silence."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Errors of writing to stdout as OutputError. A broken pipe passes through."""
    try:
        yield
    except OSError as error:
        said = output_error(error, Path("standard output"))
        if said is None:
            raise
        raise said from error


def note(line: str) -> None:
    """A line for someone who watches: on stderr if that is a terminal, else nowhere."""
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(f"mtor: {line}\n")


def warn(line: str) -> None:
    """A warning, on stderr."""
    tell(f"mtor: warning: {_one_line(line)}")


def fail(line: str) -> None:
    """What went wrong, on stderr."""
    tell(f"mtor: error: {_one_line(line)}")


def tell(text: str) -> None:
    """Lines on stderr. Where not even they can be written, the exit code is all that is left to say."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        drop(2)


def _one_line(text: str) -> str:
    return " ".join(text.split())
