# SPDX-License-Identifier: Apache-2.0
"""Series dictionaries: outlines that the films of a series share, in a file named by its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.checks import check_outline
from mtor_transcode.codec.container import VERSION, SectionKind, sealed, unsealed
from mtor_transcode.codec.dictionary import NewOutlines
from mtor_transcode.codec.dictionary_reader import dictionary_plain, read_outlines
from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.limits import MAX_SECTION_NODES, MAX_SECTION_OUTLINES, NODES_PER_BYTE
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import Outline

SERIES_MAGIC: Final = b"MTOD"


@dataclass(frozen=True, eq=False)
class SeriesDictionary:
    """``outlines`` by their ids, 0 first; ``data`` is the whole file, whose SHA-256 is its name."""

    outlines: tuple[Outline, ...]
    data: bytes

    @cached_property
    def digest(self) -> bytes:
        """The SHA-256 of the file, 32 bytes: films name the dictionary by it."""
        return sha256(self.data).digest()


FindSeries = Callable[[bytes], SeriesDictionary]
"""Finds the dictionary of a hash; raises MtorError if it cannot be had."""


def make_series(outlines: Iterable[Outline]) -> SeriesDictionary:
    """Returns the dictionary of these outlines, each once, in this order.

    What films use most should come last: ids nearer to a film's own outlines cost fewer bits. Raises
    UsageError if there are none or too many.
    """
    new = NewOutlines(0)
    adaptive = Adaptive()
    writer = RangeWriter(adaptive)
    nodes = 0
    for outline in outlines:
        if outline in new.ids:
            continue
        check_outline(outline)
        nodes += outline.node_count
        new.write(writer, adaptive, outline, None)
        new.add(outline)
    count = new.next_id
    if not 0 < count <= MAX_SECTION_OUTLINES or nodes > MAX_SECTION_NODES:
        raise UsageError(
            f"a dictionary of {count} outlines with {nodes} nodes cannot be made",
            remedy=f"at most {MAX_SECTION_OUTLINES} with {MAX_SECTION_NODES}; raise --least-uses",
        )
    coded = writer.finish()
    coded += bytes(max(0, -(-nodes // NODES_PER_BYTE) - len(coded)))
    data = SERIES_MAGIC + bytes([VERSION]) + sealed(SectionKind.DICT, varint(0) + varint(count) + coded)
    return SeriesDictionary(tuple(new.section.outlines), data)


def read_series(data: bytes, name: str) -> SeriesDictionary:
    """Returns the dictionary in a file's bytes; ``name`` stands for it in errors. Raises FormatError."""
    start = len(SERIES_MAGIC) + 1
    if data[: len(SERIES_MAGIC)] != SERIES_MAGIC:
        raise FormatError("not a series dictionary", where=name, remedy="give a file made by mtor dict build")
    if data[start - 1 : start] != bytes([VERSION]):
        raise FormatError(
            "made for another version of the format", where=name, remedy="install a newer mtor_transcode"
        )
    payload = Payload(unsealed(SectionKind.DICT, data[start:], name), name)
    first, count = dictionary_plain(payload)
    if first or not count:
        raise payload.damaged(f"{count} outlines from {first} on")
    coded = payload.rest()
    outlines = read_outlines(RangeReader(coded, Adaptive(), name), count, len(coded))
    if len(set(outlines)) < count:
        raise payload.damaged("an outline stands twice")
    return SeriesDictionary(tuple(outlines), data)


def always(series: SeriesDictionary | None) -> FindSeries | None:
    """Returns what finds this one, whichever is asked for; None if there is none."""
    return None if series is None else lambda _: series


def missing_series(digest: bytes) -> SeriesDictionary:
    """Raises the error of a film whose dictionary nobody gave."""
    raise FormatError(
        f"needs the series dictionary {digest.hex()[:16]}",
        where="series dictionary",
        remedy="name it with --dictionary, or put it beside the film",
    )


def wrong_series(digest: bytes, where: str) -> FormatError:
    """Returns the error of a film that needs another dictionary than the one given."""
    return FormatError(
        f"needs the series dictionary {digest.hex()[:16]}, not the one given",
        where=where,
        remedy="give the one it was made with",
    )
