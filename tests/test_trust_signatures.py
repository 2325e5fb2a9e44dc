# SPDX-License-Identifier: Apache-2.0
"""Signatures: every flip is found, nothing is moved, added, dropped or taken from elsewhere; the price."""

from __future__ import annotations

import io
import random
from binascii import crc_hqx
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_films import KEY, OTHER, in_packets, numbered, opened, parts_of, plain, sign, signatures
from test_codec_fuzz import mutated

from mtor_transcode.api.signing import sign_bytes, verify_bytes
from mtor_transcode.codec.container import MAGIC, VERSION, SectionKind, SectionReader, sealed
from mtor_transcode.codec.fields import varint
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.signing import Parts, without_signatures
from mtor_transcode.errors import FormatError, MtorError, TrustError, UsageError
from mtor_transcode.trust import guard as guard_module
from mtor_transcode.trust.film import check
from mtor_transcode.trust.guard import Guard
from mtor_transcode.trust.keys import PublicKey
from mtor_transcode.trust.leaves import REPAIR, SIGNATURE, film_id, leaf
from mtor_transcode.trust.manifest import HASHES, Manifest, parse
from mtor_transcode.trust.plan import Part, plan
from mtor_transcode.trust.signer import sign_manifest

SAMPLES = Path(__file__).parents[1] / "samples"
SMALL = (SAMPLES / "motion.mtor").read_bytes()
TRUSTED = [KEY.public]


def together(parts: Parts) -> bytes:
    """A file of these sections, whatever they are; the index is not mended."""
    body = b"".join(sealed(kind, payload) for kind, payload in parts)
    last = len(sealed(*parts[-1])) if parts[-1][0] == SectionKind.INDEX else 0
    return MAGIC + bytes([VERSION]) + body + (last.to_bytes(3, "big") if last else b"")


def refused(data: bytes) -> str:
    with pytest.raises((TrustError, FormatError)) as error:
        verify_bytes(data, TRUSTED)
    return str(error.value)


@st.composite
def manifest_values(draw: st.DrawFn) -> Manifest:
    size = draw(st.sampled_from(HASHES))
    blank = st.binary(min_size=size, max_size=size)
    runs = tuple(draw(st.lists(st.integers(0, 255), max_size=20)))
    runs = runs if any(runs) else ()
    hashes = tuple(draw(blank) for run in runs if run)
    repairs = draw(blank) if 0 in runs else b""
    opens = draw(st.booleans())
    first = 2 if opens else draw(st.integers(2, 2**24 - 1))
    key_id = draw(st.binary(min_size=8, max_size=8)) if opens else b""
    nonce = draw(st.binary(min_size=16, max_size=16)) if opens and draw(st.booleans()) else b""
    sections = sum(max(run, 1) for run in runs) or draw(st.integers(0 if opens else 1, 0xFFFF))
    return Manifest(first, sections, runs, hashes, repairs, key_id, nonce, draw(st.booleans()))


@given(manifest_values(), st.binary(min_size=64, max_size=64))
def test_manifests_come_back(made: Manifest, signature: bytes) -> None:
    assert parse(made.pack() + signature, "here") == (made, made.pack(), signature)
    assert made.size(len(made.hashes[0]) if made.hashes else 8) == len(made.pack()) + 64


@given(st.one_of(st.binary(max_size=300), manifest_values().map(Manifest.pack)), st.integers(0, 2**32))
def test_hostile_manifests_are_refused_or_what_they_say(data: bytes, seed: int) -> None:
    with suppress(TrustError):
        made, signed, signature = parse(mutated(data + bytes(64), random.Random(seed)), "here")
        assert made.pack() == signed
        assert len(signature) == 64


@pytest.mark.parametrize(
    "wrong",
    [
        Manifest(3, 1, key_id=bytes(8)),
        Manifest(1, 1, (1,), (bytes(8),)),
        Manifest(9, 1, (1,), (bytes(8),), nonce=bytes(16)),
        Manifest(9, 0),
        Manifest(9, 3, (2,), (bytes(8),)),
        Manifest(9, 1, (0,), (), bytes(8)),
    ],
    ids=["opens later", "signs the header", "nonce later", "signs nothing", "more than its runs", "no hash"],
)
def test_manifests_that_do_not_fit_together_are_refused(wrong: Manifest) -> None:
    with pytest.raises(TrustError, match="damaged"):
        parse(wrong.pack() + bytes(64), "here")


PARTS = st.builds(
    Part,
    st.sampled_from((3, 4, 10, REPAIR)),
    st.integers(3, 3000),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(PARTS, min_size=1))
