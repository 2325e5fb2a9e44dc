# SPDX-License-Identifier: Apache-2.0
"""The contexts of the entropy coder: their names, their numbers, and what their bits are spent on.

A context is one adaptive probability. Contexts come in named groups; the numbers follow from the order of
``LAYOUT``, which is part of the format (``docs/format.md`` prints it). Groups for numbers have the layout of
``mtor_transcode.codec.binarise``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

NUMBER: Final = 40
"""Contexts of an adaptive number, see ``binarise.write_number``."""

SIGNED: Final = NUMBER + 2
"""Contexts of an adaptive signed number, see ``binarise.write_signed``."""

COLOUR: Final = 8 + 7 + 8 * NUMBER
"""Contexts of a difference of two colours, see ``colour_syntax``."""

DELTA_CLASSES: Final = 6
"""Classes of neighbouring deltas that choose the contexts of an outline's coordinates."""


class Kind(IntEnum):
    """What bits are spent on."""

    OUTLINES = 0
    PAINTS = 1
    MOTION = 2


LAYOUT: Final[tuple[tuple[str, int], ...]] = (
    ("outline.like", 1),
    ("outline.like_back", NUMBER),
    ("outline.stroked", 2),
    ("outline.width", NUMBER),
    ("outline.same_grid", 1),
    ("outline.grid", 7),
    ("outline.contours", NUMBER),
    ("outline.box", 2),
    ("outline.closed", 2),
    ("outline.nodes", NUMBER),
    ("outline.kind", 18),
    ("outline.first", 2 * SIGNED),
    ("outline.box_side", 2 * SIGNED),
    ("outline.dx_zero", 9),
    ("outline.dx_sign", 9 * 6),
    ("outline.dx", 2 * DELTA_CLASSES * NUMBER),
    ("outline.dy_zero", 8),
    ("outline.dy_sign", 27 * 6),
    ("outline.dy", 2 * DELTA_CLASSES * NUMBER),
    ("outline.change", 2 * 3 * SIGNED),
    ("outline.new", 2),
    ("outline.recent", 1),
    ("outline.rank", NUMBER),
    ("outline.id", NUMBER),
    ("paint.gradient", 2),
    ("paint.hit", 2),
    ("paint.rank", NUMBER),
    ("paint.colour", COLOUR),
    ("paint.last", COLOUR),
    ("paint.same_angle", 1),
    ("paint.angle", 63),
    ("paint.default_ends", 1),
    ("paint.ends", 2 * SIGNED),
    ("paint.relative", 1),
    ("paint.change", 2 * COLOUR),
    ("paint.change_geometry", 1),
    ("paint.change_angle", SIGNED),
    ("paint.change_ends", 2 * SIGNED),
    ("token.same_time", 6),
    ("token.more", 1),
    ("token.first_time", NUMBER),
    ("token.same_step", 1),
    ("token.step", NUMBER),
    ("token.kind", 6 * 4),
    ("token.same_duration", 5),
    ("token.duration", 5 * NUMBER),
    ("shape.expected", 2),
    ("shape.rank", SIGNED),
    ("shape.explicit", SIGNED),
    ("enter.under", NUMBER),
    ("enter.opaque", 1),
    ("enter.opacity", NUMBER),
    ("enter.upright", 1),
    ("enter.scale", SIGNED),
    ("enter.angle", SIGNED),
    ("enter.fine", 2),
    ("enter.dx", 4 * SIGNED),
    ("enter.dy", 2 * SIGNED),
    ("edit.changes", 16),
    ("edit.turned", 1),
    ("edit.exact", 2),
    ("edit.dx", 3 * SIGNED),
    ("edit.dy", 3 * SIGNED),
    ("edit.scale", SIGNED),
    ("edit.angle", SIGNED),
    ("edit.opacity", SIGNED),
    ("camera.again", 1),
    ("camera.value", 4 * SIGNED),
    ("scene.dissolve", 1),
    ("scene.transition", NUMBER),
    ("scene.camera", 1),
    ("sound.continuous", 1),
    ("sound.same_duration", 1),
    ("sound.duration", NUMBER),
    ("sound.gap", SIGNED),
    ("sound.size", SIGNED),
    ("scene.softness", NUMBER),
    ("backdrop.texture", 2),
    ("texture.id", NUMBER),
    ("texture.start", SIGNED),
    ("texture.size", 2 * NUMBER),
    ("texture.count", NUMBER),
    ("texture.step", NUMBER),
    ("texture.jitter", SIGNED),
    ("mask.is", 2),
    ("mask.like", 1),
    ("mask.like_back", NUMBER),
    ("mask.size", 2 * 63),
    ("mask.change", 4 * SIGNED),
    ("mask.same_levels", 1),
    ("mask.levels", 15),
    ("mask.some", 324),
    ("mask.full", 81),
    ("mask.middle", 3 * 15),
    ("mask.like_some", 729),
    ("mask.like_full", 243),
    ("mask.like_middle", 3 * 15),
    ("packet.head", 1),
    ("packet.start", NUMBER),
    ("packet.again", 3),
    ("packet.known", 2),
    ("packet.shape", SIGNED),
    ("packet.changes", 16),
    ("packet.grid", 8),
    ("paint.texture", 1),
    ("enter.again", 6),
    ("border.some", 2),
    ("border.same", 1),
    ("border.width", NUMBER),
    ("border.kept", 2),
    ("border.sharp", 1),
    ("texture.sharpness", NUMBER),
    ("texture.moves", 3),
    ("patch.is", 2),
    ("patch.size", 2 * 63),
    ("patch.count", 7),
    ("patch.hit", 1),
    ("patch.rank", NUMBER),
    ("patch.colour", COLOUR),
    ("patch.same", 4 * 96),
    ("patch.other", 8),
    ("radial.is", 2),
    ("radial.again", 1),
    ("radial.place", 2 * SIGNED),
    ("radial.radii", 2 * SIGNED),
    ("radial.inner", NUMBER),
    ("radial.change", 5 * SIGNED),
    ("field.is", 2),
    ("field.again", 1),
    ("field.side", 2 * 15),
    ("field.steps", 3),
    ("field.level", 4 * SIGNED),
    ("field.kept", 1),
    ("field.change", SIGNED),
)
"""Name and size of each group, in the order of their numbers."""


def _bases() -> dict[str, int]:
    bases: dict[str, int] = {}
    number = 0
    for name, size in LAYOUT:
        bases[name] = number
        number += size
    return bases


BASE: Final[dict[str, int]] = _bases()
"""Number of the first context of each group."""

COUNT: Final = sum(size for _, size in LAYOUT)
"""Number of contexts."""


def _kind(name: str) -> Kind:
    return {
        "outline": Kind.OUTLINES,
        "mask": Kind.OUTLINES,
        "patch": Kind.OUTLINES,
        "paint": Kind.PAINTS,
        "backdrop": Kind.PAINTS,
        "border": Kind.PAINTS,
        "radial": Kind.PAINTS,
        "field": Kind.PAINTS,
    }.get(name.partition(".")[0], Kind.MOTION)


KIND_OF: Final[tuple[Kind, ...]] = tuple(_kind(name) for name, size in LAYOUT for _ in range(size))
"""What each context's bits are spent on."""
