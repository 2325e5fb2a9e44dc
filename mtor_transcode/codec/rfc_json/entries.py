# SPDX-License-Identifier: Apache-2.0
"""Model values as dictionary entries and manifest parts, and back."""

from __future__ import annotations

from itertools import accumulate, pairwise

from mtor_transcode.codec.field_syntax import grid_in_range, grid_of
from mtor_transcode.codec.rfc_json import types, units
from mtor_transcode.codec.rfc_json.colours import from_hex
from mtor_transcode.codec.rfc_json.figures import path_of
from mtor_transcode.errors import FormatError
from mtor_transcode.model import (
    Backdrop,
    Border,
    Camera,
    Colour,
    ColourSpec,
    LinearGradient,
    Outline,
    Paint,
    RadialGradient,
    ShadingField,
    ShapeState,
    Solid,
    Texture,
    TexturePaint,
    Transform,
)
from mtor_transcode.model.paint import GRADIENT_ANGLES, MAX_FIELD_SIDE

NOTHING = "v0"
"""The id of the state in which a shape is not there."""


def nothing_entry() -> types.Entry:
    """The state before a shape enters and after it leaves."""
    return types.Entry(type="nothing", geometry=[])


def outline_entry(outline: Outline) -> types.Entry:
    """An ``o...`` entry."""
    return types.Entry(type="outline", geometry=[path_of(outline)])


def state_entry(state: ShapeState, outline_id: str, character: str) -> types.Entry:
    """A ``v...`` entry that refers to an outline's id."""
    place = state.transform
    extra = types.EntryExtra(
        paint=None if isinstance(state.paint, TexturePaint) else paint_out(state.paint),
        x=units.px(place.dx),
        y=units.px(place.dy),
        scale=units.factor(place.scale),
        angle=units.degrees(place.angle),
        opacity=units.share(state.opacity),
        texture=_texture_out(state.paint) if isinstance(state.paint, TexturePaint) else None,
        border=_border_out(state.paint.border),
    )
    figure = types.Reference(ref=outline_id)
    return types.Entry(type="shape", character=character, geometry=[figure], mtor=extra)


def camera_entry(camera: Camera) -> types.Entry:
    """A ``v...`` entry of the camera."""
    place = camera_out(camera)
    extra = types.EntryExtra(x=place.x, y=place.y, scale=place.scale, angle=place.angle)
    return types.Entry(type="camera", geometry=[], mtor=extra)


def background_entry(paint: Backdrop) -> types.Entry:
    """A ``v...`` entry of the background."""
    if isinstance(paint, TexturePaint):
        extra = types.EntryExtra(texture=_texture_out(paint))
    else:
        extra = types.EntryExtra(paint=paint_out(paint))
    return types.Entry(type="background", geometry=[], mtor=extra)


def _texture_out(paint: TexturePaint) -> types.Texture:
    texture = paint.texture
    steps = [after - before for before, after in pairwise(texture.times)]
    return types.Texture(
        width=texture.width,
        height=texture.height,
        start=paint.start,
        steps=steps,
        data=texture.data,
        moves=list(texture.moves),
        sharpness=texture.sharpness,
    )


def texture_in(given: types.Texture) -> TexturePaint:
    """A paint that shows a texture."""
    times = tuple(accumulate(given.steps, initial=0))
    moves = tuple(given.moves)
    texture = Texture(given.width, given.height, times, given.data, moves, given.sharpness)
    return TexturePaint(texture, given.start)


def transform_in(extra: types.EntryExtra) -> Transform:
    """The transform of an entry's ``mtor`` part."""
    return Transform(
        units.from_px(extra.x),
        units.from_px(extra.y),
        units.from_factor(extra.scale),
        units.from_degrees(extra.angle),
    )


def camera_in(place: types.EntryExtra | types.CameraPlace) -> Camera:
    """The camera of an entry's ``mtor`` part or of a scene's head."""
    return Camera(
        units.from_px(place.x),
        units.from_px(place.y),
        units.from_factor(place.scale),
        units.from_degrees(place.angle),
    )


def camera_out(camera: Camera) -> types.CameraPlace:
    """A camera for a scene's head."""
    return types.CameraPlace(
        x=units.px(camera.dx),
        y=units.px(camera.dy),
        scale=units.factor(camera.scale),
        angle=units.degrees(camera.angle),
    )


def paint_out(paint: Paint) -> types.Paint:
    """A paint as [Y, Cb, Cr] or a gradient of two of them."""
    match paint:
        case Solid():
            return paint.colour
        case LinearGradient():
            return types.Gradient(
                first=paint.first,
                last=paint.last,
                angle=units.gradient_degrees(paint.angle),
                start=units.gradient_share(paint.start),
                end=units.gradient_share(paint.end),
            )
        case RadialGradient():
            rings = types.Rings(
                x=units.ring_share(paint.x),
                y=units.ring_share(paint.y),
                rx=units.ring_share(paint.rx),
                ry=units.ring_share(paint.ry),
                inner=units.inner_share(paint.inner),
            )
            return types.Gradient(first=paint.first, last=paint.last, rings=rings)
        case ShadingField():
            grid = types.Grid(columns=paint.columns, levels=list(paint.levels), steps=paint.steps)
            return types.Gradient(first=paint.first, last=paint.last, grid=grid)


def paint_in(paint: types.Paint, spec: ColourSpec) -> Paint:
    """A paint of the model; ``#rrggbb`` is turned into the colour space of ``spec``."""
    if not isinstance(paint, types.Gradient):
        return Solid(_colour_in(paint, spec))
    first, last = _colour_in(paint.first, spec), _colour_in(paint.last, spec)
    if isinstance(paint.rings, types.Rings):
        return RadialGradient(
            first,
            last,
            units.from_ring_share(paint.rings.x),
            units.from_ring_share(paint.rings.y),
            max(1, units.from_ring_share(paint.rings.rx)),
            max(1, units.from_ring_share(paint.rings.ry)),
            units.from_inner_share(paint.rings.inner),
        )
    if isinstance(paint.grid, types.Grid):
        return _field_in(first, last, paint.grid)
    return LinearGradient(
        first,
        last,
        units.from_degrees(paint.angle, GRADIENT_ANGLES) % GRADIENT_ANGLES,
        units.from_gradient_share(paint.start),
        units.from_gradient_share(paint.end),
    )


def _field_in(first: Colour, last: Colour, grid: types.Grid) -> ShadingField:
    field = ShadingField(first, last, grid.columns, tuple(grid.levels), grid.steps)
    if not grid_in_range(grid_of(field)):
        raise FormatError(
            f"{len(grid.levels)} levels in {grid.columns} columns of 0 to {grid.steps} are no shading field",
            where="the grid of a paint",
            remedy=f"2 to {MAX_FIELD_SIDE} whole rows; 8, 16, 32 or 64 steps, and no level above them",
        )
    return field


def _border_out(border: Border | None) -> types.Border | None:
    return None if border is None else types.Border(units.px(border.width), border.colour, border.sharp)


def border_in(given: types.Border | None, spec: ColourSpec) -> Border | None:
    """A border of the model, at least one unit wide."""
    if given is None:
        return None
    return Border(max(1, units.from_px(given.width)), _colour_in(given.colour, spec), given.sharp)


def _colour_in(colour: types.Colour, spec: ColourSpec) -> Colour:
    return from_hex(colour, spec) if isinstance(colour, str) else colour
