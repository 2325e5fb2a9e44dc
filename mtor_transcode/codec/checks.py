# SPDX-License-Identifier: Apache-2.0
"""What a writer refuses, so that no reader has to: values out of range, tokens out of order."""

from __future__ import annotations

from collections.abc import Iterable

from mtor_transcode.codec.canonical import is_canonical
from mtor_transcode.codec.field_syntax import grid_in_range, grid_of
from mtor_transcode.codec.limits import (
    MAX_BORDER,
    MAX_CONTOURS,
    MAX_COORDINATE,
    MAX_LEVELS,
    MAX_LIVE,
    MAX_MASK_SIDE,
    MAX_NODES,
    MAX_PATCH_COLOURS,
    MAX_SOFTNESS,
    MAX_SPAN_TEXTURES,
    MAX_SPAN_TOKENS,
    MAX_STEP,
    MAX_TICK,
)
from mtor_transcode.codec.radial_syntax import in_range, rings_of
from mtor_transcode.codec.texture_syntax import BroughtTextures, check_texture_start
from mtor_transcode.errors import UsageError
from mtor_transcode.model import (
    Backdrop,
    Background,
    Border,
    Camera,
    CameraMove,
    Colour,
    Enter,
    Leave,
    Mask,
    Outline,
    Paint,
    RadialGradient,
    SceneStart,
    ShadingField,
    ShapeState,
    Solid,
    Span,
    TexturePaint,
    Token,
    Transform,
    Transition,
)
from mtor_transcode.model.paint import GRADIENT_ANGLES, GRADIENT_STEPS, MAX_FIELD_SIDE


def check_scene_start(head: SceneStart) -> None:
    """Raises UsageError for a scene's head that cannot be written."""
    _whole("a scene's numbers", (head.number, head.start, head.transition_duration, head.softness))
    if not (
        0 <= head.number < 2**31 and 0 <= head.start <= MAX_TICK and 0 <= head.transition_duration <= MAX_STEP
    ):
        raise UsageError(f"scene {head.number}: number, start or duration of the transition is out of range")
    if head.transition == Transition.CUT and head.transition_duration:
        raise UsageError(f"scene {head.number} begins with a cut of {head.transition_duration} ticks")
    if not 0 <= head.softness <= MAX_SOFTNESS:
        raise UsageError(f"scene {head.number}: softness {head.softness} is not 0 to {MAX_SOFTNESS}")
    if isinstance(head.background, TexturePaint):
        raise UsageError(
            f"scene {head.number} begins with a texture", remedy="use a Background token at its start"
        )
    _check_backdrop(head.background, head.start)
    _check_place(head.camera)


def check_span(span: Span, start: int) -> None:
    """Raises UsageError for a span that cannot be written where the scene has come to ``start``."""
    if span.start != start:
        raise UsageError(f"a span starts at tick {span.start} but the scene has come to {start}")
    if not span.start <= span.end <= min(MAX_TICK, span.start + MAX_STEP):
        raise UsageError(f"a span ends at tick {span.end}, its start is {span.start}")
    if len(span.tokens) > MAX_SPAN_TOKENS:
        raise UsageError(f"a span has {len(span.tokens)} tokens", remedy=f"at most {MAX_SPAN_TOKENS}")
    brought = BroughtTextures()
    for token in span.tokens:
        brought.take(token)
    if brought.count > MAX_SPAN_TEXTURES:
        raise UsageError(f"a span has {brought.count} textures", remedy=f"at most {MAX_SPAN_TEXTURES}")
    before = span.start
    for token in span.tokens:
        if not before <= token.at <= span.end:
            raise UsageError(
                f"a token at tick {token.at} comes after one at {before} in the span {span.start}-{span.end}",
                remedy="order tokens by time, inside their span",
            )
        before = token.at
        check_token(token)


def check_token(token: Token) -> None:
    """Raises UsageError for a token with a value out of range."""
    _whole("times", (token.at, token.duration))
    if not 0 <= token.duration <= MAX_STEP:
        raise UsageError(f"the duration {token.duration} is out of range")
    if isinstance(token, CameraMove):
        _check_place(token.camera)
    elif isinstance(token, Background):
        _check_backdrop(token.paint, token.at)
    elif not isinstance(token, Leave):
        check_state(token.state, token.at)
        if isinstance(token, Enter):
            _whole("a shape's place in the order", (token.under,))
            if not 0 <= token.under <= MAX_LIVE:
                raise UsageError(f"shape {token.shape} enters below {token.under} others")


def check_state(state: ShapeState, now: int) -> None:
    """Raises UsageError for a state at a tick with a value out of range.

    Its outline is checked when it is written.
    """
    if isinstance(state.paint, TexturePaint):
        check_texture_start(state.paint, now)
        if isinstance(state.outline, Mask):
            raise UsageError("a mask shows a texture", remedy="use an outline")
    else:
        _check_paint(state.paint)
        if state.paint.border is not None:
            _check_border(state.paint.border, state.outline)
    _check_place(state.transform)
    _whole("opacity", (state.opacity,))
    if not 0 <= state.opacity <= 255:
        raise UsageError(f"opacity {state.opacity} is not 0 to 255")


