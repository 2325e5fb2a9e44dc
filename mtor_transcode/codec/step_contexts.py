# SPDX-License-Identifier: Apache-2.0
"""Contexts for the steps from node to node of a contour, in steps of its grid.

What is known of a step before it is coded: the direction and size of the step before, which way the contour
turned there, and, for the last two steps of a closed contour, where its first node lies. Measured on outlines
of six clips, these contexts save 2.4% of an outline's bits against those of sizes alone (2.9% with trained
tables); finer ones did not pay for their learning.
"""

from __future__ import annotations

from typing import Final

from mtor_transcode.codec.contexts import BASE, DELTA_CLASSES, NUMBER

_DX_ZERO: Final = BASE["outline.dx_zero"]
_DX_SIGN: Final = BASE["outline.dx_sign"]
_DX: Final = BASE["outline.dx"]
_DY_ZERO: Final = BASE["outline.dy_zero"]
_DY_SIGN: Final = BASE["outline.dy_sign"]
_DY: Final = BASE["outline.dy"]

Contexts = tuple[int, int, int]
"""Contexts of a signed number's three parts, see ``binarise.write_split``."""


class StepContexts:
    """Follows a contour of ``count`` nodes; the same for writer and reader."""

    __slots__ = ("_closed", "_direction", "_left", "_px", "_py", "_turn", "_x", "_y")

    def __init__(self, count: int, closed: bool) -> None:
        self._left = count - 1
        self._closed = closed
        self._px = self._py = 0
        self._x = self._y = 0
        self._turn = 0
        self._direction = 4

    def for_dx(self) -> Contexts:
        """Returns the contexts of the next step's dx."""
        direction = self._direction
        near = self._closed and self._left <= 2
        size = (
            DELTA_CLASSES + _class(self._x)
            if near and self._left == 1
            else _class(abs(self._px) | abs(self._py))
        )
        hint = 3 - _sign(self._x) if near else self._turn
        return (_DX_ZERO + direction, _DX_SIGN + 6 * direction + 1 + hint, _DX + NUMBER * size)

    def for_dy(self, dx: int) -> Contexts:
        """Returns the contexts of the next step's dy; its dx is known."""
        near = self._closed and self._left <= 2
        size = DELTA_CLASSES + _class(self._y) if near and self._left == 1 else _class(dx)
        hint = 3 - _sign(self._y) if near else self._turn
        return (
            _DY_ZERO + 2 * min(abs(dx).bit_length(), 3) + (self._py == 0),
            _DY_SIGN + 6 * (3 * self._direction + _sign(dx) + 1) + 1 + hint,
            _DY + NUMBER * size,
        )

    def step(self, dx: int, dy: int) -> None:
        """Goes on to the next node."""
        self._turn = _sign(self._px * dy - self._py * dx)
        self._direction = 3 * (_sign(dx) + 1) + _sign(dy) + 1
        self._px, self._py = dx, dy
        self._x += dx
        self._y += dy
        self._left -= 1


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _class(size: int) -> int:
    """Class of contexts by the size of something near."""
    return min(abs(size).bit_length(), DELTA_CLASSES - 1)