def test_plans_cover_each_section_once(parts: list[Part]) -> None:
    parts = [Part(4, 12), *parts]
    plans = plan(parts)
    assert plans[0].first == 2
    assert all(other.first == one.end + 1 for one, other in pairwise(plans))
    assert plans[-1].end == 1 + len(parts) + len(plans)
    assert [each.last for each in plans] == [False] * (len(plans) - 1) + [True]
    assert all(any(each.runs) or (each.whole and len(plans) == 1) for each in plans)
    kinds = {number: part.kind for number, part in zip(_covered(plans), parts, strict=True)}
    mended = [number for each in plans for number in each.repair_numbers()]
    assert mended == [number for number, kind in kinds.items() if kind == REPAIR]


def _covered(plans: list[Manifest]) -> list[int]:
    return [number for each in plans for number in range(each.first, each.end)]


@pytest.mark.parametrize("data", [SMALL, plain(), in_packets()], ids=["small", "film", "packets"])
def test_signed_films_are_whole_and_play_in_readers_that_know_no_signatures(data: bytes) -> None:
    signed = sign(data)
    assert verify_bytes(signed, TRUSTED).key == KEY.public.id.hex()
    before, after = FilmReader(io.BytesIO(data)), FilmReader(io.BytesIO(signed))
    assert not after.truncated
    assert [after.scene(head.head.number) for head in after.heads()] == [
        before.scene(head.head.number) for head in before.heads()
    ]
    assert after.bytes_by_kind["signatures"] > 0
    assert sum(after.bytes_by_kind.values()) == len(signed)


@pytest.mark.parametrize("data", [SMALL, plain(), in_packets()], ids=["small", "film", "packets"])
def test_signing_is_repeatable_and_can_be_undone(data: bytes) -> None:
    signed = sign(data)
    assert sign(data) == signed
    assert together(without_signatures(parts_of(signed))) == data
    assert sign_bytes(signed, KEY, 12, replace=True)[0] == signed
    with pytest.raises(UsageError, match="signed already"):
        sign(signed)


