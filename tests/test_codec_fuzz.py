# SPDX-License-Identifier: Apache-2.0
"""Damaged and hostile files: only MtorError, in bounded time and memory."""

from __future__ import annotations

import io
import random
import resource
import time
from binascii import crc_hqx
from contextlib import suppress

import pytest
from busy_films import busy_film, read_all
from memory_films import write_film

from mtor_transcode.codec.container import MAGIC, SectionKind, SectionReader
from mtor_transcode.codec.fields import varint
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.errors import FormatError, MtorError

MUTATIONS = 2000
SLOWEST = 6.0
"""Seconds that a mutated file of some kB may take (a whole one takes a tenth of a second)."""
MOST_GROWTH = 300_000
"""KiB by which the process may grow."""


def section(kind: int, payload: bytes) -> bytes:
    head = bytes([kind]) + varint(len(payload))
    return head + payload + crc_hqx(head + payload, 0xFFFF).to_bytes(2, "big")


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to four flips, cuts, splices, runs of zeros."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(max(1, len(made)))
        kind = chance.randrange(5)
        if kind == 0 and made:
            made[place % len(made)] ^= 1 << chance.randrange(8)
        elif kind == 1 and made:
            made[place % len(made)] = chance.randrange(256)
        elif kind == 2:
            del made[place : place + chance.randint(1, 40)]
        elif kind == 3:
            start = chance.randrange(len(data))
            made[place:place] = data[start : start + chance.randint(1, 60)]
        else:
            count = chance.randint(1, 30)
            made[place : place + count] = bytes([chance.choice([0, 255])]) * count
    return bytes(made)


def mutated_inside(data: bytes, chance: random.Random) -> bytes:
    """Payloads mutated, with lengths and checksums made right again, so that all decoders see them."""
    sections = SectionReader(io.BytesIO(data), "")
    made = bytearray(data[: len(MAGIC) + 1])
    found = sections.scan().sections
    victims = set(chance.sample(range(len(found)), chance.randint(1, 3)))
    for number, part in enumerate(found):
        payload = sections.payload(part)
        made += section(part.kind, mutated(payload, chance) if number in victims else payload)
    return bytes(made)


@pytest.fixture(scope="module")
def film() -> bytes:
    return write_film(busy_film(2))[0]


@pytest.mark.parametrize("mutate", [mutated, mutated_inside])
def test_mutations(film: bytes, mutate: object) -> None:
    """2,000 mutations in all; those with right checksums reach the entropy decoder."""
    assert callable(mutate)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = slowest = 0.0
    for seed in range(MUTATIONS // 2):
        data = mutate(film, random.Random(seed))
        start = time.process_time()
        with suppress(MtorError):
            read_all(data)
            refused -= 1
        refused += 1
        slowest = max(slowest, time.process_time() - start)
    assert slowest < SLOWEST
    assert refused > MUTATIONS / 8
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"MT", "not an MTOR file"),
        (b"RIFF....WEBP", "not an MTOR file"),
        (b"MTOR", "before its header"),
        (b"MTOR\x02", "before its header"),
        (b"MTOR\x00" + section(1, b""), "version 0 of the format, which is read no more"),
        (b"MTOR\x01" + section(1, b""), "version 1 of the format, which is read no more"),
        (b"MTOR\x03" + section(1, b""), "version 3 of the format, this program reads version 2"),
        (b"MTOR\x02" + section(2, b"\0\0"), "header is missing"),
        (b"MTOR\x02" + section(1, b""), "ends inside a header"),
        (b"MTOR\x02" + section(1, b"\x07\0\0\1\1"), "no size"),
        (b"MTOR\x02" + section(1, b"\x07\5\5\0\1"), "time base"),
        (b"MTOR\x02" + section(1, b"\x07\5\5\1\x19") + section(33, b""), "unknown section kind 33"),
        (b"MTOR\x02" + section(1, b"\x07\5\5\1\x19") + section(4, b"\1"), "belongs to no scene"),
        (b"MTOR\x02" + section(1, b"\x07\5\5\1\x19") + b"\x02\xff\xff\xff\x7f", "length of the section"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        FilmReader(io.BytesIO(data), "film.mtor")
    assert str(caught.value).startswith("film.mtor")


def test_unknown_sections_are_skipped_if_they_may_be(film: bytes) -> None:
    extra = section(0x40 | 9, b"of a later version")
    place = SectionReader(io.BytesIO(film), "").scan().sections[0].end
    with pytest.raises(FormatError, match="index does not fit"):
        FilmReader(io.BytesIO(film[:place] + extra + film[place:]))
    end = SectionReader(io.BytesIO(film), "").scan().sections[-1].offset
    reader = FilmReader(io.BytesIO(film[:end] + extra + film[end:]))
    assert not reader.truncated
    assert len(reader.heads()) == 2


def test_bytes_after_the_end_are_refused(film: bytes) -> None:
    with pytest.raises(FormatError, match="follow the index"):
        FilmReader(io.BytesIO(film + b"x" * 5))


@pytest.mark.parametrize("byte", [0, 255, 0x55])
@pytest.mark.parametrize("kind", [SectionKind.DICT, SectionKind.SPAN])
def test_floods_are_bounded(film: bytes, byte: int, kind: SectionKind) -> None:
    """100 kB of anything in a section: refused, or read in seconds."""
    sections = SectionReader(io.BytesIO(film), "")
    made = bytearray(film[: len(MAGIC) + 1])
    for part in sections.scan().sections:
        payload = sections.payload(part)
        if part.kind == kind:
            start = b"\0" + varint(1 << 15) if kind == SectionKind.DICT else payload[:1]
            payload = start + bytes([byte]) * 100_000
        made += section(part.kind, payload)
    begun = time.process_time()
    with pytest.raises(MtorError):
        read_all(bytes(made))
    assert time.process_time() - begun < SLOWEST
