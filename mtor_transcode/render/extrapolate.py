# SPDX-License-Identifier: Apache-2.0
"""Motion over a gap: what moved when packets began to be missing goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mtor_transcode.model import Camera, CameraMove, Edit, Enter, Leave, Span, Token, Transform

Place = Transform | Camera


@dataclass(frozen=True, slots=True)
class _Move:
    """A token that moves something, the place that it moved from, and whether it took over from another."""

    token: Edit | CameraMove
    start: Place
    follows: bool


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

        Only what still moved at its beginning goes on: straight towards where this span next has it go,
        or if that does not move it, at the speed it had. The latter only if its last token followed upon
        another, and with the gap it goes back: what moved by one token alone, or is not moved after the
        gap, had come to its end more often than not.
        """
        end = self._end
        if end is None or span.start <= end:
            return
        coming = _first_moves(span)
        for name, move in self._moves.items():
            token = move.token
            stops = token.at + token.duration
            if token.duration == 0 or stops < end or stops >= span.start:
                continue
            following = coming.get(name)
            if following is not None and _target(following) != _target(token):
                whole = following.at + following.duration - stops
                share = (following.at - stops) / whole if whole else 0.0
                yield _moved(token, _target(token), _target(following), share, stops, following.at - stops)
            elif move.follows:
                longer = min(self._longest, span.start - stops)
                yield _moved(token, move.start, _target(token), 1 + longer / token.duration, stops, longer)
                yield _moved(token, move.start, _target(token), 1.0, span.start, longer)

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
        before = self._moves.pop(name, None)
        if start != _target(token):
            follows = before is not None and before.token.at + before.token.duration == token.at
            self._moves[name] = _Move(token, start, follows)


def _target(token: Edit | CameraMove) -> Place:
    return token.state.transform if isinstance(token, Edit) else token.camera


def _first_moves(span: Span) -> dict[int | None, Edit | CameraMove]:
    """The first token of a span for each shape, and under None for the camera."""
    found: dict[int | None, Edit | CameraMove] = {}
    for token in span.tokens:
        if isinstance(token, Edit):
            found.setdefault(token.shape, token)
        elif isinstance(token, CameraMove):
            found.setdefault(None, token)
    return found


def _moved(
    token: Edit | CameraMove, start: Place, end: Place, share: float, at: int, duration: int
) -> Edit | CameraMove:
    """A token like ``token`` that goes to the place a ``share`` of the way from ``start`` to ``end``."""

    def between(a: int, b: int) -> int:
        return a + round((b - a) * share)

    place = replace(
        end,
        dx=between(start.dx, end.dx),
        dy=between(start.dy, end.dy),
        scale=max(0, between(start.scale, end.scale)),
        angle=between(start.angle, end.angle),
    )
    if isinstance(token, Edit):
        assert isinstance(place, Transform)
        return Edit(at, duration, token.shape, replace(token.state, transform=place))
    assert isinstance(place, Camera)
    return CameraMove(at, duration, place)
