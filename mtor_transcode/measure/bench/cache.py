# SPDX-License-Identifier: Apache-2.0
"""What was measured once is kept: a small JSON for each point, and the bitstream beside it.

Everything that a point depends on goes into its name: the source's bytes, the codec, its version and
parameters, and what measured it. Files appear whole, so a run can be killed at any time and goes on there.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from mtor_transcode.errors import OutputError
from mtor_transcode.files import write_whole
from mtor_transcode.measure.bench.score import Scores

SCHEMA = "mtor-bench-point/1"


class Point(msgspec.Struct, frozen=True):
    """One point of a codec's curve. Rates are in 1000 bit/s over the source's ``seconds``.

    ``stream_bytes`` is the elementary stream, ``file_bytes`` the file; for MTOR both are the file.
    ``kept`` are the numbers of the coded frames; ``probe`` ranks points, ``scores`` are the real figures.
    """

    codec: str
    label: str
    parameters: dict[str, Any]
    version: str
    stream_bytes: int
    file_bytes: int
    seconds: float
    frames: int
    kept: tuple[int, ...] = ()
    encode_seconds: float = 0.0
    peak_bytes: int = 0
    probe: dict[str, float] = {}
    scores: Scores | None = None
    schema: str = SCHEMA

    @property
    def kbps(self) -> float:
        """Rate of the elementary stream."""
        return self.stream_bytes * 8 / 1000 / self.seconds

    @property
    def file_kbps(self) -> float:
        """Rate of the whole file."""
        return self.file_bytes * 8 / 1000 / self.seconds


def default_folder() -> Path:
    """``mtor/bench`` in the user's cache folder (XDG)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "mtor" / "bench"


class Cache:
    """A folder of points, files and small records, by key. ``hits`` and ``made`` count points."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hits = 0
        self.made = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"the cache cannot be made: {error.strerror}", where=str(folder), remedy="give --cache DIR"
            ) from error

    def path(self, key: str, suffix: str) -> Path:
        """Where a file of that key lies; its folder exists."""
        folder = self.folder / key[:2]
        folder.mkdir(exist_ok=True)
        return folder / f"{key}{suffix}"

    def load(self, key: str) -> Point | None:
        """The point of that key, if it is there, whole, and of this version."""
        found = self.record(key, Point)
        return found if isinstance(found, Point) and found.schema == SCHEMA else None

    def save(self, key: str, point: Point) -> None:
        """Keep a point. Raises OutputError."""
        self.keep(key, point)

    def record(self, key: str, kind: type[Any]) -> Any:
        """A small record of a type, or None."""
        try:
            return msgspec.json.decode(self.path(key, ".json").read_bytes(), type=kind)
        except (OSError, msgspec.MsgspecError):
            return None

    def keep(self, key: str, value: Any) -> None:
        """Keep a small record. Raises OutputError."""
        write_whole(self.path(key, ".json"), msgspec.json.encode(value))


def key_of(**parts: Any) -> str:
    """The name of what depends on ``parts``, 32 hex digits."""
    text = msgspec.json.encode(parts, order="deterministic")
    return hashlib.sha256(text).hexdigest()[:32]


@lru_cache(maxsize=256)
def _file_digest(path: str, size: int, changed: int) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    facts = path.stat()
    return _file_digest(str(path), facts.st_size, facts.st_mtime_ns)
