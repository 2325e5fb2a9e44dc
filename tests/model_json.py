# SPDX-License-Identifier: Apache-2.0
"""A decoded film as JSON values, to be compared with what the browser's decoder makes of the same bytes.

Fields have their names in ``mtor_transcode.model``; members of unions also say their ``kind``. Bytes are
base64, fractions ``[numerator, denominator]``. A texture paint names its texture by id; textures are listed
by themselves. The types are those of ``mtor_transcode/stream/player/codec/types.js``.
"""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Iterator
from enum import IntEnum
from fractions import Fraction

from mtor_transcode.codec.container import SectionKind, SectionReader
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.index_syntax import read_index
from mtor_transcode.codec.loss import Loss
from mtor_transcode.codec.packets import UNREAD
from mtor_transcode.codec.series import FindSeries
from mtor_transcode.errors import MtorError
from mtor_transcode.model import (
    Background,
    CameraMove,
    Edit,
    Enter,
    Leave,
    LinearGradient,
    Mask,
    Outline,
    RadialGradient,
    ShadingField,
    Solid,
    Texture,
    TexturePaint,
)

_UNIONS = (
    Outline,
    Mask,
    Solid,
    LinearGradient,
    RadialGradient,
    ShadingField,
    TexturePaint,
    Enter,
    Edit,
    Leave,
    CameraMove,
    Background,
)
_MASK_FIELDS = ("width", "height", "levels", "values", "colours")

Json = dict[str, object]


class _Ids:
    """Ids of textures, which the model does not have, by content; -1 is one that is not at hand."""

    def __init__(self) -> None:
        self.found: dict[Texture, int] = {}

    def add(self, texture: Texture, number: int) -> None:
        self.found.setdefault(texture, number)

    def of(self, texture: Texture) -> int:
        return -1 if texture is UNREAD else self.found[texture]


def value_json(value: object, ids: _Ids | None = None) -> object:
    """A value of the model as JSON; ``ids`` knows the textures that it names."""
    if isinstance(value, Mask):
        return {"kind": "Mask", **{name: value_json(getattr(value, name)) for name in _MASK_FIELDS}}
    if isinstance(value, TexturePaint):
        assert ids is not None
        return {"kind": "TexturePaint", "texture": ids.of(value.texture), "start": value.start}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {part.name: value_json(getattr(value, part.name), ids) for part in dataclasses.fields(value)}
        return {"kind": type(value).__name__, **fields} if isinstance(value, _UNIONS) else fields
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Fraction):
        return [value.numerator, value.denominator]
    if isinstance(value, list | tuple):
        return [value_json(item, ids) for item in value]
    return int(value) if isinstance(value, IntEnum) else value


def film_json(data: bytes, find_series: FindSeries | None = None, loss: Loss | None = None) -> Json:
    """All of a film. Raises MtorError if any of it is damaged."""
    reader = FilmReader(io.BytesIO(data), "", find_series, loss)
    ids = _Ids()
    textures = list(_textures(reader, ids))
    return {
        "header": value_json(reader.header),
        "duration": reader.duration,
        "truncated": reader.truncated,
        "in_packets": reader.in_packets,
        "packets": {
            "sent": reader.packets_sent,
            "at_hand": reader.packets_at_hand,
            "damaged": reader.packets_damaged,
        },
        "index": _index(data),
        "scenes": [_scene(reader, entry.head.number, ids) for entry in reader.heads()],
        "outlines": value_json(list(reader.dictionary())),
        "textures": textures,
        "audio": value_json(list(reader.audio())),
        "subtitles": value_json(list(reader.subtitles())),
    }


def film_or_error(data: bytes, find_series: FindSeries | None = None) -> Json:
    """A film's JSON, or ``{"error": what}`` if it is refused."""
    try:
        return film_json(data, find_series)
    except MtorError as error:
        return {"error": error.what}


def _scene(reader: FilmReader, number: int, ids: _Ids) -> Json:
    entry = next(entry for entry in reader.heads() if entry.head.number == number)
    parts = getattr(entry, "parts", ())
    entries = [
        value_json(next(iter(reader.spans(number, start))), ids)
        for section, start, _ in parts
        if section.kind == SectionKind.SNAPSHOT
    ]
    return {
        "head": value_json(entry.head),
        "end": entry.end,
        "spans": value_json(list(reader.spans(number)), ids),
        "snapshots": entries,
    }


def _textures(reader: FilmReader, ids: _Ids) -> Iterator[Json]:
    """The textures of a film by their ids, all of them decoded."""
    # What a film's textures are is told by no public name of the reader: a scene asks for them one by one.
    shelf = reader._textures
    names = shelf.names(reader.header)
    for number in sorted(shelf._by_id or shelf._fragments):
        texture = names.texture(number)
        if texture is not UNREAD:
            ids.add(texture, number)
            yield {"id": number, **_fields(texture)}


def _fields(texture: Texture) -> Json:
    fields = value_json(texture)
    assert isinstance(fields, dict)
    return fields


def _index(data: bytes) -> Json | None:
    sections = SectionReader(io.BytesIO(data), "")
    last = sections.scan().sections[-1]
    if last.kind != SectionKind.INDEX:
        return None
    duration, index = read_index(Payload(sections.payload(last), sections.where(last)))
    return {
        "duration": duration,
        "scenes": value_json(index.scenes),
        "dictionaries": value_json(index.dictionaries),
        "textures": list(index.textures),
    }
