# SPDX-License-Identifier: Apache-2.0
"""Tells the tokens of one scene as ``video_event`` objects: words, vectors, times."""

from __future__ import annotations

from mtor_transcode.codec.rfc_json import types, units
from mtor_transcode.codec.rfc_json.dictionary_writer import DictionaryWriter
from mtor_transcode.codec.rfc_json.entries import NOTHING
from mtor_transcode.codec.rfc_json.words import slug, token_words
from mtor_transcode.errors import FormatError
from mtor_transcode.model import (
    Backdrop,
    Background,
    Camera,
    CameraMove,
    Edit,
    Enter,
    FilmHeader,
    Leave,
    SceneStart,
    ShapeState,
    Token,
)

Value = ShapeState | Camera | Backdrop


class SceneTelling:
    """Remembers what the shapes of a scene show, so that each token can name where it starts from."""

    def __init__(self, head: SceneStart, header: FilmHeader, dictionary: DictionaryWriter) -> None:
        self._head = head
        self._header = header
        self._dictionary = dictionary
        self._shapes: dict[int, tuple[str, ShapeState]] = {}
        self._camera = head.camera
        self._background = head.background
        self._camera_id = ""
        self._background_id = ""
        self._tick = -1
        self._told_now: set[str] = set()

    def event(self, token: Token, span_end: int) -> types.VideoEvent:
        """A token of the span that ends there as an object; its new vectors go into the dictionary."""
        before, start, end, kind = self._change(token)
        actor, action = token_words(token, before, self._header.colour)
        return types.VideoEvent(
            message_type="video_event",
            token_id=self._token_id(f"{actor} {action}", token.at),
            action=f"{actor} {action}",
            parameters=types.Parameters(
                start_vector=start,
                end_vector=end,
                duration_ms=units.milliseconds(token.duration, self._header.time_base),
                transition_type=_transition(token),
            ),
            timestamp=units.milliseconds(token.at, self._header.time_base),
            mtor=types.TokenExtra(
                kind=kind,
                scene=self._head.number,
                shape=None if isinstance(token, (CameraMove, Background)) else token.shape,
                at=token.at,
                duration=token.duration,
                under=token.under or None if isinstance(token, Enter) else None,
                closing=token.at == span_end,
            ),
        )

    def _change(self, token: Token) -> tuple[Value | None, str, str, types.Kind]:
        """What held before, the ids of both vectors, and the kind."""
        match token:
            case Enter():
                end = self._show(token.shape, token.state)
                return None, NOTHING, end, "enter"
            case Edit():
                start, state = self._shown(token.shape)
                end = start if state == token.state else self._show(token.shape, token.state)
                return state, start, end, "edit"
            case Leave():
                start, state = self._shown(token.shape)
                del self._shapes[token.shape]
                return state, start, NOTHING, "leave"
            case CameraMove():
                camera = self._camera
                start = self._camera_id or self._dictionary.camera(camera)
                self._camera_id, self._camera = self._dictionary.camera(token.camera), token.camera
                return camera, start, self._camera_id, "camera"
            case Background():
                paint = self._background
                start = self._background_id or self._dictionary.background(paint)
                self._background_id = self._dictionary.background(token.paint)
                self._background = token.paint
                return paint, start, self._background_id, "background"

    def _show(self, shape: int, state: ShapeState) -> str:
        vector = self._dictionary.state(state, f"scene_{self._head.number}_shape_{shape}")
        self._shapes[shape] = (vector, state)
        return vector

    def _shown(self, shape: int) -> tuple[str, ShapeState]:
        try:
            return self._shapes[shape]
        except KeyError:
            raise FormatError(
                f"a token is about shape {shape}, which is not there",
                where=f"scene {self._head.number}",
                remedy="make the film again",
            ) from None

    def _token_id(self, words: str, at: int) -> str:
        """Unique: scene, words and tick; the rare repetition within a tick is counted."""
        if at != self._tick:
            self._tick = at
            self._told_now.clear()
        plain = f"scene_{self._head.number}_{slug(words)}_at_{at}"
        token_id, count = plain, 1
        while token_id in self._told_now:
            count += 1
            token_id = f"{plain}_no_{count}"
        self._told_now.add(token_id)
        return token_id


def _transition(token: Token) -> str:
    if token.duration == 0:
        return "cut"
    return "fade" if isinstance(token, (Enter, Leave)) else "linear_interpolation"
