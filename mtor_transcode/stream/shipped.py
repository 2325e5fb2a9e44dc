# SPDX-License-Identifier: Apache-2.0
"""Files of the package that browsers get: the catalogue's page, the player, the codec's trained tables.

They are read once. What is asked for is looked up by its address in a table, never on the disk.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}

_PACKED: Final = {".css", ".html", ".js", ".json", ".mjs", ".svg", ".webmanifest", ".wasm"}
_LEAST_PACKED: Final = 256


@dataclass(frozen=True, slots=True)
class ShippedFile:
    """A file in memory: its type, its bytes, these with gzip if that is smaller, and the bytes' SHA-256."""

    kind: str
    data: bytes
    packed: bytes | None
    digest: str


def shipped_files() -> dict[str, ShippedFile]:
    """All files by their address: ``/``, ``/page/...`` and ``/player/...``."""
    package = resources.files("mtor_transcode")
    files = {f"/page/{name}": found for name, found in _below(package / "stream" / "page")}
    files |= {f"/player/{name}": found for name, found in _below(package / "stream" / "player")}
    tables = _read(package / "codec" / "tables_v1.json")
    if tables is not None:
        files["/player/tables.json"] = tables
    files["/"] = files.pop("/page/index.html")
    return files


def _below(folder: Traversable, above: str = "") -> Iterator[tuple[str, ShippedFile]]:
    if not folder.is_dir():
        return
    for each in sorted(folder.iterdir(), key=lambda found: found.name):
        if each.name.startswith(("_", ".")):
            continue
        if each.is_dir():
            yield from _below(each, f"{above}{each.name}/")
        else:
            found = _read(each)
            if found is not None:
                yield above + each.name, found


def _read(file: Traversable) -> ShippedFile | None:
    """A file of a type that browsers get, else None."""
    suffix = "." + file.name.rpartition(".")[2]
    if suffix not in TYPES:
        return None
    data = file.read_bytes()
    packed = gzip.compress(data, 9, mtime=0) if suffix in _PACKED and len(data) >= _LEAST_PACKED else None
    if packed is not None and len(packed) >= len(data):
        packed = None
    return ShippedFile(TYPES[suffix], data, packed, sha256(data).hexdigest())
