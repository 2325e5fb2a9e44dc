# SPDX-License-Identifier: Apache-2.0
"""Motion over a gap: what moved when packets began to be missing goes on for a while, then holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mtor_transcode.model import Camera, CameraMove, Edit, Enter, Leave, Span, Token, Transform

Place = Transform | Camera


@dataclass(frozen=True, slots=True)
class _Move:
    """A token that moves something, and the place that it moved from."""

    token: Edit | CameraMove
    start: Place


class Momentum:
    """Follows a scene's tokens, and tells how they might go on.

    ``longest`` is the time (ticks) for which a motion goes on; ``camera`` is that of the scene's head.
    """

    def __init__(self, camera: Camera, longest: int) -> None:
        self._longest = longest
        self._places: dict[int, Transform] = {}
        self._camera = camera
        self._moves: dict[int | None, _Move] = {}
        self._end: int | None = None

    def over_gap(self, span: Span) -> Iterator[Token]:
        """Yields what is likely to have happened between the span before and this one, if there is a gap.

        Only what still moved at its beginning goes on, at the speed it had.
        """
        end = self._end
        if end is None or span.start <= end:
            return
        for move in self._moves.values():
            token = move.token
            stops = token.at + token.duration
            longer = min(self._longest, span.start - stops)
            if token.duration > 0 and stops >= end and longer > 0:
                yield _going_on(move, stops, longer)

    def take(self, span: Span) -> None:
        """Goes on after a span."""
        self._end = span.end
        for token in span.tokens:
            if isinstance(token, Enter):
                self._places[token.shape] = token.state.transform
            elif isinstance(token, Leave):
                self._places.pop(token.shape, None)
                self._moves.pop(token.shape, None)
            elif isinstance(token, Edit):
                self._note(token.shape, token, self._places.get(token.shape, token.state.transform))
                self._places[token.shape] = token.state.transform
            elif isinstance(token, CameraMove):
                self._note(None, token, self._camera)
                self._camera = token.camera
        self._moves = {
            name: move
            for name, move in self._moves.items()
            if move.token.at + move.token.duration >= span.end
        }

    def _note(self, name: int | None, token: Edit | CameraMove, start: Place) -> None:
        self._moves.pop(name, None)
        if start != _target(token):
            self._moves[name] = _Move(token, start)


def _target(token: Edit | CameraMove) -> Place:
    return token.state.transform if isinstance(token, Edit) else token.camera


def _going_on(move: _Move, at: int, longer: int) -> Token:
    """The token that goes on with a move from tick ``at`` for ``longer`` ticks."""
    token, start, end = move.token, move.start, _target(move.token)
    share = longer / token.duration

    def beyond(a: int, b: int) -> int:
        return b + round((b - a) * share)

    place = replace(
        end,
        dx=beyond(start.dx, end.dx),
        dy=beyond(start.dy, end.dy),
        scale=max(0, beyond(start.scale, end.scale)),
        angle=beyond(start.angle, end.angle),
    )
    if isinstance(token, Edit):
        assert isinstance(place, Transform)
        return Edit(at, longer, token.shape, replace(token.state, transform=place))
    assert isinstance(place, Camera)
    return CameraMove(at, longer, place)
