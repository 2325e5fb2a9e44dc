# SPDX-License-Identifier: Apache-2.0
"""Whether the numba kernels have been compiled before."""

from __future__ import annotations

import os
from pathlib import Path


def are_compiled() -> bool:
    """True if a kernel of ours lies in numba's cache (without importing numba)."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folders = [Path(chosen)] if chosen else [Path(__file__).parents[1]]
    return any(next(folder.rglob("*.nbi"), None) is not None for folder in folders)
