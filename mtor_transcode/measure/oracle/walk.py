# SPDX-License-Identifier: Apache-2.0
"""A walking figure: limbs as capsules hung on joints, posed every few ticks, straight in between."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mtor_transcode.measure.oracle.figures import CORAL, GOLD, NIGHT, SEA, Book, at, box, disc, polygon, shape
from mtor_transcode.model import Colour, Outline, Transform

POSE_TICKS = 5
STEP_TICKS = 25
"""Ticks of a whole cycle, two steps."""

HIP_PX, THIGH_PX, SHIN_PX, TORSO_PX, ARM_PX = 92.0, 44.0, 46.0, 70.0, 36.0
SKIN: Colour = (172, 112, 150)


@dataclass(frozen=True)
class Part:
    """A part of the figure: what it looks like at rest, hanging down from its upper joint."""

    outline: Outline
    colour: Colour
    length: float


def walk(book: Book, *, end: int, begin_x: float, end_x: float, ground: float) -> None:
    """Let the figure walk from ``begin_x`` to ``end_x`` (px) in ``end`` ticks with its feet at ``ground``."""
    parts = _parts()
    numbers: list[int] = []
    for tick in range(0, end + 1, POSE_TICKS):
        x = begin_x + (end_x - begin_x) * tick / end
        places = list(_pose(parts, x, ground, tick / STEP_TICKS))
        if not numbers:
            pairs = zip(parts, places, strict=True)
            numbers = [book.enter(shape(part.outline, part.colour, place)) for part, place in pairs]
            continue
        for number, place in zip(numbers, places, strict=True):
            book.edit(number, at=tick - POSE_TICKS, duration=POSE_TICKS, transform=place)


def _parts() -> list[Part]:
    """Back to front; limbs of both sides share their outlines."""
    thigh, shin, arm = _capsule(THIGH_PX, 9), _capsule(SHIN_PX, 7), _capsule(ARM_PX, 6)
    trousers, far = NIGHT, (36, 136, 124)
    return [
        Part(arm, far, ARM_PX),
        Part(thigh, far, THIGH_PX),
        Part(shin, far, SHIN_PX),
        Part(thigh, trousers, THIGH_PX),
        Part(shin, trousers, SHIN_PX),
        Part(_capsule(TORSO_PX, 19), CORAL, TORSO_PX),
        Part(disc(20), SKIN, 0),
        Part(box(36, 8), SEA, 0),
        Part(disc(3), NIGHT, 0),
        Part(arm, GOLD, ARM_PX),
    ]


def _capsule(length: float, radius: float) -> Outline:
    """A limb: round ends around joints ``length`` px apart."""
    turns = [math.pi * step / 4 for step in range(5)]
    lower = [(radius * math.cos(turn), length + radius * math.sin(turn)) for turn in turns]
    upper = [(-radius * math.cos(turn), -radius * math.sin(turn)) for turn in turns]
    return polygon([*lower, *upper], smooth=True)


def _pose(parts: list[Part], x: float, ground: float, cycle: float) -> Iterator[Transform]:
    """The places of all parts at a moment of the cycle (1 is a whole one)."""
    phase = math.tau * cycle
    hip_y = ground - HIP_PX + 4 * math.cos(2 * phase)
    shoulder_y = hip_y - TORSO_PX + 8
    far_thigh, near_thigh = 0.45 * math.sin(phase + math.pi), 0.45 * math.sin(phase)
    far_bend, near_bend = (0.35 * (1 - math.cos(phase + turn)) for turn in (math.pi / 2, -math.pi / 2))
    yield _hung(parts[0], x, shoulder_y, near_thigh * 0.9)
    yield from _leg(parts[1], parts[2], x, hip_y, far_thigh, far_bend)
    yield from _leg(parts[3], parts[4], x, hip_y, near_thigh, near_bend)
    yield _hung(parts[5], x, shoulder_y - 4, 0.06)
    yield at(x + 6, shoulder_y - 36)
    yield at(x + 10, shoulder_y - 52)
    yield at(x + 18, shoulder_y - 38)
    yield _hung(parts[9], x, shoulder_y, far_thigh * 0.9)


def _leg(
    thigh: Part, shin: Part, x: float, y: float, angle: float, bend: float
) -> tuple[Transform, Transform]:
    knee_x, knee_y = x - math.sin(angle) * thigh.length, y + math.cos(angle) * thigh.length
    return _hung(thigh, x, y, angle), _hung(shin, knee_x, knee_y, angle + bend)


def _hung(part: Part, x: float, y: float, angle: float) -> Transform:
    """A part turned by ``angle`` (radians, clockwise) about its upper joint at ``(x, y)``."""
    half = part.length / 2
    return at(x - half * math.sin(angle), y + half * math.cos(angle), turns=angle / math.tau)
