# SPDX-License-Identifier: Apache-2.0
"""What each moment of a film costs.

A film tells its bytes by kind only as a whole. So it is written once more, to nowhere, by the codec's own
writer, and what each span adds is shared among its tokens by the price that the counting writer gives them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.model import FilmHeader, SceneStart, Span


@dataclass(frozen=True, slots=True)
class Cost:
    """Bytes by kind of the tokens at film tick ``at``."""

    at: int
    bytes: dict[str, float]


class _Nowhere(io.RawIOBase):
    """A stream that counts what is written and keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._length = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length

    def write(self, data: Any) -> int:
        length = memoryview(data).nbytes
        self._length += length
        return length


class SceneCosts:
    """Writes a film's scenes to nowhere, in order, and tells what was spent at each time."""

    def __init__(self, header: FilmHeader, series: SeriesDictionary | None) -> None:
        self._writer = FilmWriter(cast("BinaryIO", _Nowhere()), header, series)

    def begin(self, head: SceneStart) -> None:
        """Begins a scene."""
        self._writer.scene(head)

    def spend(self, span: Span) -> list[Cost]:
        """The costs of the scene's next span, by time; they sum to what the writer added to its file."""
        pricer = self._writer.pricer()
        bits: dict[int, float] = {}
        for token in span.tokens:
            bits[token.at] = bits.get(token.at, 0.0) + pricer.commit(token)
        before = dict(self._writer.bytes_by_kind)
        self._writer.span(span)
        added = {
            kind: after - before.get(kind, 0)
            for kind, after in self._writer.bytes_by_kind.items()
            if after != before.get(kind, 0)
        }
        total = sum(bits.values())
        if not total:
            return [Cost(span.start, {kind: float(amount) for kind, amount in added.items()})]
        return [
            Cost(at, {kind: amount * price / total for kind, amount in added.items()})
            for at, price in sorted(bits.items())
        ]
