# SPDX-License-Identifier: Apache-2.0
"""Sealed films: only recipients read them, every flip is found, nothing is told that was not made public."""

from __future__ import annotations

import io
import json
import random
from contextlib import suppress
from pathlib import Path

import pytest
from cli_run import DONE, FAILED, WRONG_USE, assert_one_line
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_films import Run, in_packets, plain, sign
from signed_films import run as run  # noqa: PLC0414 - a fixture
from test_codec_fuzz import mutated

from mtor_transcode import api
from mtor_transcode.api.sealing import seal_bytes, unseal_bytes
from mtor_transcode.api.signing import verify_bytes
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.signing import section_starts
from mtor_transcode.errors import FormatError, MtorError, TrustError, UsageError
from mtor_transcode.trust.keys import PrivateKey, PublicKey
from mtor_transcode.trust.sealed import (
    NO_START,
    Preamble,
    new_preamble,
    open_film,
    parse_preamble,
    seal_film,
    unlock,
)

SAMPLES = Path(__file__).parents[1] / "samples"
SMALL = (SAMPLES / "motion.mtor").read_bytes()


def sealing_key(seed: int) -> PrivateKey:
    return PrivateKey("sealing", X25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


MINE, YOURS, FOREIGN = sealing_key(1), sealing_key(2), sealing_key(3)
BOTH = [MINE.public, YOURS.public]


@pytest.mark.parametrize("data", [SMALL, sign(SMALL), sign(plain()), in_packets()])
@pytest.mark.parametrize("hidden", [False, True])
def test_each_recipient_opens_what_was_sealed_and_nobody_else(data: bytes, hidden: bool) -> None:
    sealed = seal_bytes(data, BOTH, title="A title – é", hidden=hidden)
    for key in (MINE, YOURS):
        assert unseal_bytes(sealed, key) == ("A title – é", data)
    with pytest.raises(TrustError, match=f"not sealed to key {FOREIGN.public.id.hex()}"):
        unseal_bytes(sealed, FOREIGN)
    assert (MINE.public.id in sealed) != hidden


@given(
    st.binary(max_size=3000),
    st.integers(64, 700),
    st.text(max_size=20),
    st.lists(st.integers(0, 2999), max_size=20),
)
@settings(max_examples=50)
def test_any_bytes_come_back_with_pointers_to_where_sections_start(
    film: bytes, box: int, title: str, places: list[int]
) -> None:
    starts = sorted({place for place in places if place < len(film)})
    preamble, boxes = new_preamble(
        BOTH, box=box, title=title, hidden=False, name="film", content_key=bytes(16)
    )
    sealed = seal_film(film, starts, preamble, boxes)
    read, place = parse_preamble(sealed, "film")
    assert read == preamble
    assert (len(sealed) - place) % box == 0
    assert open_film(sealed, YOURS, "film") == (preamble, film)
    opened = unlock(read, MINE, "film")
    for number in range((len(sealed) - place) // box):
        last = place + (number + 1) * box == len(sealed)
        pointer, piece = opened.open(number, last, sealed[place + number * box : place + (number + 1) * box])
        at = number * read.content
        assert film[at : at + len(piece)] == piece
        inside = [start - at for start in starts if at <= start < at + read.content]
        assert pointer == (inside[0] if inside else None)
    assert read.content < NO_START


def test_every_flipped_bit_is_found_by_every_recipient() -> None:
    sealed = seal_bytes(SMALL, BOTH, title="t")
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        for key in (MINE, YOURS):
            with pytest.raises(TrustError):
                open_film(bytes(flipped), key, "film")


def test_boxes_swapped_dropped_doubled_or_of_another_film_are_refused() -> None:
    sealed, other = (seal_bytes(plain(), BOTH, title="t") for _ in range(2))
    assert sealed != other
    preamble, place = parse_preamble(sealed, "film")
    boxes = [sealed[at : at + preamble.box] for at in range(place, len(sealed), preamble.box)]
    strange = other[place : place + preamble.box]
    orders = (
        [boxes[1], boxes[0], *boxes[2:]],
        boxes[1:],
        boxes[:-1],
        [boxes[0], *boxes],
        [*boxes, boxes[-1]],
        [strange, *boxes[1:]],
        [],
    )
    for order in orders:
        with pytest.raises(TrustError):
            open_film(sealed[:place] + b"".join(order), MINE, "film")
    with pytest.raises(TrustError, match="cut"):
        open_film(sealed[:-1], MINE, "film")


def test_a_film_cut_where_a_piece_looks_like_its_end_is_refused() -> None:
    """The padding does not tell: that a box is the last is sealed with it."""
    preamble, boxes = new_preamble(BOTH, box=64, title="", hidden=False, name="", content_key=bytes(16))
    sealed = seal_film(3 * preamble.content * b"\x80", [0], preamble, boxes)
    for dropped in (1, 2, 3):
        with pytest.raises(TrustError, match="not as it was sealed"):
            open_film(sealed[: -dropped * preamble.box], MINE, "film")


def test_another_title_or_another_list_of_recipients_is_refused() -> None:
    sealed = seal_bytes(SMALL, BOTH, title="one")
    preamble, place = parse_preamble(sealed, "film")
    more = Preamble(preamble.box, preamble.title, preamble.slots[:1], preamble.commitment)
    with pytest.raises(TrustError, match="preamble was altered"):
        open_film(more.pack() + sealed[place:], MINE, "film")
    renamed = Preamble(preamble.box, "two", preamble.slots, preamble.commitment)
    with pytest.raises(TrustError, match="altered"):
        open_film(renamed.pack() + sealed[place:], MINE, "film")


def test_sealed_films_tell_no_more_than_their_size_in_boxes() -> None:
    film = sign(plain())
    preamble, place = parse_preamble(seal_bytes(film, BOTH, hidden=True), "film")
    for other in (film + bytes(preamble.content - len(film) % preamble.content - 1), bytes(len(film))):
        made, boxes = new_preamble(BOTH, box=1024, title="", hidden=True, name="", content_key=bytes(16))
        assert len(seal_film(other, [0], made, boxes)) == len(seal_bytes(film, BOTH, hidden=True))
    sealed = seal_bytes(film, BOTH, hidden=True)
    assert all(film[at : at + 8] not in sealed[place:] for at in range(0, len(film) - 8, 8))
    assert place == 9 + 2 + 2 * 72 + 16


def test_sections_are_found_again_after_boxes_were_lost() -> None:
    film = in_packets()
    starts, _ = section_starts(io.BytesIO(film), "film")
    sealed = seal_bytes(film, BOTH)
    preamble, place = parse_preamble(sealed, "film")
    boxes = unlock(preamble, MINE, "film")
    count = (len(sealed) - place) // preamble.box
    for number in range(1, count, 2):
        box = sealed[place + number * preamble.box : place + (number + 1) * preamble.box]
        pointer, _ = boxes.open(number, number == count - 1, box)
        assert pointer is None or number * preamble.content + pointer in starts


@pytest.mark.parametrize("data", [plain(), in_packets()])
def test_sealing_takes_few_bytes(data: bytes) -> None:
    sealed = seal_bytes(data, [MINE.public])
    preamble, place = parse_preamble(sealed, "film")
    assert place == 9 + 2 + 72 + 16
    assert len(sealed) - place <= (1 + 18 / preamble.content) * len(data) + preamble.box


def test_a_sealed_signed_film_is_still_signed_inside() -> None:
    from signed_films import KEY

    _, film = unseal_bytes(seal_bytes(sign(plain()), BOTH), MINE)
    assert verify_bytes(film, [KEY.public]).signatures > 1


def test_hostile_sealed_films_make_no_other_errors() -> None:
    sealed = seal_bytes(SMALL, BOTH, title="t")
    chance = random.Random(9)
    for _ in range(400):
        with suppress(MtorError):
            made = mutated(sealed, chance)
            assert made == sealed or unseal_bytes(made, MINE) is None


def test_what_was_sealed_has_to_be_a_film() -> None:
    made, boxes = new_preamble(BOTH, box=64, title="", hidden=False, name="", content_key=bytes(16))
    with pytest.raises(FormatError, match="what was sealed is no film"):
        unseal_bytes(seal_film(b"no film", [], made, boxes), MINE)


def test_what_no_preamble_can_say_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="title"):
        seal_bytes(SMALL, BOTH, title="é" * 513)
    with pytest.raises(UsageError, match="title: is not Unicode"):
        seal_bytes(SMALL, BOTH, title="\udcff")
    with pytest.raises(UsageError, match="recipients"):
        seal_bytes(SMALL, [])


def test_a_key_of_small_order_seals_nothing() -> None:
    for raw in (bytes(32), bytes([1]) + bytes(31)):
        with pytest.raises(TrustError, match="seals nothing"):
            seal_bytes(SMALL, [MINE.public, PublicKey("sealing", raw)])


def test_readers_say_that_a_film_is_sealed() -> None:
    with pytest.raises(FormatError, match=r"sealed.*mtor unseal"):
        FilmReader(io.BytesIO(seal_bytes(SMALL, BOTH)), "film.mtor")


def test_the_commands_seal_and_unseal(tmp_path: Path, run: Run) -> None:
    film, sealed, back = SAMPLES / "cut.mtor", tmp_path / "cut.mtors", tmp_path / "cut.mtor"
    for name in ("mine", "yours"):
        api.new_keys(tmp_path / name, sealing=True)
    api.new_keys(tmp_path / "signer")
    done = run("seal", film, "-o", sealed, "--to", tmp_path / "mine.pub", "--title", "Cut", "--json")
    assert done.returncode == DONE
    assert json.loads(done.stdout)["added_bytes"] == sealed.stat().st_size - film.stat().st_size
    assert parse_preamble(sealed.read_bytes(), "cut")[0].title == "Cut"
    assert run("unseal", sealed, "-o", back, "--key", tmp_path / "mine.key").returncode == DONE
    assert back.read_bytes() == film.read_bytes()
    gone = tmp_path / "none.mtor"
    assert_one_line(
        run("unseal", sealed, "-o", gone, "--key", tmp_path / "yours.key"), FAILED, "not sealed to key"
    )
    assert_one_line(
        run("unseal", film, "-o", gone, "--key", tmp_path / "mine.key"), FAILED, "not a sealed film"
    )
    assert_one_line(run("seal", film, "-o", gone, "--to", tmp_path / "signer.pub"), FAILED, "for signing")
    assert_one_line(run("seal", film, "-o", gone), WRONG_USE, "--to")
    assert_one_line(run("inspect", sealed), FAILED, "is sealed", "mtor unseal")
    assert not gone.exists()
