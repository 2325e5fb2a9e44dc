# SPDX-License-Identifier: Apache-2.0
"""Tokens that say under ``mtor`` which token of the model they are, taken literally."""

from __future__ import annotations

from mtor_transcode.codec.rfc_json import types
from mtor_transcode.codec.rfc_json.cues import Cue
from mtor_transcode.codec.rfc_json.stage_list import StageList
from mtor_transcode.codec.rfc_json.states import Cast, States
from mtor_transcode.errors import FormatError
from mtor_transcode.model import (
    Background,
    Camera,
    CameraMove,
    Edit,
    Enter,
    Gradient,
    Leave,
    ShapeState,
    Solid,
    TexturePaint,
    Token,
)


def literal_token(cue: Cue, extra: types.TokenExtra, states: States, stage: StageList) -> Token:
    """The model's token; the end vector is its target, the start vector is what came before."""
    where, at, duration = cue.where, cue.at, cue.duration
    target = cue.event.parameters.end_vector
    match extra.kind:
        case "camera":
            shown = states.shown(target, where)
            if not isinstance(shown, Camera):
                raise _wrong(target, "a camera", where)
            return CameraMove(at, duration, shown)
        case "background":
            shown = states.shown(target, where)
            if not isinstance(shown, (Solid, Gradient, TexturePaint)):
                raise _wrong(target, "a background", where)
            return Background(at, duration, shown)
    if extra.shape is None:
        raise FormatError("mtor names a kind but no shape", where=where, remedy="add mtor.shape")
    if extra.kind == "leave":
        stage.leave(extra.shape, at + duration, where)
        return Leave(at, extra.shape, duration)
    state = _one_shape(target, states, where)
    if extra.kind == "edit":
        stage.need(extra.shape, where)
        return Edit(at, duration, extra.shape, state)
    under = extra.under or 0
    stage.enter(extra.shape, under, where)
    return Enter(at, extra.shape, state, under, duration)


def _one_shape(vector: str, states: States, where: str) -> ShapeState:
    shown = states.shown(vector, where)
    if not isinstance(shown, Cast) or len(shown.figures) != 1:
        raise _wrong(vector, "one shape", where)
    return shown.figures[0]


def _wrong(vector: str, wanted: str, where: str) -> FormatError:
    return FormatError(
        f"the vector {vector[:80]!r} is not {wanted}", where=where, remedy="name another or drop mtor.kind"
    )
