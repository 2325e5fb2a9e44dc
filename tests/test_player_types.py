# SPDX-License-Identifier: Apache-2.0
"""The types of the browser's player, told in JSDoc, hold."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from player_node import ROOT, node


def test_types() -> None:
    """tsc finds nothing in the player's modules."""
    node()
    ours = Path(sys.prefix) / "node" / "node_modules" / ".bin" / "tsc"
    tsc = str(ours) if ours.exists() else shutil.which("tsc")
    if tsc is None:
        pytest.skip("tsc is not installed (make node installs it)")
    done = subprocess.run([tsc, "-p", "."], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
