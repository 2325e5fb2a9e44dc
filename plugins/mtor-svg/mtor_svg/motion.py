# SPDX-License-Identifier: Apache-2.0
"""Segments as SMIL animations of one attribute.

A later animation overrides an earlier one, so each token's transition stands for itself: it begins, runs,
and stays frozen at its target until another begins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from mtor_svg.markup import element
from mtor_svg.script import Life, Segment

T = TypeVar("T")

STEPS = 8
"""Pieces in which what is not linear is approximated."""

INSTANT = "0.001s"
"""How long a jump of a transform lasts (``set`` cannot set it)."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Ticks of the film to seconds of the animation."""

    start: int
    time_base: Fraction

    def at(self, tick: int) -> str:
        """A time."""
        return self.length(tick - self.start)

    def length(self, ticks: int) -> str:
        """A duration."""
        return f"{float(ticks * self.time_base):.6f}".rstrip("0").rstrip(".") + "s"


@dataclass(frozen=True)
class Attribute(Generic[T]):
    """How an attribute follows from a value.

    ``text`` writes it; ``transform`` names the sort of an animated transform. ``straight`` says whether the
    attribute is linear along a segment, so that its ends are enough.
    """

    name: str
    text: Callable[[T], str]
    transform: str = ""
    straight: Callable[[Segment[T]], bool] = lambda _: True


def animations(life: Life[T], attribute: Attribute[T], clock: Clock) -> str:
    """All animations of an attribute; nothing where it rests."""
    made = []
    shown = attribute.text(life.first)
    busy_until = clock.start
    for segment, begin_of_next in zip(life.segments, _next_begins(life), strict=False):
        texts = _texts(segment, attribute)
        if all(text == shown for text in texts) and busy_until <= segment.begin:
            continue
        made.append(_animation(attribute, segment, texts, clock))
        final = attribute.text(segment.target)
        end = segment.begin + segment.duration
        if texts[-1] != final and end <= begin_of_next:
            made.append(_jump(attribute, clock.at(end), final))
        shown, busy_until = final, end
    return "".join(made)


def _next_begins(life: Life[T]) -> list[float]:
    """For each segment, when the one after it begins (and may interrupt it); at last, never."""
    return [*(segment.begin for segment in life.segments[1:]), math.inf]


def _texts(segment: Segment[T], attribute: Attribute[T]) -> list[str]:
    if segment.duration == 0:
        return [attribute.text(segment.target)]
    steps = 1 if attribute.straight(segment) else STEPS
    return [attribute.text(segment.course(step / steps)) for step in range(steps + 1)]


def _animation(attribute: Attribute[T], segment: Segment[T], texts: Sequence[str], clock: Clock) -> str:
    begin = clock.at(segment.begin)
    if len(set(texts)) == 1:
        return _jump(attribute, begin, texts[0])
    return _animate(attribute, begin, clock.length(segment.duration), ";".join(texts))


def _jump(attribute: Attribute[T], begin: str, text: str) -> str:
    if attribute.transform:
        return _animate(attribute, begin, INSTANT, f"{text};{text}")
    return element("set", {"attributeName": attribute.name, "begin": begin, "to": text, "fill": "freeze"})


def _animate(attribute: Attribute[T], begin: str, length: str, values: str) -> str:
    attributes = {"attributeName": attribute.name, "begin": begin, "dur": length, "values": values}
    if attribute.transform:
        attributes["type"] = attribute.transform
    tag = "animateTransform" if attribute.transform else "animate"
    return element(tag, attributes | {"fill": "freeze"})
