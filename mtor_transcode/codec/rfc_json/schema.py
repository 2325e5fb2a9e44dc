# SPDX-License-Identifier: Apache-2.0
"""JSON Schemas generated from the types. ``python -m mtor_transcode.codec.rfc_json.schema`` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from mtor_transcode.codec.rfc_json import types

FOLDER: Final = Path(__file__).parent / "schema"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ROOTS: Final[dict[str, tuple[str, Any]]] = {
    "token.schema.json": ("A line of tokens.jsonl (RFC 4.1)", types.VideoEvent),
    "dictionary.schema.json": ("dictionary.json (RFC 4.2)", types.Dictionary),
    "manifest.schema.json": ("manifest.json", types.Manifest),
    "packet.schema.json": ("A line of audio.jsonl", types.Packet),
    "subtitle.schema.json": ("A line of subtitles.jsonl", types.SubtitleLine),
}


def schemas() -> dict[str, bytes]:
    """File name to JSON Schema (draft 2020-12) as text, for each kind of object."""
    return {name: _schema(title, root) for name, (title, root) in _ROOTS.items()}


def write_schemas(folder: Path = FOLDER) -> None:
    """Write all schemas into a folder."""
    folder.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_bytes(text)


def _schema(title: str, root: Any) -> bytes:
    made = {"$schema": _DIALECT, "title": title, **msgspec.json.schema(root)}
    return msgspec.json.format(msgspec.json.encode(made, order="sorted"), indent=2) + b"\n"


if __name__ == "__main__":
    write_schemas()
