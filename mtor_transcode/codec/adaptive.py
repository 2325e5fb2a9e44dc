# SPDX-License-Identifier: Apache-2.0
"""Adaptive probabilities: two estimates for each context, a fast and a slow one, and their mean.

Both estimates are 16-bit numbers; after each bin they go a part ``2**-rate`` of the way to 0 or 65536. The
rates start at 1 and grow with the uses of the context (much as a Krichevsky-Trofimov estimate's would) up to
4 and 7. The coded probability of a 1 is the mean in 4096ths. Two rates are the method of VVC (H.266, clause
9.3.4.3.2.2); the numbers are our own.
"""

from __future__ import annotations

from array import array
from math import log2
from typing import Final

from mtor_transcode.codec.tables import MAX_USES, initial_states


def _rate(uses: int, last: int) -> int:
    """Shift after ``uses`` uses: 1, 2, 2, 3, 3, 3, 3, 4 ..., at most ``last``."""
    return min(last, (uses + 1).bit_length())


FAST_RATE: Final = tuple(_rate(n, 4) for n in range(MAX_USES + 1))
SLOW_RATE: Final = tuple(_rate(n, 7) for n in range(MAX_USES + 1))

COST_1: Final = tuple(-log2(max(p, 1) / 4096) for p in range(4096))
"""Bits of a 1 whose probability is p / 4096."""

COST_0: Final = tuple(-log2((4096 - p) / 4096) for p in range(4096))
"""Bits of a 0 where a 1 has probability p / 4096."""


class Adaptive:
    """The states of all contexts: three arrays indexed by the context's number.

    They are the standard library's: read one by one they are as fast as lists, kernels see them as buffers,
    and a copy of all takes a few microseconds.
    """

    __slots__ = ("fast", "slow", "uses")

    def __init__(self) -> None:
        probabilities, uses = initial_states()
        self.fast = array("H", probabilities)
        self.slow = array("H", probabilities)
        self.uses = array("B", uses)

    def fork(self) -> Adaptive:
        """An independent copy."""
        copy = object.__new__(Adaptive)
        copy.fast, copy.slow, copy.uses = self.fast[:], self.slow[:], self.uses[:]
        return copy

    def restore(self, kept: Adaptive) -> None:
        """Goes back to the states of a copy."""
        self.fast[:], self.slow[:], self.uses[:] = kept.fast, kept.slow, kept.uses
