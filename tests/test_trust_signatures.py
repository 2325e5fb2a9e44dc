# SPDX-License-Identifier: Apache-2.0
"""Signatures: every flip is found, nothing is moved, added, dropped or taken from elsewhere; the price."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_films import KEY, OTHER, in_packets, manifests, opened, parts_of, placed, plain, sign
from test_codec_fuzz import mutated

from mtor_transcode.api.signing import sign_bytes, verify_bytes
from mtor_transcode.codec.container import MAGIC, SectionKind, sealed
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.signing import Parts, without_signatures
from mtor_transcode.errors import FormatError, MtorError, TrustError, UsageError
from mtor_transcode.trust.guard import Guard
from mtor_transcode.trust.keys import PublicKey
from mtor_transcode.trust.leaves import REPAIR, SIGNATURE
from mtor_transcode.trust.manifest import HASHES, Manifest, parse
from mtor_transcode.trust.plan import Part, plan

SAMPLES = Path(__file__).parents[1] / "samples"
SMALL = (SAMPLES / "motion.mtor").read_bytes()
TRUSTED = [KEY.public]


def together(parts: Parts) -> bytes:
    """A file of these sections, whatever they are; the index is not mended."""
    body = b"".join(sealed(kind, payload) for kind, payload in parts)
    last = len(sealed(*parts[-1])) if parts[-1][0] == SectionKind.INDEX else 0
    return MAGIC + b"\1" + body + (last.to_bytes(3, "big") if last else b"")


def refused(data: bytes) -> str:
    with pytest.raises((TrustError, FormatError)) as error:
        verify_bytes(data, TRUSTED)
    return str(error.value)


@st.composite
def manifest_values(draw: st.DrawFn) -> Manifest:
    size = draw(st.sampled_from(HASHES))
    runs = tuple(draw(st.lists(st.integers(1, 255), max_size=20)))
    hashes = tuple(draw(st.binary(min_size=size, max_size=size)) for _ in runs)
    repairs = draw(st.binary(min_size=size, max_size=size)) if runs and draw(st.booleans()) else b""
    first = draw(st.one_of(st.just(0), st.integers(1, 2**24 - 1)))
    key_id = b"" if first else draw(st.binary(min_size=8, max_size=8))
    nonce = b"" if first or draw(st.booleans()) else draw(st.binary(min_size=16, max_size=16))
    sections = sum(runs) or draw(st.integers(1, 0xFFFF))
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


@given(
    st.lists(
        st.builds(Part, st.sampled_from((3, 4, 10, 11)), st.integers(3, 3000), st.booleans(), st.booleans()),
        min_size=1,
    )
)
def test_plans_cover_each_section_once(parts: list[Part]) -> None:
    parts = [Part(1, 12), *parts]
    plans = plan(parts)
    assert plans[0].first == 0
    assert all(one.end == other.first for one, other in pairwise(plans))
    assert plans[-1].end == sum(part.kind != REPAIR for part in parts)
    assert [each.last for each in plans] == [False] * (len(plans) - 1) + [True]
    assert all(sum(each.runs) == each.sections or (each.whole and len(plans) == 1) for each in plans)


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


def test_a_scene_of_another_film_of_the_same_signer_is_refused() -> None:
    one, other = parts_of(sign(plain(16))), parts_of(sign(plain(17)))
    assert one[0] == other[0]
    guard = opened(one)
    with pytest.raises(TrustError, match="altered"):
        guard.manifest(manifests(other)[1])
    guard = opened(one)
    places = placed(other)
    assert not any(_passes(guard, *each) for each in places)


def _passes(guard: Guard, place: int, kind: int, payload: bytes) -> bool:
    with suppress(TrustError):
        guard.section(place, kind, payload)
    return guard.trusts(place)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_packets_late_twice_and_out_of_order_go_where_they_belong(chance: random.Random) -> None:
    parts = parts_of(sign(in_packets()))
    guard = opened(parts)
    events = [("manifest", payload) for payload in manifests(parts)]
    events += [("section", each) for each in placed(parts)]  # type: ignore[misc]
    events += chance.sample(events, 10)
    chance.shuffle(events)
    for what, value in events:
        if what == "manifest":
            guard.manifest(value)
        else:
            guard.section(*value)  # type: ignore[misc]
    assert all(guard.trusts(place) for place, _, _ in placed(parts))


def test_a_packet_finds_its_place_and_a_foreign_or_transplanted_one_has_none() -> None:
    parts, foreign = parts_of(sign(in_packets())), parts_of(sign(in_packets(10, 8)))
    guard = opened(parts)
    for payload in manifests(parts):
        guard.manifest(payload)
    alone = [each for each in placed(parts) if each[1] == SectionKind.PACKET]
    for place, kind, payload in alone[::-1]:
        assert guard.place_of(kind, payload) == place
        with pytest.raises(TrustError, match="signed"):
            guard.section(alone[0][0] if place != alone[0][0] else alone[1][0], kind, payload)
        assert guard.section(place, kind, payload) == (place,)
        assert guard.section(place, kind, payload) == ()
        with pytest.raises(TrustError, match="not the one"):
            guard.section(place, kind, payload + b"\0")
    with pytest.raises(TrustError, match="nowhere"):
        guard.place_of(SectionKind.PACKET, next(part for part in foreign if part[0] == SectionKind.PACKET)[1])


def test_sections_before_their_signature_wait_and_wrong_ones_may_come_again() -> None:
    parts = parts_of(sign(in_packets()))
    late = parse(manifests(parts)[-1], "")[0]
    guard = opened(parts)
    place, kind, payload = next(each for each in placed(parts) if each[0] == late.first + 1)
    assert guard.section(place, kind, payload + b"\0") == ()
    with pytest.raises(TrustError, match="not as signed"):
        guard.manifest(manifests(parts)[-1])
    assert not guard.trusts(place)
    assert guard.section(place, kind, payload) == (place,)


def test_a_guard_takes_only_places_that_a_film_has() -> None:
    guard = opened(parts_of(sign(plain())))
    for place in (-1, 1 << 24):
        with pytest.raises(TrustError, match="no section"):
            guard.section(place, 4, b"")


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
