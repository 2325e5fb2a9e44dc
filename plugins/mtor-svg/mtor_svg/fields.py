# SPDX-License-Identifier: Apache-2.0
"""Shading fields in SVG: small pictures, as PNG, in a pattern that stretches them over what they paint.

Between key times pictures fade in over one another, ``STEPS`` of them in a transition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mtor_svg.markup import element, number, numbers
from mtor_svg.motion import Attribute, Clock, animations
from mtor_svg.script import Life
from mtor_svg.textures import picture_element
from mtor_transcode.model import FilmHeader, Solid
from mtor_transcode.render.field import AnyField, field_matrix, field_pixels
from mtor_transcode.render.gradient import AnyPaint, Box

T = TypeVar("T")
Pixels = NDArray[np.uint8]

STEPS = 4
"""Pictures that fade in, one after the other, in a transition."""

MOST_EDGE = 96
"""Px of a picture's edge that are repeated around it, at most: lines with hardly a box may end there."""


def field_still(key: str, field: AnyField, box: Box, region: Box, header: FilmHeader) -> str:
    """A definition of what paints a field over a box, good for all of a region around it."""
    across, down = field_matrix(field, box)[0], field_matrix(field, box)[3]
    edge = _edge(box, region, across, down)
    places = _places(field, box)
    image = _picture(field_pixels(field), edge, header)
    return _pattern(key, region, (places[0], ""), (places[1], ""), image)


def field_moving(
    key: str,
    life: Life[T],
    seen: Callable[[T], tuple[AnyPaint, Box, Box]],
    header: FilmHeader,
    clock: Clock,
) -> str:
    """A definition whose picture follows a value; ``seen`` says its paint, that paint's box and the region.

    All its paints are fields of one grid, or solid.
    """
    values = list(_ends(life))
    field = next(paint for paint, _, _ in map(seen, values) if isinstance(paint, AnyField))
    region, edge = _everywhere([seen(value)[2] for value in values]), 0
    for value in values:
        place = field_matrix(field, seen(value)[1])
        edge = max(edge, _edge(seen(value)[1], region, place[0], place[3]))

    def part(index: int, sort: str) -> tuple[str, str]:
        attribute = Attribute[T](
            "transform", lambda value: _places(field, seen(value)[1])[index], sort, straight=lambda _: False
        )
        return attribute.text(life.first), animations(life, attribute, clock)

    def pixels(value: T) -> Pixels:
        paint, like = seen(value)[0], field_pixels(field)
        if isinstance(paint, AnyField):
            return field_pixels(paint)
        assert isinstance(paint, Solid)
        return np.broadcast_to(np.array(paint.colour, dtype=np.uint8), like.shape)

    images = _picture(pixels(life.first), edge, header) + "".join(_faded(life, pixels, edge, header, clock))
    return _pattern(key, region, part(0, "translate"), part(1, "scale"), images)


def _faded(
    life: Life[T], pixels: Callable[[T], Pixels], edge: int, header: FilmHeader, clock: Clock
) -> Iterator[str]:
    """The pictures that come to lie over the first."""
    shown = pixels(life.first)
    for index, segment in enumerate(life.segments):
        nexts = life.segments[index + 1].begin if index + 1 < len(life.segments) else math.inf
        steps = STEPS if segment.duration else 1
        for step in range(steps):
            begin = segment.begin + segment.duration * step // steps
            end = segment.begin + segment.duration * (step + 1) // steps
            picture = pixels(segment.target if step == steps - 1 else segment.course((step + 1) / steps))
            if (begin >= nexts and segment.duration) or np.array_equal(picture, shown):
                continue
            shown = picture
            if end > begin:
                fade = {
                    "attributeName": "opacity",
                    "begin": clock.at(begin),
                    "dur": clock.length(end - begin),
                }
                motion = element("animate", fade | {"values": "0;1", "fill": "freeze"})
            else:
                fade = {"attributeName": "opacity", "begin": clock.at(begin), "to": "1", "fill": "freeze"}
                motion = element("set", fade)
            yield _picture(picture, edge, header, motion)


def _ends(life: Life[T]) -> Iterator[T]:
    yield life.first
    for segment in life.segments:
        yield segment.start
        yield segment.target


def _edge(box: Box, region: Box, across: float, down: float) -> int:
    """Px around a picture that the region takes."""
    reaches = ((box[0] - region[0]) / across, (region[2] - box[2]) / across)
    reaches += ((box[1] - region[1]) / down, (region[3] - box[3]) / down)
    return min(MOST_EDGE, 1 + math.ceil(max(0.0, *reaches)))


def _everywhere(regions: list[Box]) -> Box:
    lefts, tops, rights, lows = zip(*regions, strict=True)
    return min(lefts), min(tops), max(rights), max(lows)


def _places(field: AnyField, box: Box) -> tuple[str, str]:
    """Where the picture's corner lies, and its px' size."""
    across, _, _, down, x, y = field_matrix(field, box)
    return numbers(x, y), f"{across:.6g} {down:.6g}"


def _picture(pixels: Pixels, edge: int, header: FilmHeader, motion: str = "") -> str:
    wide = np.pad(pixels, ((edge, edge), (edge, edge), (0, 0)), mode="edge")
    height, width = pixels.shape[:2]
    box = (-float(edge), -float(edge), float(width + edge), float(height + edge))
    return picture_element(wide, header, box, hidden=bool(motion), motion=motion)


def _pattern(key: str, region: Box, place: tuple[str, str], size: tuple[str, str], images: str) -> str:
    """``place`` and ``size`` are what ``_places`` says, each with its animations."""
    x0, y0, x1, y1 = region
    sized = element("g", {"transform": f"scale({size[0]})"}, [size[1], images])
    placed = element("g", {"transform": f"translate({place[0]})"}, [place[1], sized])
    # What is in a pattern is told from its corner.
    whole = element("g", {"transform": f"translate({numbers(-x0, -y0)})"}, [placed])
    attributes = {"id": key, "patternUnits": "userSpaceOnUse", "x": number(x0), "y": number(y0)}
    lengths = {"width": number(max(x1 - x0, 0.001)), "height": number(max(y1 - y0, 0.001))}
    return element("pattern", attributes | lengths, [whole])
