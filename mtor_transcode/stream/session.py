# SPDX-License-Identifier: Apache-2.0
"""One viewer of one film: which section comes next. What it remembers is only where the viewer is."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from mtor_transcode.codec.container import SectionKind
from mtor_transcode.stream.messages import At, Play, Want
from mtor_transcode.stream.needs import Needs
from mtor_transcode.stream.plan import SOUND, Piece, Plan

NEVER_UNASKED: Final = frozenset({SectionKind.INDEX})
"""Of no use to a viewer: the index has offsets in the file, which a viewer of sections does not have."""

LATE_SECONDS: Final = 0.25
"""Sound that is so late is dropped."""

MOST_WANTED: Final = 2048
"""Sections and parts asked for again that wait their turn."""


@dataclass(frozen=True, slots=True)
class Next:
    """A piece to send, from byte ``start`` to ``stop`` of it."""

    piece: Piece
    start: int = 0
    stop: int | None = None


class Whereabouts:
    """Where a viewer is: what it told, and its clock since. ``base`` is the film's seconds per tick."""

    def __init__(self, tick: int, base: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._base = base
        self._tick = float(tick)
        self._told = clock()
        self._speed = 0.0

    @property
    def place(self) -> float:
        """The tick where the viewer is now."""
        return self._tick + (self._clock() - self._told) * self._speed / self._base

    def told(self, at: At) -> None:
        """Takes note of what the viewer tells."""
        self._tick, self._told = float(at.tick), self._clock()
        self._speed = at.speed if at.playing else 0.0

    def ticks(self, seconds: float) -> float:
        """A time in ticks."""
        return seconds / self._base

    def until(self, tick: float) -> float | None:
        """Seconds until the viewer comes to a tick; None if its clock does not run."""
        return max(0.0, tick - self.place) * self._base / self._speed if self._speed else None


@dataclass
class Course:
    """The order in which a film goes to a viewer.

    Pictures go in the order of the file: outlines and textures at first use, first states coarse to fine
    as the encoder put them. Sound goes between them by its time. ``needs`` may raise to be asked again later;
    nothing has changed then. ``droppable`` tells of pieces of a scene that can be left out once they are
    late. ``sent`` are the sections that went or that the viewer has; ``dropped`` those that were too late.
    """

    plan: Plan
    play: Play
    where: Whereabouts
    needs: Needs
    droppable: Callable[[Piece], bool] = lambda _: False
    sent: set[int] = field(default_factory=set)
    dropped: list[int] = field(default_factory=list)
    entered: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)
    """Scenes entered, by place, the section at which, and those of before that they need: to be told."""

    def __post_init__(self) -> None:
        self._wanted: OrderedDict[tuple[int, int, int | None], None] = OrderedDict()
        self._first: deque[int] = deque()
        self.due: float | None = None
        """After ``next`` gave nothing: seconds until it may, None if only news can change that."""
        self._picture = self._sound = -1
        self._inside = False
        self.sent.update(numbers_of(self.play.have, len(self.plan.pieces)))
        self._enter(self.play.at)

    def follow(self, plan: Plan) -> None:
        """Goes on with a film that has grown."""
        self.plan = plan

    def want(self, want: Want) -> None:
        """Queues what is asked for again; what has not had its turn yet will come anyway."""
        for number in numbers_of(want.sections, len(self.plan.pieces)):
            if number in self.sent and self._useful(self.plan.pieces[number]):
                self._queue(number, 0, None)
        for number, start, stop in want.parts:
            if number in self.sent and start < stop:
                self._queue(number, start, stop)

    def _queue(self, number: int, start: int, stop: int | None) -> None:
        if len(self._wanted) < MOST_WANTED:
            self._wanted.setdefault((number, start, stop))

    def next(self) -> Next | None:
        """What to send now; None if nothing is due (or the end is reached, see ``over``)."""
        if not self._inside and self.plan.scenes:
            self._enter(self.play.at)
        while self._first:
            number = self._first.popleft()
            if number not in self.sent:
                return self._sending(number)
        if self._wanted:
            (number, start, stop), _ = self._wanted.popitem(last=False)
            return Next(self.plan.pieces[number], start, stop)
        self._catch_up()
        picture = self._ahead_of(self._picture, sound=False)
        sound = self._ahead_of(self._sound, sound=True)
        self._picture = len(self.plan.pieces) if picture is None else picture.number
        self._sound = len(self.plan.pieces) if sound is None else sound.number
        chosen = picture if sound is None or (picture and picture.start <= sound.start) else sound
        self.due = None
        if chosen is None:
            return None
        near = chosen.start - self.where.ticks(self.play.ahead)
        if near > self.where.place:
            self.due = self.where.until(near)
            return None
        return self._sending(chosen.number)

    @property
    def reached(self) -> int:
        """The place of the scene that is being sent."""
        pieces = self.plan.pieces
        return max(0, pieces[min(max(self._picture, 0), len(pieces) - 1)].scene)

    @property
    def over(self) -> bool:
        """Whether all of the film that is there has gone."""
        end = len(self.plan.pieces)
        return not self._first and not self._wanted and self._picture >= end and self._sound >= end

    def _sending(self, number: int) -> Next:
        self.sent.add(number)
        return Next(self.plan.pieces[number])

    def _enter(self, tick: int) -> None:
        """Goes on where the film can be entered for a tick, with what that needs of the film before."""
        scene, section = self.plan.entry_at(tick)
        needed = () if scene < 0 else self.needs(scene, section)
        self._inside = scene >= 0
        self._picture = section if self._inside else -1
        self._sound = self._sound_at(tick)
        self._first.extend(piece.number for piece in self._of_the_film() if piece.number not in self.sent)
        if not self._inside:
            return
        self._first.extend(number for number in needed if number not in self.sent)
        head = self.plan.scenes[scene].first
        if head < self._picture and head not in self.sent:
            self._first.extend(self._scene_head(scene))
        self.entered.append((scene, section, needed))

    def _sound_at(self, tick: int) -> int:
        """The section of the sound at a tick: the last that starts at or before it."""
        starts = [piece.number for piece in self.plan.pieces if piece.kind in SOUND and piece.start <= tick]
        return starts[-1] if starts else 1

    def _of_the_film(self) -> Iterator[Piece]:
        """The header and what lies with it, before the first scene."""
        first = self.plan.scenes[0].first if self.plan.scenes else len(self.plan.pieces)
        unasked = SOUND | NEVER_UNASKED
        return (piece for piece in islice(self.plan.pieces, first) if piece.kind not in unasked)

    def _scene_head(self, scene: int) -> Iterator[int]:
        """A scene's own section, for one that is entered at a snapshot."""
        for piece in self._from(self.plan.scenes[scene].first):
            if piece.kind == SectionKind.SCENE:
                yield piece.number
                return

    def _catch_up(self) -> None:
        """Leaves out what is past: a viewer that has come to a later entry is sent on from there.

        What is left out has had its turn. That is not so for what the later scene needs, and for sound from
        there on.
        """
        _, entry = self.plan.entry_at(int(self.where.place))
        if 0 <= self._picture < entry and self.plan.pieces[self._picture].scene >= 0:
            picture, sound = self._picture, self._sound
            self._enter(int(self.where.place))
            spared = self.sent.union(self._first)
            for piece in self._from(max(0, min(picture, sound)), entry):
                number = piece.number
                passed = sound <= number < self._sound if piece.kind in SOUND else number >= picture
                if passed and number not in spared and self._useful(piece):
                    self.dropped.append(number)
                    self.sent.add(number)

    def _ahead_of(self, number: int, *, sound: bool) -> Piece | None:
        """The next piece to send from a place in the file on."""
        late = self.where.place - self.where.ticks(LATE_SECONDS)
        for piece in self._from(max(number, 0)):
            if (piece.kind in SOUND) is not sound or piece.number in self.sent or not self._useful(piece):
                continue
            over = self._sound_end(piece) if sound else piece.end
            if over < late and (sound or self.droppable(piece)):
                self.dropped.append(piece.number)
                self.sent.add(piece.number)
                continue
            return piece
        return None

    def _sound_end(self, piece: Piece) -> float:
        """Where the sound section after this one starts: where its own sound is over."""
        for other in self._from(piece.number + 1):
            if other.kind in SOUND:
                return other.start
        return float("inf")

    def _from(self, first: int, end: int | None = None) -> Iterator[Piece]:
        """The pieces from a place in the file on; the rest of a long film is not copied."""
        pieces = self.plan.pieces
        return (pieces[number] for number in range(first, len(pieces) if end is None else end))

    def _useful(self, piece: Piece) -> bool:
        """Whether a viewer has a use for a piece."""
        return piece.kind not in NEVER_UNASKED and (piece.kind != SectionKind.REPAIR or self.play.repairs)


def numbers_of(ranges: Iterable[tuple[int, int]], end: int) -> Iterator[int]:
    """The numbers below ``end`` in ranges (first, last), each once, however often they are named."""
    at = 0
    for first, last in sorted(ranges):
        yield from range(max(first, at), min(last + 1, end))
        at = max(at, last + 1)


def ranges_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as ranges (first, last)."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
