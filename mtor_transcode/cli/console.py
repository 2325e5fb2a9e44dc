# SPDX-License-Identifier: Apache-2.0
"""What the command line says: results on stdout, everything else on stderr, one line each."""

from __future__ import annotations

import json
import sys
from typing import Any


def say(line: str) -> None:
    """A line of a result, on stdout."""
    sys.stdout.write(line + "\n")


def emit(event: str, fields: dict[str, Any]) -> None:
    """One NDJSON event on stdout, at once."""
    sys.stdout.write(json.dumps({"event": event, **fields}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def note(line: str) -> None:
    """A line for someone who watches: on stderr if that is a terminal, else nowhere."""
    if sys.stderr.isatty():
        sys.stderr.write(f"mtor: {line}\n")


def warn(line: str) -> None:
    """A warning, on stderr."""
    sys.stderr.write(f"mtor: warning: {_one_line(line)}\n")


def fail(line: str) -> None:
    """What went wrong, on stderr."""
    sys.stderr.write(f"mtor: error: {_one_line(line)}\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())