def check_outline(outline: Outline) -> None:
    """Raises UsageError for an outline that cannot be written."""
    if isinstance(outline, Mask):
        _check_mask(outline)
        return
    _whole("the width of a stroke", (outline.stroke_width,))
    if not 0 <= outline.stroke_width <= MAX_COORDINATE:
        raise UsageError(f"a stroke of {outline.stroke_width} units cannot be written")
    if len(outline.contours) > MAX_CONTOURS or outline.node_count > MAX_NODES:
        raise UsageError(
            f"an outline has {len(outline.contours)} contours with {outline.node_count} nodes",
            remedy=f"at most {MAX_CONTOURS} with {MAX_NODES}",
        )
    for contour in outline.contours:
        if not contour.points or len(contour.points) != len(contour.kinds):
            raise UsageError("a contour needs one kind for each point, and a point at least")
        for point in contour.points:
            _whole("coordinates", point)
    x0, y0, x1, y1 = outline.bounds
    if x1 - x0 > MAX_COORDINATE or y1 - y0 > MAX_COORDINATE:
        raise UsageError(f"an outline of {x1 - x0} x {y1 - y0} units is too large")
    if not is_canonical(outline):
        raise UsageError("an outline is not centred", remedy="use canonical_state(state) before writing it")


def _check_backdrop(backdrop: Backdrop, now: int) -> None:
    if isinstance(backdrop, TexturePaint):
        check_texture_start(backdrop, now)
        return
    _check_paint(backdrop)
    if backdrop.border is not None:
        raise UsageError("a background has a border", remedy="only shapes have one")


def _check_mask(mask: Mask) -> None:
    _whole("a mask's numbers", (mask.width, mask.height, mask.levels))
    if not (0 < mask.width <= MAX_MASK_SIDE and 0 < mask.height <= MAX_MASK_SIDE):
        raise UsageError(
            f"a mask of {mask.width} x {mask.height} cells", remedy=f"at most {MAX_MASK_SIDE} each way"
        )
    if not 0 < mask.levels <= MAX_LEVELS:
        raise UsageError(f"a mask of {mask.levels} levels", remedy=f"1 to {MAX_LEVELS}")
    if len(mask.values) != mask.width * mask.height or max(mask.values) > mask.levels:
        raise UsageError("a mask needs one value of 0 to its levels for each cell")
    if mask.colours and not len(mask.colours) == mask.levels <= MAX_PATCH_COLOURS:
        raise UsageError(
            f"a palette patch of {mask.levels} levels with {len(mask.colours)} colours",
            remedy=f"a colour for each level, at most {MAX_PATCH_COLOURS}",
        )
    for colour in mask.colours:
        _check_colour(colour)


def _check_paint(paint: Paint) -> None:
    if isinstance(paint, Solid):
        _check_colour(paint.colour)
        return
    _check_colour(paint.first)
    _check_colour(paint.last)
    if isinstance(paint, RadialGradient):
        _whole("a gradient's numbers", rings_of(paint))
        if not in_range(rings_of(paint)):
            raise UsageError(f"the gradient {paint} is out of range")
        return
    if isinstance(paint, ShadingField):
        _whole("a shading field's numbers", (paint.columns, paint.steps, *paint.levels))
        if not grid_in_range(grid_of(paint)):
            raise UsageError(
                f"the shading field {paint} is out of range",
                remedy=f"2 to {MAX_FIELD_SIDE} nodes each way, each of 0 to its steps",
            )
        return
    _whole("a gradient's numbers", (paint.angle, paint.start, paint.end))
    low, high = -GRADIENT_STEPS, 2 * GRADIENT_STEPS
    if not (0 <= paint.angle < GRADIENT_ANGLES and low <= paint.start <= high and low <= paint.end <= high):
        raise UsageError(f"the gradient {paint} is out of range")


def _check_border(border: Border, outline: Outline) -> None:
    if isinstance(outline, Mask):
        raise UsageError("a mask has a border", remedy="give it to an outline of its own")
    _whole("the width and corners of a border", (border.width, border.sharp))
    if not 0 < border.width <= MAX_BORDER:
        raise UsageError(f"a border of {border.width} units", remedy=f"1 to {MAX_BORDER}")
    _check_colour(border.colour)


def _check_colour(colour: Colour) -> None:
    _whole("a colour", colour)
    if len(colour) != 3 or not all(0 <= code <= 255 for code in colour):
        raise UsageError(f"the colour {colour} is not three codes of 0 to 255")


def _check_place(place: Transform | Camera) -> None:
    values = (place.dx, place.dy, place.scale, place.angle)
    _whole("places", values)
    if max(values) > MAX_COORDINATE or min(values) < -MAX_COORDINATE:
        raise UsageError(f"{place} is out of range", remedy=f"at most {MAX_COORDINATE} in magnitude")


def _whole(what: str, values: Iterable[object]) -> None:
    """Only Python's own integers: others overflow or compare differently."""
    for value in values:
        if not isinstance(value, int):
            raise UsageError(f"{what} must be of type int, not {type(value).__name__}", remedy="use int(...)")
