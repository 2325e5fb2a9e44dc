# SPDX-License-Identifier: Apache-2.0
"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve ``library``.

    ``port`` 0 takes a free one. ``token_file`` names who may watch; without it, everybody may. ``cert`` and
    ``key`` (PEM) turn TLS on. ``viewers`` are the most connections at a time, ``requests`` the most requests
    a second of one address, in the long run.
    """

    library: Path
    host: str = "127.0.0.1"
    port: int = 8000
    token_file: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    viewers: int = 2000
    requests: float = 50.0
