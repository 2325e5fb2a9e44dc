# SPDX-License-Identifier: Apache-2.0
"""A scene as an animated SVG (SMIL) that a browser plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from mtor_svg.fields import field_moving
from mtor_svg.markup import cells, document, element, number, numbers, path_data
from mtor_svg.motion import Attribute, Clock, animations
from mtor_svg.paints import (
    AXIS,
    CIRCLE,
    SQUEEZE,
    axis_texts,
    circle_texts,
    gradient,
    inner_of,
    solid_text,
    stop_count,
    stop_offset,
    stop_text,
)
from mtor_svg.script import Element, Life, SceneScript, Segment
from mtor_svg.softness import ground_box, ground_region, softened
from mtor_svg.still import drawn
from mtor_svg.textures import texture_pattern
from mtor_transcode.codec.rfc_json.colours import to_hex
from mtor_transcode.model import (
    SCALE_ONE,
    TURN,
    UNITS_PER_PX,
    FilmHeader,
    Mask,
    NodeKind,
    Solid,
    TexturePaint,
)
from mtor_transcode.render.between import Placed
from mtor_transcode.render.curves import bordered, hull, px_bounds
from mtor_transcode.render.field import AnyField
from mtor_transcode.render.film import Film, SceneEntry
from mtor_transcode.render.gradient import AnyPaint, AnyRadial, Box
from mtor_transcode.render.matrix import Similarity
from mtor_transcode.render.textures import TextureShown

T = TypeVar("T")


def scene_svg(film: Film, entry: SceneEntry) -> str:
    """The SVG of a scene, which plays once from the scene's start and then holds.

    The whole scene is in memory. A dissolve at its start is left out.
    """
    script = SceneScript(entry.head)
    for span in film.spans(entry.head.number):
        script.feed(span.tokens)
    script.finish(entry.end)
    return _SceneWriter(film.header, script, entry.end).document()


class _SceneWriter:
    """Writes the elements of a scene."""

    def __init__(self, header: FilmHeader, script: SceneScript, end: int) -> None:
        self._header = header
        self._script = script
        self._end = end
        self._clock = Clock(script.head.start, header.time_base)

    def document(self) -> str:
        """The whole file."""
        shapes = [
            self._shape(shown, f"s{index}")
            for index, shown in enumerate(self._script.elements)
            if shown.born < self._end and shown.gone != shown.born
        ]
        header = self._header
        left_out = (
            f"<!-- {self._script.textures} textures (video) are left out -->" if self._script.textures else ""
        )
        children = (left_out, self._ground(), self._through_camera("\n".join(shapes)))
        picture = softened(children, header, self._script.head.softness, "soft")
        return document(header.width, header.height, float(header.pixel_aspect), [picture])

    def _ground(self) -> str:
        """A rectangle, and another over it for each kind of gradient that comes."""
        return "".join(
            self._one_ground(f"ground{place or ''}", born, life)
            for place, (born, life) in enumerate(self._script.backgrounds)
            if born < self._end
        )

    def _one_ground(self, key: str, born: int, life: Life[AnyPaint]) -> str:
        header = self._header
        frame = (0.0, 0.0, float(header.width), float(header.height))
        attributes = ground_box(header, self._script.head.softness)
        shown = ""
        if born > self._script.head.start:
            attributes["display"] = "none"
            appears = {"attributeName": "display", "begin": self._clock.at(born), "to": "inline"}
            shown = element("set", appears | {"fill": "freeze"})
        if _ever_gradient(life, lambda paint: paint):
            region = ground_region(header, self._script.head.softness)
            definition = self._gradient(key, life, lambda paint: (paint, frame, region))
            return definition + element("rect", attributes | {"fill": f"url(#{key})"}, [shown])
        text = Attribute[AnyPaint]("fill", lambda paint: solid_text(paint, header.colour))
        motion = animations(life, text, self._clock)
        return element("rect", attributes | {"fill": text.text(life.first)}, [shown, motion])

    def _through_camera(self, inside: str) -> str:
        """Groups for ``C + s R (world - C) + (dx, dy)``, from the last step to the first."""
        x, y = self._header.width / 2, self._header.height / 2

        def place(camera: Similarity) -> str:
            return numbers(x + camera.dx / UNITS_PER_PX, y + camera.dy / UNITS_PER_PX)

        life = self._script.camera
        inner = element("g", {"transform": f"translate({numbers(-x, -y)})"}, [inside])
        for sort, text in (("scale", _scale), ("rotate", _angle), ("translate", place)):
            inner = self._transformed(life, Attribute("transform", text, sort), inner)
        return inner

    def _transformed(self, life: Life[Similarity], attribute: Attribute[Similarity], inside: str) -> str:
        motion = animations(life, attribute, self._clock)
        first = attribute.text(life.first)
        return element("g", {"transform": f"{attribute.transform}({first})"}, [motion, inside])

    def _shape(self, shown: Element, key: str) -> str:
        life = shown.life
        path = self._path(shown, key)
        if any(placed.transform.angle for placed in _all(life)):
            turn = _of_transform("rotate", _angle)
            motion = animations(life, turn, self._clock)
            path = element("g", {"transform": f"rotate({turn.text(life.first)})"}, [motion, path])
        move = _of_transform("translate", _offset)
        attributes = {"transform": f"translate({move.text(life.first)})"}
        inside = [animations(life, move, self._clock), self._presence(shown, attributes), path]
        return element("g", attributes, inside)

    def _presence(self, shown: Element, attributes: dict[str, str]) -> str:
        """Shows an element for its life; what is there from the start needs no animation to be seen."""
        clock = self._clock
        gone = None if shown.gone is None or shown.gone > self._end else shown.gone
        if shown.born <= self._script.head.start:
            if gone is None:
                return ""
            life = {"begin": clock.at(gone), "to": "none", "fill": "freeze"}
        else:
            attributes["display"] = "none"
            life = {"begin": clock.at(shown.born), "to": "inline"}
            life |= {"fill": "freeze"} if gone is None else {"dur": clock.length(gone - shown.born)}
        return element("set", {"attributeName": "display", **life})

    def _path(self, shown: Element, key: str) -> str:
        life, clock, colour = shown.life, self._clock, self._header.colour
        mask = life.first.outline if isinstance(life.first.outline, Mask) else None
        attributes, motions = self._form(life)
        definition, paint = "", ""
        target = "stroke" if shown.stroked else "fill"
        if isinstance(life.first.paint, TextureShown):
            definition = texture_pattern(key, life.first.paint, life.first.outline, self._header)
            paint = f"url(#{key})"
        elif _ever_gradient(life, _plain):
            definition = self._gradient(
                key, life, lambda placed: (_plain(placed), px_bounds(placed.outline), hull(placed.outline))
            )
            paint = f"url(#{key})"
        else:
            fill = Attribute[Placed](target, lambda placed: solid_text(_plain(placed), colour))
            motions.append(animations(life, fill, clock))
            paint = fill.text(life.first)
        if shown.stroked:
            width = Attribute[Placed]("stroke-width", _line_width)
            motions.append(animations(life, width, clock))
        attributes |= drawn(paint, life.first.outline.stroke_width)
        if mask:
            return definition + element("g", attributes, [*motions, *cells(mask, colour)])
        return definition + self._border(life) + element("path", attributes, motions)

    def _form(self, life: Life[Placed]) -> tuple[dict[str, str], list[str]]:
        """Attributes and motions that paths of a shape have in common: form, opacity, size."""
        clock, attributes, motions = self._clock, dict[str, str](), list[str]()
        if not isinstance(life.first.outline, Mask):
            form = Attribute[Placed]("d", lambda placed: path_data(placed.outline), straight=_straight_form)
            attributes["d"] = form.text(life.first)
            motions.append(animations(life, form, clock))
        fade = Attribute[Placed]("opacity", lambda placed: number(placed.opacity / 255))
        motions.append(animations(life, fade, clock))
        if any(placed.opacity < 255 for placed in _all(life)):
            attributes["opacity"] = fade.text(life.first)
        if any(placed.transform.scale != SCALE_ONE for placed in _all(life)):
            size = _of_transform("scale", _scale)
            attributes["transform"] = f"scale({size.text(life.first)})"
            motions.append(animations(life, size, clock))
        return attributes, motions

    def _border(self, life: Life[Placed]) -> str:
        """The path below a shape that has a border at any time; where it has none, the line has no width."""
        borders = [placed.paint.border for placed in _all(life) if placed.paint.border is not None]
        if not borders:
            return ""
        colour = Attribute[Placed](
            "stroke", lambda placed: to_hex((placed.paint.border or borders[0]).colour, self._header.colour)
        )
        width = Attribute[Placed]("stroke-width", _border_width)
        attributes, motions = self._form(life)
        attributes |= drawn(colour.text(life.first), 1, borders[0].sharp) | {
            "stroke_width": width.text(life.first)
        }
        motions += [animations(life, sort, self._clock) for sort in (colour, width)]
        return element("path", attributes, motions)

    def _gradient(self, key: str, life: Life[T], seen: Callable[[T], tuple[AnyPaint, Box, Box]]) -> str:
        """A gradient that follows a value; ``seen`` says its paint, its box, and all that is painted."""
        clock, colour = self._clock, self._header.colour
        if any(isinstance(seen(value)[0], AnyField) for value in _all(life)):
            return field_moving(key, life, seen, self._header, clock)
        radial = any(isinstance(seen(value)[0], AnyRadial) for value in _all(life))
        lie = circle_texts if radial else axis_texts
        count = stop_count((seen(value)[0] for value in _all(life)), colour)

        def stop(index: int) -> Attribute[T]:
            share = index / (count - 1)

            def text(value: T) -> str:
                return stop_text(seen(value)[0], colour, share)

            return Attribute("stop-color", text, straight=lambda _: count == 2)

        def offset(index: int) -> Attribute[T]:
            return Attribute(
                "offset",
                lambda value: stop_offset(index, count, inner_of(seen(value)[0])),
                straight=lambda _: True,
            )

        def part(name: str, index: int) -> Attribute[T]:
            sort = "scale" if name == SQUEEZE else ""
            return Attribute(name, lambda value: lie(*seen(value)[:2])[index], sort, straight=lambda _: False)

        names = (*CIRCLE, SQUEEZE) if radial else AXIS
        stops = [(offset(index), stop(index)) for index in range(count)]
        return gradient(
            key,
            lie(*seen(life.first)[:2]),
            [(place.text(life.first), shade.text(life.first)) for place, shade in stops],
            radial,
            "".join(animations(life, part(name, index), clock) for index, name in enumerate(names)),
            ["".join(animations(life, attribute, clock) for attribute in pair) for pair in stops],
        )


def _all(life: Life[T]) -> Iterator[T]:
    """All values that a life starts from or comes to."""
    yield life.first
    for segment in life.segments:
        yield segment.start
        yield segment.target


def _plain(placed: Placed) -> AnyPaint:
    """The paint of an element that shows no texture."""
    assert not isinstance(placed.paint, (TexturePaint, TextureShown))
    return placed.paint


def _ever_gradient(life: Life[T], paint: Callable[[T], AnyPaint]) -> bool:
    return any(not isinstance(paint(value), Solid) for value in _all(life))


def _of_transform(sort: str, text: Callable[[Similarity], str]) -> Attribute[Placed]:
    return Attribute("transform", lambda placed: text(placed.transform), sort)


def _offset(place: Similarity) -> str:
    return numbers(place.dx / UNITS_PER_PX, place.dy / UNITS_PER_PX)


def _angle(place: Similarity) -> str:
    return number(place.angle * 360 / TURN)


def _scale(place: Similarity) -> str:
    return f"{place.scale / SCALE_ONE:.6g}"


def _line_width(placed: Placed) -> str:
    return number(placed.outline.stroke_width / UNITS_PER_PX)


def _border_width(placed: Placed) -> str:
    border = placed.paint.border
    return number(bordered(placed.outline, border).stroke_width / UNITS_PER_PX if border else 0)


def _straight_form(segment: Segment[Placed]) -> bool:
    """Handles at smooth nodes follow from their neighbours, and not linearly."""
    ends = (segment.start.outline, segment.target.outline)
    return ends[0] == ends[1] or not any(
        NodeKind.SMOOTH in contour.kinds for outline in ends for contour in outline.contours
    )
