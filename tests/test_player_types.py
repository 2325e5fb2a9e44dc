# SPDX-License-Identifier: Apache-2.0
"""The sources of the browser's player: their types, told in JSDoc, hold; modules stand by themselves."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from player_node import PLAYER, ROOT, node


def test_types() -> None:
    """tsc finds nothing in the player's modules."""
    node()
    ours = Path(sys.prefix) / "node" / "node_modules" / ".bin" / "tsc"
    tsc = str(ours) if ours.exists() else shutil.which("tsc")
    if tsc is None:
        pytest.skip("tsc is not installed (make node installs it)")
    done = subprocess.run([tsc, "-p", "."], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_stand_by_themselves() -> None:
    """Nothing but the player's own files is imported: no packages, nothing of node or of a network."""
    sources = sorted(PLAYER.rglob("*.js"))
    assert len(sources) > 30
    for path in sources:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("// SPDX-License-Identifier: Apache-2.0\n"), path
        assert len(text.splitlines()) < 400, path
        for name in re.findall(r'^(?:import|export)\b[^;]*?from "([^"]+)";', text, re.MULTILINE):
            assert (path.parent / name).is_file(), f"{path} imports {name}"
