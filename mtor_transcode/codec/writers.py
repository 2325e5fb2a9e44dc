# SPDX-License-Identifier: Apache-2.0
"""The protocol between syntax and bits, and two of its writers: one counts, one records.

The third, which writes bytes, is ``rangecoder.RangeWriter``. All take the same calls in the same order from
the same syntax functions, so the price of a thing is the price of writing it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.codec.adaptive import COST_0, COST_1, FAST_RATE, SLOW_RATE, Adaptive
from mtor_transcode.codec.tables import MAX_USES
from mtor_transcode.errors import FormatError

Bins = tuple[tuple[int, int], ...]
"""Bins of one group of contexts: for each how far its context is from the group's first, and its value."""


class Writer(Protocol):
    """Takes bins."""

    def bit(self, context: int, value: int) -> None:
        """Takes a bin of an adaptive context; any true ``value`` is a 1."""

    def several(self, first: int, bins: Bins) -> None:
        """Takes a few bins of the group of contexts from ``first`` on, as ``bit`` would one by one."""

    def bins(self, contexts: NDArray[np.int32], values: NDArray[np.uint8]) -> None:
        """Takes many bins, each 0 or 1 with its context, as ``bit`` would one by one."""

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
        self._kept: Adaptive | None = None

    def bit(self, context: int, value: int) -> None:
        """Adds the cost of one bin and adapts its context."""
        adaptive = self.adaptive
        fast, slow, uses = adaptive.fast[context], adaptive.slow[context], adaptive.uses[context]
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

    def several(self, first: int, bins: Bins) -> None:
        """Adds the costs of a few bins: ``bit`` for each, written out, as most of a price is these."""
        fast, slow, uses, bits = self.adaptive.fast, self.adaptive.slow, self.adaptive.uses, self.bits
        for offset, value in bins:
            context = first + offset
            quick, steady, used = fast[context], slow[context], uses[context]
            if value:
                bits += COST_1[(quick + steady) >> 5]
                fast[context] = quick + ((65536 - quick) >> FAST_RATE[used])
                slow[context] = steady + ((65536 - steady) >> SLOW_RATE[used])
            else:
                bits += COST_0[(quick + steady) >> 5]
                fast[context] = quick - (quick >> FAST_RATE[used])
                slow[context] = steady - (steady >> SLOW_RATE[used])
            if used < MAX_USES:
                uses[context] = used + 1
        self.bits = bits

    def raw(self, value: int, count: int) -> None:
        """Adds ``count`` bits."""
        self.bits += count

    def bins(self, contexts: NDArray[np.int32], values: NDArray[np.uint8]) -> None:
        """Adds the costs of many bins and adapts their contexts."""
        from mtor_transcode.codec.counting import count_bins  # brings numba, which readers do without

        self.bits = count_bins(self.adaptive, contexts, values, self.bits)

    def try_out(self) -> None:
        """From here on, what changes can be undone."""
        self._kept = self.adaptive.fork()

    def undo(self) -> float:
        """Returns the bits since ``try_out`` and restores all contexts; the count goes back to 0."""
        if self._kept is not None:
            self.adaptive.restore(self._kept)
            self._kept = None
        return self.take()

    def take(self) -> float:
        """Returns the bits counted so far and starts again at 0."""
        bits, self.bits = self.bits, 0.0
        return bits


class RecordingWriter:
    """Remembers all bins, to be replayed to another writer or counted for training."""

    def __init__(self) -> None:
        self.recorded: list[tuple[int, int, int]] = []

    def bit(self, context: int, value: int) -> None:
        """Remembers a bin."""
        self.recorded.append((context, 1 if value else 0, 0))

    def several(self, first: int, bins: Bins) -> None:
        """Remembers a few bins."""
        self.recorded.extend((first + offset, value, 0) for offset, value in bins)

    def bins(self, contexts: NDArray[np.int32], values: NDArray[np.uint8]) -> None:
        """Remembers many bins."""
        self.recorded.extend(
            (context, value, 0) for context, value in zip(contexts.tolist(), values.tolist(), strict=True)
        )

    def raw(self, value: int, count: int) -> None:
        """Remembers raw bits."""
        self.recorded.append((-1, value, count))

    def replay(self, writer: Writer) -> None:
        """Sends all that was recorded to ``writer``."""
        for context, value, count in self.recorded:
            if context < 0:
                writer.raw(value, count)
            else:
                writer.bit(context, value)
