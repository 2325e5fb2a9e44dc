# SPDX-License-Identifier: Apache-2.0
"""What the command line says: results on stdout, everything else on stderr, one line each."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtor_transcode.files import output_error


def say(line: str) -> None:
    """A line of a result, on stdout."""
    with _heard():
        if sys.stdout is not None:
            sys.stdout.write(line + "\n")


def emit(event: str, fields: dict[str, Any]) -> None:
    """One NDJSON event on stdout, at once."""
    say(json.dumps({"event": event, **fields}, ensure_ascii=False))
    flush()


def flush() -> None:
    """Let go of all that was said. Raises OutputError; where nobody listens at all, that is no error."""
    with _heard():
        if sys.stdout is not None:
            sys.stdout.flush()


@contextlib.contextmanager
def _heard() -> Iterator[None]:
    """Errors of writing to stdout, told once: what is still held is dropped. A broken pipe passes through."""
    try:
        yield
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
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
    _tell(f"mtor: warning: {_one_line(line)}")


def fail(line: str) -> None:
    """What went wrong, on stderr."""
    _tell(f"mtor: error: {_one_line(line)}")


def _tell(line: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(line + "\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())
