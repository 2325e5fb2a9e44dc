# SPDX-License-Identifier: Apache-2.0
"""Many bins at once, in kernels: what ``CountingWriter.bit`` and ``RangeWriter.bit`` do, to the last bit."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.codec.adaptive import COST_0, COST_1, FAST_RATE, SLOW_RATE, Adaptive
from mtor_transcode.codec.contexts import KIND_OF
from mtor_transcode.codec.tables import MAX_USES

_COSTS: Final = np.array((COST_0, COST_1))
_RATES: Final = np.array((FAST_RATE, SLOW_RATE))
_KINDS: Final = np.array(KIND_OF, dtype=np.uint8)


def count_bins(
    adaptive: Adaptive, contexts: NDArray[np.int32], values: NDArray[np.uint8], bits: float
) -> float:
    """Returns ``bits`` and what the bins cost; adapts their contexts."""
    return float(_counted(*_states(adaptive), contexts, values, bits, _COSTS, _RATES))


def code_bins(
    adaptive: Adaptive,
    contexts: NDArray[np.int32],
    values: NDArray[np.uint8],
    coder: tuple[int, int],
    bits: list[float],
) -> tuple[bytes, int, tuple[int, int]]:
    """Returns the range coder's bytes for bins, how often 1 is carried into those before, and the coder.

    ``coder`` is its low end and its range, which is at least 2**24. Adapts the contexts; adds to ``bits``
    what each kind costs.
    """
    counted = np.array(bits)
    states = _states(adaptive)
    out, carried, low, width = _coded(*states, contexts, values, *coder, counted, _COSTS, _RATES, _KINDS)
    bits[:] = counted.tolist()
    return out.tobytes(), carried, (low, width)


def _states(adaptive: Adaptive) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint8]]:
    """The states of all contexts, as the kernels see and change them."""
    fast = np.frombuffer(adaptive.fast, dtype=np.uint16)
    slow = np.frombuffer(adaptive.slow, dtype=np.uint16)
    return fast, slow, np.frombuffer(adaptive.uses, dtype=np.uint8)


@njit(cache=True, nogil=True)
def _adapt(fast, slow, uses, context, value, rates):  # type: ignore[no-untyped-def]
    quick, steady, used = np.int64(fast[context]), np.int64(slow[context]), uses[context]
    if value:
        fast[context] = quick + ((65536 - quick) >> rates[0, used])
        slow[context] = steady + ((65536 - steady) >> rates[1, used])
    else:
        fast[context] = quick - (quick >> rates[0, used])
        slow[context] = steady - (steady >> rates[1, used])
    if used < MAX_USES:
        uses[context] = used + 1


@njit(cache=True, nogil=True)
def _counted(fast, slow, uses, contexts, values, bits, costs, rates):  # type: ignore[no-untyped-def]
    for place in range(len(contexts)):
        context = contexts[place]
        bits += costs[values[place], (np.int64(fast[context]) + np.int64(slow[context])) >> 5]
        _adapt(fast, slow, uses, context, values[place], rates)
    return bits


@njit(cache=True, nogil=True)
def _coded(  # type: ignore[no-untyped-def]
    fast, slow, uses, contexts, values, low, width, bits, costs, rates, kinds
):
    out = np.empty(2 * len(contexts), dtype=np.uint8)  # A bin takes 12 bits at most.
    count = carried = 0
    for place in range(len(contexts)):
        context, value = contexts[place], values[place]
        p = (np.int64(fast[context]) + np.int64(slow[context])) >> 5
        bits[kinds[context]] += costs[value, p]
        _adapt(fast, slow, uses, context, value, rates)
        bound = (width >> 12) * p
        if value:
            width = bound
        else:
            low += bound
            width -= bound
        if width >= 1 << 24:
            continue
        if low > 0xFFFFFFFF:
            low &= 0xFFFFFFFF
            at = count - 1
            while at >= 0 and out[at] == 0xFF:
                out[at] = 0
                at -= 1
            if at >= 0:
                out[at] += 1
            else:
                carried += 1
        while width < 1 << 24:
            out[count] = low >> 24
            count += 1
            low = (low & ((1 << 24) - 1)) << 8
            width <<= 8
    return out[:count], carried, low, width
