# SPDX-License-Identifier: Apache-2.0
"""The C library's memory: kept for reuse while a command runs."""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""``M_TRIM_THRESHOLD`` and ``M_MMAP_THRESHOLD`` of mallopt(3)."""

_KEPT = 256 << 20
_LARGEST = 32 << 20
"""Bytes of one allocation: the most that glibc takes."""


def keep_freed_memory() -> None:
    """Ask glibc not to give the memory of pictures back after each; elsewhere nothing happens.

    Else the kernel clears some thousand pages for every picture: 2 ms a frame of textures at 720p.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_TRIM_THRESHOLD, _KEPT)
    mallopt(_MMAP_THRESHOLD, _LARGEST)
