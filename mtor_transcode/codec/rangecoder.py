# SPDX-License-Identifier: Apache-2.0
"""The binary range coder: bins and their probabilities to bytes and back.

A carrying range coder of 32 bits in the manner of LZMA (Martin 1979; Pavlov's LZMA specification), with
4096ths as probabilities and without LZMA's leading zero byte. Trailing zero bytes of a payload are not
written; the decoder implies them. All values fit 32 bits, products too.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.codec.adaptive import COST_0, COST_1, FAST_RATE, SLOW_RATE, Adaptive
from mtor_transcode.codec.contexts import KIND_OF, Kind
from mtor_transcode.codec.limits import MAX_TRIMMED
from mtor_transcode.codec.tables import MAX_USES
from mtor_transcode.codec.writers import Bins
from mtor_transcode.errors import FormatError

_TOP: Final = 1 << 24
_ALL: Final = 0xFFFFFFFF


class RangeWriter:
    """Writes bins to bytes. ``bits`` counts the cost by ``Kind``; raw bits are of the last context's kind."""

    def __init__(self, adaptive: Adaptive) -> None:
        self.adaptive = adaptive
        self.bits = [0.0] * len(Kind)
        self._kind = Kind.MOTION
        self._out = bytearray()
        self._low = 0
        self._range = _ALL

    def bit(self, context: int, value: int) -> None:
        """Writes one bin and adapts its context."""
        adaptive = self.adaptive
        fast, slow, uses = adaptive.fast[context], adaptive.slow[context], adaptive.uses[context]
        p = (fast + slow) >> 5
        bound = (self._range >> 12) * p
        kind = self._kind = KIND_OF[context]
        if value:
            self.bits[kind] += COST_1[p]
            adaptive.fast[context] = fast + ((65536 - fast) >> FAST_RATE[uses])
            adaptive.slow[context] = slow + ((65536 - slow) >> SLOW_RATE[uses])
            self._range = bound
        else:
            self.bits[kind] += COST_0[p]
            adaptive.fast[context] = fast - (fast >> FAST_RATE[uses])
            adaptive.slow[context] = slow - (slow >> SLOW_RATE[uses])
            self._low += bound
            self._range -= bound
        if uses < MAX_USES:
            adaptive.uses[context] = uses + 1
        if self._range < _TOP:
            self._normalise()

    def several(self, first: int, bins: Bins) -> None:
        """Writes a few bins."""
        for offset, value in bins:
            self.bit(first + offset, value)

    def bins(self, contexts: NDArray[np.int32], values: NDArray[np.uint8]) -> None:
        """Writes many bins."""
        from mtor_transcode.codec.counting import code_bins  # brings numba, which readers do without

        if len(contexts) == 0:
            return
        coder = self._low, self._range
        data, carried, (self._low, self._range) = code_bins(self.adaptive, contexts, values, coder, self.bits)
        for _ in range(carried):
            self._carry()
        self._out += data
        self._kind = KIND_OF[contexts[-1]]

    def raw(self, value: int, count: int) -> None:
        """Writes ``count`` (at most 16) equally likely bits."""
        self.bits[self._kind] += count
        self._range >>= count
        self._low += value * self._range
        self._normalise()

    def _normalise(self) -> None:
        if self._low > _ALL:
            self._low &= _ALL
            self._carry()
        while self._range < _TOP:
            self._out.append(self._low >> 24)
            self._low = (self._low & (_TOP - 1)) << 8
            self._range <<= 8

    def _carry(self) -> None:
        place = len(self._out) - 1
        while self._out[place] == 0xFF:
            self._out[place] = 0
            place -= 1
        self._out[place] += 1

    def finish(self) -> bytes:
        """Returns the bytes: the shortest that lead to these bins when zeros follow."""
        last = self._low + self._range - 1
        for zeros in range(32, -1, -1):
            chosen = (self._low + (1 << zeros) - 1) >> zeros << zeros
            if chosen <= last:
                break
        self._low = chosen
        if self._low > _ALL:
            self._low &= _ALL
            self._carry()
        self._out += self._low.to_bytes(4, "big")
        kept = len(self._out.rstrip(b"\0"))
        return bytes(self._out[: max(kept, len(self._out) - MAX_TRIMMED)])


class RangeReader:
    """Reads the bins of ``data``; ``where`` names it in errors. Some bytes past the end are zeros."""

    def __init__(self, data: bytes, adaptive: Adaptive, where: str = "") -> None:
        self.adaptive = adaptive
        self.where = where
        self._data = data + bytes(MAX_TRIMMED + 8)
        self._place = 4
        self._range = _ALL
        self._code = int.from_bytes(self._data[:4], "big")
        if self._code == _ALL:
            raise self.damaged()

    def damaged(self, what: str = "the entropy-coded data is damaged") -> FormatError:
        """Returns the error to raise for impossible data."""
        return FormatError(what, where=self.where, remedy="the file is damaged; fetch or transcode it again")

    @property
    def past_end(self) -> bool:
        """Whether what was read may depend on bytes after the end of the data."""
        return self._place > len(self._data) - MAX_TRIMMED - 8

    def bit(self, context: int) -> int:
        """Reads one bin and adapts its context."""
        adaptive = self.adaptive
        fast, slow, uses = adaptive.fast[context], adaptive.slow[context], adaptive.uses[context]
        bound = (self._range >> 12) * ((fast + slow) >> 5)
        if self._code < bound:
            value = 1
            adaptive.fast[context] = fast + ((65536 - fast) >> FAST_RATE[uses])
            adaptive.slow[context] = slow + ((65536 - slow) >> SLOW_RATE[uses])
            self._range = bound
        else:
            value = 0
            adaptive.fast[context] = fast - (fast >> FAST_RATE[uses])
            adaptive.slow[context] = slow - (slow >> SLOW_RATE[uses])
            self._code -= bound
            self._range -= bound
        if uses < MAX_USES:
            adaptive.uses[context] = uses + 1
        if self._range < _TOP:
            self._normalise()
        return value

    def raw(self, count: int) -> int:
        """Reads ``count`` (at most 16) equally likely bits."""
        self._range >>= count
        value = self._code // self._range
        if value >> count:
            raise self.damaged()
        self._code -= value * self._range
        self._normalise()
        return value

    def _normalise(self) -> None:
        while self._range < _TOP:
            if self._place >= len(self._data):
                raise self.damaged("the entropy-coded data ends too early")
            self._code = (self._code << 8) | self._data[self._place]
            self._range <<= 8
            self._place += 1


class CountingReader(RangeReader):
    """A range reader that counts the cost of what it reads in ``bits``, exactly as ``RangeWriter`` does."""

    def __init__(self, data: bytes, adaptive: Adaptive, where: str = "") -> None:
        super().__init__(data, adaptive, where)
        self.bits = [0.0] * len(Kind)
        self._kind = Kind.MOTION

    def bit(self, context: int) -> int:
        """Reads one bin, adapts its context, counts."""
        p = (self.adaptive.fast[context] + self.adaptive.slow[context]) >> 5
        value = super().bit(context)
        kind = self._kind = KIND_OF[context]
        self.bits[kind] += COST_1[p] if value else COST_0[p]
        return value

    def raw(self, count: int) -> int:
        """Reads equally likely bits, counts."""
        self.bits[self._kind] += count
        return super().raw(count)