def test_every_flipped_bit_of_a_small_film_is_found() -> None:
    signed = sign(SMALL)
    for bit in range(8 * len(signed)):
        flipped = bytearray(signed)
        flipped[bit // 8] ^= 1 << bit % 8
        assert refused(bytes(flipped)), bit


def test_every_flipped_bit_behind_right_checksums_is_found() -> None:
    parts = parts_of(sign(SMALL))
    for number, (kind, payload) in enumerate(parts):
        for bit in range(8 * len(payload)):
            flipped = bytearray(payload)
            flipped[bit // 8] ^= 1 << bit % 8
            assert refused(together([*parts[:number], (kind, bytes(flipped)), *parts[number + 1 :]])), (
                number,
                bit,
            )


@pytest.mark.parametrize("data", [plain(), in_packets()], ids=["film", "packets"])
def test_any_section_flipped_dropped_doubled_or_moved_is_found(data: bytes) -> None:
    parts = parts_of(sign(data))
    assert sum(kind == SIGNATURE for kind, _ in parts) > 1
    for number, (kind, payload) in enumerate(parts):
        before, after = parts[:number], parts[number + 1 :]
        assert refused(together([*before, (kind, payload[:-1] + bytes([payload[-1] ^ 1])), *after]))
        assert refused(together([*before, (kind, payload + b"\0"), *after]))
        if kind not in (SectionKind.HEADER, SIGNATURE, SectionKind.INDEX):
            assert refused(together([*before, (0x7F, payload), *after]))
            # Repairs are in no unit: one in a section's place must not stand for it.
            assert kind == REPAIR or refused(together([*before, (REPAIR, payload), *after]))
        assert refused(together([*before, *after]))
        if kind != SIGNATURE:
            assert refused(together([*before, (kind, payload), (kind, payload), *after]))
        if after and after[0] != (kind, payload) and SIGNATURE not in (kind, after[0][0]):
            assert refused(together([*before, after[0], (kind, payload), *after[1:]]))


def test_what_is_added_is_found_even_what_readers_skip() -> None:
    parts = parts_of(sign(plain()))
    for number in range(2, len(parts)):
        assert "not" in refused(together([*parts[:number], (0x7F, b"more"), *parts[number:]]))


def test_a_stripped_signature_a_cut_film_and_another_key_are_refused() -> None:
    signed = sign(plain())
    assert "is not signed" in refused(plain())
    assert "cut" in refused(signed[:-1])
    assert "by key" in refused(sign(plain(), OTHER))
    parts = parts_of(signed)
    assert "is not signed" in refused(together([part for part in parts if part[0] != SIGNATURE]))
    assert refused(together([part for at, part in enumerate(parts) if part[0] != SIGNATURE or at == 1]))
    forged = parts_of(sign(plain(), OTHER))[1][1]
    claims = forged[:6] + KEY.public.id + forged[14:]
    assert "altered" in refused(together([parts[0], (SIGNATURE, claims), *parts[2:]]))


def test_hashes_are_bound_to_film_place_and_kind() -> None:
    """So that who forges has to hit one hash, not any of a film's, let alone of all films."""
    film, other = (film_id(KEY.public.raw, bytes([at] * 16), b"header") for at in (0, 1))
    same = [leaf(film, 2, 4, b"tokens"), leaf(film, 3, 4, b"tokens"), leaf(film, 2, 3, b"tokens")]
    assert len({*same, leaf(other, 2, 4, b"tokens"), leaf(film, 2, 4, b"tokens\0")}) == 5
    ids = [film_id(key.public.raw, bytes(16), header) for key in (KEY, OTHER) for header in (b"one", b"two")]
    assert len(set(ids)) == 4


def with_swapped_signatures() -> Parts:
    parts = parts_of(sign(plain(60)))
    (one, _), (other, _) = signatures(parts)[1:3]
    parts[one], parts[other] = parts[other], parts[one]
    return parts


def with_a_longer_length() -> bytes:
    """A signed film in which a length has a zero in front, behind a right checksum."""
    signed = sign(plain())
    section = SectionReader(io.BytesIO(signed), "film").scan().sections[2]
    head = bytes([section.kind]) + varint(section.length)
    body = head[:-1] + bytes([head[-1] | 0x80, 0]) + signed[section.start : section.end - 2]
    body += crc_hqx(body, 0xFFFF).to_bytes(2, "big")
    return signed[: section.offset] + body + signed[section.end :]


def test_what_is_not_hashed_leaves_no_choice() -> None:
    """Both move what lies behind, and the signed index would no longer fit."""
    with pytest.raises(TrustError, match="order"):
        check(with_swapped_signatures(), TRUSTED, "film")
    assert "length" in refused(with_a_longer_length())


def test_a_film_that_lacks_its_last_signature_and_all_it_covers_is_refused() -> None:
    parts = parts_of(sign(plain()))
    last = signatures(parts)[-1][0]
    assert check(parts, TRUSTED, "film") == KEY.public
    with pytest.raises(TrustError, match="does not end"):
        check(parts[:last], TRUSTED, "film")


def test_a_scene_of_another_film_of_the_same_signer_is_refused() -> None:
    one, other = parts_of(sign(plain(16))), parts_of(sign(plain(17)))
    assert one[0] == other[0]
    guard = opened(one)
    with pytest.raises(TrustError, match="altered"):
        guard.signature(*signatures(other)[1])
    guard = opened(one)
    strange = [theirs for ours, theirs in zip(numbered(one), numbered(other), strict=False) if ours != theirs]
    shifted = [(number, *each[1:]) for number, each in enumerate(numbered(other)[3:], 2)]
    assert len(strange) > 1
    assert not any(_passes(guard, *each) for each in strange + shifted)


def _passes(guard: Guard, number: int, kind: int, payload: bytes) -> bool:
    with suppress(TrustError):
        guard.section(number, kind, payload)
    return guard.trusts(number)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_packets_late_twice_and_out_of_order_go_where_they_belong(chance: random.Random) -> None:
    parts = parts_of(sign(in_packets()))
    guard = opened(parts)
    events: list[tuple[int, ...] | tuple[int, int, bytes] | tuple[int, bytes]] = [*signatures(parts)]
    events += numbered(parts)
    events += chance.sample(events, 10)
    chance.shuffle(events)
    trusted: list[int] = []
    for event in events:
        take = guard.signature if len(event) == 2 else guard.section
        trusted += take(*event)  # type: ignore[operator]
    assert sorted(trusted) == [number for number, _, _ in numbered(parts)]


def test_a_foreign_or_transplanted_packet_is_refused_and_the_right_one_passes_after_it() -> None:
    parts, foreign = parts_of(sign(in_packets())), numbered(parts_of(sign(in_packets(3, 13))))
    guard = opened(parts)
    for each in signatures(parts):
        guard.signature(*each)
    alone = [each for each in numbered(parts) if each[1] == SectionKind.PACKET]
    strange = [each for each in foreign if each[1] == SectionKind.PACKET and each not in alone]
    assert strange
    for (number, kind, payload), (_, _, other) in pairwise(alone):
        for wrong in (other, payload + b"\0", strange[-1][2]):
            with pytest.raises(TrustError, match="not as signed"):
                guard.section(number, kind, wrong)
        assert guard.section(number, kind, payload) == (number,)
        assert guard.section(number, kind, payload) == ()
        with pytest.raises(TrustError, match="not the one"):
            guard.section(number, kind, other)


def test_sections_before_their_signature_wait_and_wrong_ones_may_come_again() -> None:
    parts = parts_of(sign(in_packets()))
    guard = opened(parts)
    where, late = signatures(parts)[-1]
    number, kind, payload = next(each for each in numbered(parts) if each[0] > where)
    assert guard.section(number, kind, payload + b"\0") == ()
    with pytest.raises(TrustError, match="not as signed"):
        guard.signature(where, late)
    assert not guard.trusts(number)
    assert guard.section(number, kind, payload) == (number,)


def test_a_guard_says_what_a_unit_lacks() -> None:
    parts = parts_of(sign(plain()))
    guard = opened(parts)
    found = parse(parts[1][1], "")[0]
    numbers = next(numbers for numbers, _ in found.units() if len(numbers) > 2)
    guard.section(numbers[1], *parts[numbers[1]])
    assert guard.lacks(numbers[1]) == [number for number in numbers if number != numbers[1]]
    trusted = [guard.section(number, *parts[number]) for number in guard.lacks(numbers[1])]
    assert trusted[-1] == tuple(numbers)
    assert guard.lacks(numbers[1]) == []
    assert guard.lacks(len(parts)) == []


def test_a_film_that_grows_is_signed_scene_by_scene_behind_them() -> None:
    header, *rest = parts_of(plain(3))
    film = film_id(KEY.public.raw, bytes(16), header[1])
    opener = Manifest(2, 0, key_id=KEY.public.id, nonce=bytes(16))
    parts = [header, (SIGNATURE, sign_manifest(film, opener, [], KEY, 12))]
    for at in range(0, len(rest), 4):
        first, some = len(parts), rest[at : at + 4]
        leaves = [leaf(film, number, *each) for number, each in enumerate(some, first)]
        made = Manifest(first, len(some), (len(some),), last=at + 4 >= len(rest))
        parts += [*some, (SIGNATURE, sign_manifest(film, made, leaves, KEY, 12))]
    assert check(parts, TRUSTED, "film") == KEY.public
    for number in range(2, len(parts)):
        with pytest.raises(TrustError):
            check([*parts[:number], *parts[number + 1 :]], TRUSTED, "film")


def test_a_guard_takes_only_places_that_a_film_has() -> None:
    guard = opened(parts_of(sign(plain())))
    for place in (-1, 1 << 24):
        with pytest.raises(TrustError, match="no section"):
            guard.section(place, 4, b"")


def test_sections_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends sections of a film that nobody signed does not fill the memory."""
    monkeypatch.setattr(guard_module, "MAX_HELD", 3)
    parts = parts_of(sign(plain()))
    guard = opened(parts)
    end = len(parts) + 9
    for number in range(end, end + 3):
        assert guard.section(number, 4, b"") == ()
    for number in range(end + 3, end + 6):
        with pytest.raises(TrustError, match="too many"):
            guard.section(number, 4, b"")
    number, kind, payload = numbered(parts)[0]
    with pytest.raises(TrustError, match="too many"):
        guard.section(number, kind, payload)


def test_no_signature_is_added_to_a_film_that_has_one_alone() -> None:
    """Its id has no nonce: another's signature of the same signer and header would fit behind it."""
    small = parts_of(sign(SMALL))
    guard = opened(small)
    film = film_id(KEY.public.raw, b"", small[0][1])
    strange = leaf(film, len(small) + 1, 4, b"more")
    made = Manifest(len(small) + 1, 1, (1,), last=True)
    with pytest.raises(TrustError, match="two signatures"):
        guard.signature(len(small), sign_manifest(film, made, [strange], KEY, 12))


def test_only_signing_keys_are_believed() -> None:
    parts = parts_of(sign(plain()))
    with pytest.raises(TrustError, match="by key"):
        Guard([PublicKey("sealing", KEY.public.raw)], parts[0][1], parts[1][1])


def test_hostile_signed_films_make_no_other_errors() -> None:
    chance = random.Random(8)
    for data in (sign(SMALL), sign(in_packets())):
        for _ in range(300):
            with suppress(MtorError):
                assert mutated(data, chance) == data or verify_bytes(mutated(data, chance), TRUSTED) is None


@pytest.mark.parametrize("data", [plain(3), plain(16), in_packets(1), in_packets(10)])
def test_signatures_take_at_most_a_twentieth(data: bytes) -> None:
    signed = sign(data)
    assert len(data) > 2_000
    assert len(signed) - len(data) <= 0.05 * len(data)


@pytest.mark.parametrize("hash_bytes", [8, 12, 16, 32])
def test_hashes_of_any_strength_are_checked(hash_bytes: int) -> None:
    signed = sign(plain(3), hash_bytes=hash_bytes)
    assert verify_bytes(signed, TRUSTED).signatures == 1
    assert refused(signed[:-20] + bytes([signed[-20] ^ 1]) + signed[-19:])


def test_the_smallest_films_pay_for_one_signature() -> None:
    assert len(sign(SMALL)) - len(SMALL) == 82
