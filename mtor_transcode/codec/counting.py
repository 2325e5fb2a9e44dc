# SPDX-License-Identifier: Apache-2.0
"""Many bins counted at once: what ``CountingWriter.bit`` does, in a kernel, to the last bit of the sum."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.codec.adaptive import COST_0, COST_1, FAST_RATE, SLOW_RATE, Adaptive
from mtor_transcode.codec.tables import MAX_USES

_COSTS: Final = np.array((COST_0, COST_1))
_RATES: Final = np.array((FAST_RATE, SLOW_RATE))


def count_bins(
    adaptive: Adaptive, contexts: NDArray[np.int32], values: NDArray[np.uint8], bits: float
) -> float:
    """Returns ``bits`` and what the bins cost; adapts their contexts."""
    fast = np.frombuffer(adaptive.fast, dtype=np.uint16)
    slow = np.frombuffer(adaptive.slow, dtype=np.uint16)
    uses = np.frombuffer(adaptive.uses, dtype=np.uint8)
    return float(_counted(fast, slow, uses, contexts, values, bits, _COSTS, _RATES))


@njit(cache=True, nogil=True)
def _counted(fast, slow, uses, contexts, values, bits, costs, rates):  # type: ignore[no-untyped-def]
    for place in range(len(contexts)):
        context = contexts[place]
        quick, steady, used = np.int64(fast[context]), np.int64(slow[context]), uses[context]
        bits += costs[values[place], (quick + steady) >> 5]
        if values[place]:
            fast[context] = quick + ((65536 - quick) >> rates[0, used])
            slow[context] = steady + ((65536 - steady) >> rates[1, used])
        else:
            fast[context] = quick - (quick >> rates[0, used])
            slow[context] = steady - (steady >> rates[1, used])
        if used < MAX_USES:
            uses[context] = used + 1
    return bits
