# SPDX-License-Identifier: Apache-2.0
"""What a token does, in words: "shape_7 moves right and turns red", "camera pan left"."""

from __future__ import annotations

import re
from dataclasses import replace

from mtor_transcode.codec.rfc_json.colours import colour_name
from mtor_transcode.model import (
    Backdrop,
    Background,
    Camera,
    CameraMove,
    Colour,
    ColourSpec,
    Edit,
    Enter,
    Fill,
    Leave,
    LinearGradient,
    Paint,
    RadialGradient,
    ShadingField,
    ShapeState,
    Solid,
    TexturePaint,
    Token,
    Transform,
)
from mtor_transcode.model.geometry import TURN

_TILT = 0.42
"""A movement with a smaller share across than this (about 23 degrees) is called straight."""


def token_words(
    token: Token,
    before: ShapeState | Camera | Backdrop | None,
    colour: ColourSpec,
) -> tuple[str, str]:
    """Who acts and what it does: ``("shape_7", "moves right")``. ``before`` is what the token changes."""
    match token:
        case Enter():
            return f"shape_{token.shape}", "fades in" if token.duration else "enters"
        case Leave():
            return f"shape_{token.shape}", "fades out" if token.duration else "leaves"
        case Edit():
            known = before if isinstance(before, ShapeState) else token.state
            return f"shape_{token.shape}", _edit_words(known, token.state, colour)
        case CameraMove():
            known_camera = before if isinstance(before, Camera) else token.camera
            return "camera", _camera_words(known_camera, token.camera)
        case Background():
            if isinstance(token.paint, TexturePaint):
                return "background", "plays"
            return "background", f"turns {colour_name(_mean_colour(token.paint), colour)}"


def slug(text: str) -> str:
    """``text`` as part of an id: lower case, words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _edit_words(before: ShapeState, after: ShapeState, colour: ColourSpec) -> str:
    phrases = _transform_words(before.transform, after.transform)
    if before.outline != after.outline:
        phrases.append("changes form")
    if before.paint != after.paint:
        phrases.append(_paint_words(before.paint, after.paint, colour))
    if before.opacity != after.opacity:
        phrases.append("brightens" if after.opacity > before.opacity else "fades")
    return " and ".join(phrases[:3]) or "stays"


def _transform_words(before: Transform, after: Transform) -> list[str]:
    phrases = []
    direction = _direction(after.dx - before.dx, after.dy - before.dy)
    if direction:
        phrases.append(f"moves {direction}")
    if after.scale != before.scale:
        phrases.append("grows" if after.scale > before.scale else "shrinks")
    turn = _turn(before.angle, after.angle)
    if turn:
        phrases.append(f"turns {turn}")
    return phrases


def _camera_words(before: Camera, after: Camera) -> str:
    """The picture shifts against the camera: a picture moving right is a pan to the left."""
    phrases = []
    direction = _direction(before.dx - after.dx, before.dy - after.dy)
    if direction:
        phrases.append(f"pan {direction}")
    if after.scale != before.scale:
        phrases.append("zoom in" if after.scale > before.scale else "zoom out")
    turn = _turn(after.angle, before.angle)
    if turn:
        phrases.append(f"roll {turn}")
    return " and ".join(phrases) or "hold"


def _direction(dx: int, dy: int) -> str:
    if dx == 0 and dy == 0:
        return ""
    across = "right" if dx > 0 else "left"
    along = "down" if dy > 0 else "up"
    if abs(dy) <= _TILT * abs(dx):
        return across
    if abs(dx) <= _TILT * abs(dy):
        return along
    return f"{along} {across}"


def _turn(before: int, after: int) -> str:
    step = (after - before) % TURN
    if step == 0:
        return ""
    return "clockwise" if step <= TURN // 2 else "counterclockwise"


def _paint_words(before: Fill, after: Fill, colour: ColourSpec) -> str:
    if isinstance(after, TexturePaint):
        return "shows a picture"
    if isinstance(before, TexturePaint):
        return f"turns {colour_name(_mean_colour(after), colour)}"
    old, new = (_mean_colour(paint) for paint in (before, after))
    if before.border != after.border and replace(before, border=after.border) == after:
        return "changes its border"
    old_name, new_name = colour_name(old, colour), colour_name(new, colour)
    if old_name != new_name:
        return f"turns {new_name}"
    if old[0] == new[0]:
        return "changes colour"
    return "lightens" if new[0] > old[0] else "darkens"


def _mean_colour(paint: Paint) -> Colour:
    match paint:
        case Solid():
            return paint.colour
        case LinearGradient() | RadialGradient() | ShadingField():
            first, last = paint.first, paint.last
            return (
                (first[0] + last[0]) // 2,
                (first[1] + last[1]) // 2,
                (first[2] + last[2]) // 2,
            )
