# SPDX-License-Identifier: Apache-2.0
"""What is drawn for a state whose geometry is empty: a box with its name on it.

The box is a third of the frame wide and high. Its colour follows from the name (the ``character``, else the
``type``), its place from the pose (else from the id), so that one character keeps its colour and moves
when it takes another pose. Both come from SHA-256, so every reader draws the same.
"""

from __future__ import annotations

import colorsys
import hashlib

from mtor_transcode.codec.rfc_json import types
from mtor_transcode.codec.rfc_json.colours import from_rgb
from mtor_transcode.codec.rfc_json.glyphs import label_outline
from mtor_transcode.model import (
    UNITS_PER_PX,
    Contour,
    FilmHeader,
    NodeKind,
    Outline,
    ShapeState,
    Solid,
    Transform,
)

_LABEL_LETTERS = 24


def name_of(entry_id: str, entry: types.Entry) -> str:
    """What a state is called: its character, else its type, else its id."""
    return entry.character or entry.type or entry_id


def name_paint(name: str, header: FilmHeader) -> Solid:
    """The colour that stands for a name."""
    digest = hashlib.sha256(name.encode("utf-8", "replace")).digest()
    hue, lightness = digest[0] / 256, 0.4 + 0.25 * digest[1] / 255
    return Solid(from_rgb(colorsys.hls_to_rgb(hue, lightness, 0.6), header.colour))


def placeholder(entry_id: str, entry: types.Entry, header: FilmHeader) -> tuple[ShapeState, ...]:
    """The box and its label, back to front. An ``mtor`` place of the entry overrides the one we choose."""
    name = name_of(entry_id, entry)
    width, height = header.width * UNITS_PER_PX, header.height * UNITS_PER_PX
    half_width, half_height = max(1, width // 6), max(1, height // 6)
    x0, y0, x1, y1 = -half_width, -half_height, half_width, half_height
    corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    box = Outline((Contour(corners, (NodeKind.CORNER,) * 4),))
    label = label_outline(name[:_LABEL_LETTERS], 3 * half_width // 2, half_height)
    digest = hashlib.sha256((entry.pose or entry_id).encode("utf-8", "replace")).digest()
    place = Transform(
        half_width + (width - 2 * half_width) * digest[0] // 255,
        half_height + (height - 2 * half_height) * digest[1] // 255,
    )
    white = Solid(from_rgb((1, 1, 1), header.colour))
    return (
        ShapeState(box, name_paint(name, header), place),
        ShapeState(label, white, place),
    )
