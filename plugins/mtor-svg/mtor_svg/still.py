# SPDX-License-Identifier: Apache-2.0
"""What a film shows at one time, as an SVG."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from mtor_svg.fields import field_still
from mtor_svg.markup import cells, document, element, number, numbers, path_data
from mtor_svg.paints import (
    axis_texts,
    circle_texts,
    gradient,
    inner_of,
    solid_text,
    stop_count,
    stop_offset,
    stop_text,
)
from mtor_svg.softness import ground_box, ground_region, softened
from mtor_svg.textures import texture_image, texture_pattern
from mtor_transcode.codec.rfc_json.colours import to_hex
from mtor_transcode.errors import UsageError
from mtor_transcode.model import UNITS_PER_PX, FilmHeader, Mask, Solid, TexturePaint, Transition
from mtor_transcode.render.between import Placed
from mtor_transcode.render.curves import MITRE, bordered, hull, px_bounds
from mtor_transcode.render.field import AnyField
from mtor_transcode.render.film import Film
from mtor_transcode.render.gradient import AnyPaint, AnyRadial, Box
from mtor_transcode.render.matrix import placed, through_camera
from mtor_transcode.render.player import ScenePlayer
from mtor_transcode.render.stage import Picture
from mtor_transcode.render.textures import TextureShown

ROUND = {"stroke_linejoin": "round"}


def still_svg(film: Film, tick: Fraction | int) -> str:
    """The SVG of the film's picture at a time (ticks); within a dissolve, both scenes, one over the other.

    UsageError if the film has no scene.
    """
    header = film.header
    entries = film.heads()
    if not entries:
        raise UsageError("the film has no scenes")
    index = max(0, bisect_right([entry.head.start for entry in entries], tick) - 1)
    head = entries[index].head
    tick = max(tick, head.start)
    share = 1.0
    if head.transition is Transition.DISSOLVE and tick < head.start + head.transition_duration:
        share = float(tick - head.start) / head.transition_duration
    layers = []
    if share < 1 and index > 0:
        before = entries[index - 1]
        picture = ScenePlayer(film, before, before.end).at(before.end)
        layers.append(_layer(picture, header, "a", 1.0, before.head.softness))
    else:
        share = 1.0
    picture = ScenePlayer(film, entries[index], tick).at(tick)
    layers.append(_layer(picture, header, "b", share, head.softness))
    return document(header.width, header.height, float(header.pixel_aspect), layers)


def _layer(picture: Picture, header: FilmHeader, prefix: str, opacity: float, softness: int) -> str:
    frame = (0.0, 0.0, float(header.width), float(header.height))
    ground_defs = ""
    if isinstance(picture.background, TextureShown):
        ground, softness = texture_image(picture.background, header), 0
    else:
        ground_paint, ground_defs = _paint(
            picture.background, frame, ground_region(header, softness), header, f"{prefix}g"
        )
        ground = element("rect", ground_box(header, softness) | {"fill": ground_paint})
    view = through_camera(picture.camera, header.width, header.height)
    shapes = (_shape(shape, header, f"{prefix}{index}") for index, shape in enumerate(picture.shapes))
    world = element("g", {"transform": _matrix(view)}, shapes)
    attributes = {"opacity": number(opacity)} if opacity < 1 else {}
    inside = softened((ground_defs, ground, world), header, softness, f"{prefix}soft")
    return element("g", attributes, [inside])


def _shape(shape: Placed, header: FilmHeader, key: str) -> str:
    outline = shape.outline
    paint, definition = _filling(shape, header, key)
    attributes = {"transform": _matrix(placed(shape.transform))} | drawn(paint, outline.stroke_width)
    if shape.opacity < 255:
        attributes["opacity"] = number(shape.opacity / 255)
    if isinstance(outline, Mask):
        return definition + element("g", attributes, cells(outline, header.colour))
    path = element("path", {"d": path_data(outline)} | attributes)
    border = shape.paint.border
    if border is None:
        return definition + path
    line = drawn(to_hex(border.colour, header.colour), bordered(outline, border).stroke_width, border.sharp)
    kept = {name: text for name, text in attributes.items() if name in ("transform", "opacity")}
    return definition + element("path", {"d": path_data(outline)} | kept | line) + path


def _filling(shape: Placed, header: FilmHeader, key: str) -> tuple[str, str]:
    """The value of ``fill`` of a shape and the definition that it needs."""
    assert not isinstance(shape.paint, TexturePaint)
    if isinstance(shape.paint, TextureShown):
        return f"url(#{key})", texture_pattern(key, shape.paint, shape.outline, header)
    return _paint(shape.paint, px_bounds(shape.outline), hull(shape.outline), header, key)


def drawn(paint: str, stroke_width: float, sharp: bool = False) -> dict[str, str]:
    """The attributes that fill or stroke a path with a paint, with round or ``sharp`` corners."""
    if not stroke_width:
        return {"fill": paint, "fill_rule": "evenodd"}
    return {
        "fill": "none",
        "stroke": paint,
        "stroke_width": number(stroke_width / UNITS_PER_PX),
        "stroke_linecap": "round",
        **({"stroke_linejoin": "miter", "stroke_miterlimit": number(MITRE)} if sharp else ROUND),
    }


def _paint(paint: AnyPaint, box: Box, region: Box, header: FilmHeader, key: str) -> tuple[str, str]:
    """The value of ``fill`` and the definition that it needs; ``region`` is all that is painted."""
    if isinstance(paint, Solid):
        return solid_text(paint, header.colour), ""
    if isinstance(paint, AnyField):
        return f"url(#{key})", field_still(key, paint, box, region, header)
    count = stop_count([paint], header.colour)
    inner = inner_of(paint)
    stops = [
        (stop_offset(index, count, inner), stop_text(paint, header.colour, index / (count - 1)))
        for index in range(count)
    ]
    radial = isinstance(paint, AnyRadial)
    lie = (circle_texts if radial else axis_texts)(paint, box)
    return f"url(#{key})", gradient(key, lie, stops, radial)


def _matrix(matrix: tuple[float, float, float, float, float, float]) -> str:
    scaled = " ".join(f"{part:.6g}" for part in matrix[:4])
    return f"matrix({scaled} {numbers(*matrix[4:])})"
