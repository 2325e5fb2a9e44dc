# SPDX-License-Identifier: Apache-2.0
"""Running the real command line, for the tests of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

MTOR = Path(sys.executable).with_name("mtor")
DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def mtor(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run ``mtor`` to its end; what it said is in ``stdout`` and ``stderr``."""
    settings: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 120, **options}
    return subprocess.run([MTOR, *map(str, arguments)], check=False, **settings)


def environment(**changes: str) -> dict[str, str]:
    """The process's environment with changes."""
    return {**os.environ, **changes}


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """It ended with ``code`` and one line on stderr that names all ``words``; never with a traceback."""
    assert done.returncode == code, done.stderr
    errors = [line for line in done.stderr.splitlines() if not line.startswith("mtor: warning: ")]
    assert len(errors) == 1, done.stderr
    assert errors[0].startswith("mtor: error: ")
    assert "a bug in mtor" not in errors[0]
    for word in words:
        assert word in errors[0]


def files_in(folder: Path) -> set[str]:
    """Names of everything in a folder, hidden things too."""
    return {path.name for path in folder.rglob("*")}
