# SPDX-License-Identifier: Apache-2.0
"""The protocol between syntax and bits, and two of its writers: one counts, one records.

The third, which writes bytes, is ``rangecoder.RangeWriter``. All take the same calls in the same order from
the same syntax functions, so the price of a thing is the price of writing it.
"""

from __future__ import annotations

from typing import Protocol

from mtor_transcode.codec.adaptive import COST_0, COST_1, FAST_RATE, SLOW_RATE, Adaptive
from mtor_transcode.codec.tables import MAX_USES
from mtor_transcode.errors import FormatError


class Writer(Protocol):
    """Takes bins."""

    def bit(self, context: int, value: int) -> None:
        """Takes a bin of an adaptive context; any true ``value`` is a 1."""

    def raw(self, value: int, count: int) -> None:
        """Takes ``count`` (at most 16) equally likely bits, the highest first."""


class Reader(Protocol):
    """Gives bins, in the order in which they were written."""

    def bit(self, context: int) -> int:
        """Returns the next bin of this context."""

    def raw(self, count: int) -> int:
        """Returns the next ``count`` (at most 16) equally likely bits."""

    def damaged(self, what: str = ...) -> FormatError:
        """Returns the error to raise for data that no writer makes."""


class CountingWriter:
    """Counts ``bits`` and adapts; what it did can be undone back to a mark."""

    def __init__(self, adaptive: Adaptive) -> None:
        self.adaptive = adaptive
        self.bits = 0.0
        self._log: list[tuple[int, int, int, int]] | None = None

    def bit(self, context: int, value: int) -> None:
        """Adds the cost of one bin and adapts its context."""
        adaptive = self.adaptive
        fast, slow, uses = adaptive.fast[context], adaptive.slow[context], adaptive.uses[context]
        if self._log is not None:
            self._log.append((context, fast, slow, uses))
        p = (fast + slow) >> 5
        if value:
            self.bits += COST_1[p]
            adaptive.fast[context] = fast + ((65536 - fast) >> FAST_RATE[uses])
            adaptive.slow[context] = slow + ((65536 - slow) >> SLOW_RATE[uses])
        else:
            self.bits += COST_0[p]
            adaptive.fast[context] = fast - (fast >> FAST_RATE[uses])
            adaptive.slow[context] = slow - (slow >> SLOW_RATE[uses])
        if uses < MAX_USES:
            adaptive.uses[context] = uses + 1

    def raw(self, value: int, count: int) -> None:
        """Adds ``count`` bits."""
        self.bits += count

    def try_out(self) -> None:
        """From here on, remember what changes."""
        self._log = []

    def undo(self) -> float:
        """Returns the bits since ``try_out`` and restores all contexts; the count goes back to 0."""
        adaptive = self.adaptive
        for context, fast, slow, uses in reversed(self._log or ()):
            adaptive.fast[context] = fast
            adaptive.slow[context] = slow
            adaptive.uses[context] = uses
        self._log = None
        return self.take()

    def take(self) -> float:
        """Returns the bits counted so far and starts again at 0."""
        bits, self.bits = self.bits, 0.0
        return bits


class RecordingWriter:
    """Remembers all bins, to be replayed to another writer or counted for training."""

    def __init__(self) -> None:
        self.bins: list[tuple[int, int, int]] = []

    def bit(self, context: int, value: int) -> None:
        """Remembers a bin."""
        self.bins.append((context, 1 if value else 0, 0))

    def raw(self, value: int, count: int) -> None:
        """Remembers raw bits."""
        self.bins.append((-1, value, count))

    def replay(self, writer: Writer) -> None:
        """Sends all that was recorded to ``writer``."""
        for context, value, count in self.bins:
            if context < 0:
                writer.raw(value, count)
            else:
                writer.bit(context, value)
