# SPDX-License-Identifier: Apache-2.0
"""Packets: the same film whole, sense without the lost ones, repairs, repeats, motion over gaps."""

from __future__ import annotations

import io
import random
import time
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
import texture_films
from busy_films import BLACK, HEADER, blob, busy_film, busy_scene, read_all
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_films import MemoryFilm
from packet_films import film_without, kinds_of, write_packets
from test_codec_fuzz import mutated, mutated_inside

from mtor_transcode.codec import resilience
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.erasure import recovered, repairs
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.loss import Loss
from mtor_transcode.codec.packets import PACKET_BYTES, read_packet
from mtor_transcode.codec.repair_syntax import Sent, make_repair, repaired
from mtor_transcode.codec.series import make_series
from mtor_transcode.errors import MtorError, UsageError
from mtor_transcode.model import (
    STILL_CAMERA,
    Background,
    Camera,
    CameraMove,
    Contour,
    Edit,
    Enter,
    Leave,
    NodeKind,
    Outline,
    Scene,
    SceneStart,
    ShapeState,
    Solid,
    Span,
    Transform,
)
from mtor_transcode.render.extrapolate import Momentum
from mtor_transcode.render.player import ScenePlayer


def long_film(shapes: int = 400) -> MemoryFilm:
    """Three scenes of several packets each."""
    scenes = [busy_scene(number, 100 * number, seed=number, shapes=shapes) for number in range(3)]
    return MemoryFilm(HEADER, scenes, duration=300)


@pytest.fixture(scope="module")
def film() -> MemoryFilm:
    return long_film()


@pytest.fixture(scope="module")
def data(film: MemoryFilm) -> bytes:
    return write_packets(film)[0]


@given(
    blocks=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=20),
    count=st.integers(1, 8),
    chance=st.randoms(use_true_random=False),
)
def test_any_repairs_bring_back_any_blocks(blocks: list[bytes], count: int, chance: random.Random) -> None:
    made = dict(enumerate(repairs(blocks, count)))
    lost = set(chance.sample(range(len(blocks)), min(len(blocks), chance.randint(0, count))))
    came = [None if number in lost else block for number, block in enumerate(blocks)]
    found = dict(chance.sample(sorted(made.items()), len(lost)))
    back = recovered(came, found)
    assert back is not None
    assert all(other.rstrip(b"\0") == block.rstrip(b"\0") for other, block in zip(back, blocks, strict=True))
    if lost:
        assert recovered(came, dict(list(found.items())[1:])) is None


@pytest.mark.parametrize("level", [1, 5, 10])
def test_whole_films_read_as_they_were_written(film: MemoryFilm, level: int) -> None:
    data, writer = write_packets(film, level)
    reader = FilmReader(io.BytesIO(data))
    assert [entry.head for entry in reader.heads()] == [scene.head for scene in film.scenes]
    assert [entry.end for entry in reader.heads()] == [scene.end for scene in film.scenes]
    for scene in film.scenes:
        written = [token for span in scene.spans for token in span.tokens]
        assert [token for span in reader.spans(scene.head.number) for token in span.tokens] == written
    assert reader.bytes_by_kind == writer.bytes_by_kind
    assert sum(writer.bytes_by_kind.values()) == len(data)
    assert reader.packets_sent == reader.packets_at_hand > 10


def test_a_scene_without_spans_is_there() -> None:
    scenes = [Scene(SceneStart(0, 0, BLACK), ()), Scene(SceneStart(1, 5, Solid((9, 9, 9))), ())]
    reader = FilmReader(io.BytesIO(write_packets(MemoryFilm(HEADER, scenes, duration=20))[0]))
    assert [reader.scene(number).head for number in (0, 1)] == [scene.head for scene in scenes]
    assert reader.duration == 20


def test_sound_and_text_stay(film: MemoryFilm) -> None:
    whole = busy_film(1)
    reader = FilmReader(io.BytesIO(write_packets(whole)[0]))
    assert list(reader.audio()) == whole.packets
    assert list(reader.subtitles()) == whole.lines


def test_packets_are_small_and_repairs_grow_with_the_level(film: MemoryFilm) -> None:
    counts: list[int] = []
    for level in (1, 10):
        data, _ = write_packets(film, level)
        sections = FilmReader(io.BytesIO(data))._all
        assert all(
            section.end - section.offset <= PACKET_BYTES
            for section in sections
            if section.kind == SectionKind.PACKET
        )
        counts.append(kinds_of(data).count(SectionKind.REPAIR))
    assert counts[0] < counts[1]


def test_each_packet_reads_alone(data: bytes) -> None:
    """What a packet says does not depend on any other: tokens of one alone are tokens of the whole."""
    kinds = kinds_of(data)
    whole = FilmReader(io.BytesIO(data))
    everything = {
        token for entry in whole.heads() for span in whole.spans(entry.head.number) for token in span.tokens
    }
    seen = 0
    for place, kind in enumerate(kinds):
        if kind != SectionKind.PACKET:
            continue
        alone = film_without(data, set(range(len(kinds))) - {place})
        (entry,) = alone.heads()
        for span in alone.spans(entry.head.number):
            entered = {token.shape for token in span.tokens if isinstance(token, Enter)}
            assert all(token.shape in entered for token in span.tokens if isinstance(token, Edit | Leave))
            for token in span.tokens:
                seen += token in everything
    assert seen > 150


@settings(max_examples=40)
@given(chance=st.randoms(use_true_random=False), share=st.floats(0, 1))
def test_any_loss_still_plays(chance: random.Random, share: float) -> None:
    data = DATA
    kinds = kinds_of(data)
    reader = film_without(data, {place for place in range(len(kinds)) if chance.random() < share})
    for entry in reader.heads():
        player = ScenePlayer(reader, entry, entry.head.start)
        for tick in range(entry.head.start, entry.end + 1, 7):
            player.at(tick)


DATA = write_packets(long_film(120))[0]
SMALL = write_packets(busy_film(2))[0]
TEXTURED = write_packets(
    MemoryFilm(texture_films.HEADER, [texture_films.scene(n, 12 * n, shapes=True) for n in range(2)])
)[0]


def test_loss_is_the_same_for_a_seed_and_as_large_as_asked(data: bytes) -> None:
    def at_hand(share: float, seed: int) -> int:
        return FilmReader(io.BytesIO(data), loss=Loss(share, seed)).packets_at_hand

    sent = FilmReader(io.BytesIO(data)).packets_sent
    assert at_hand(0, 1) == sent
    assert at_hand(1, 1) == 0
    assert at_hand(0.3, 7) == at_hand(0.3, 7)
    mean = sum(at_hand(0.3, seed) for seed in range(40)) / 40
    assert 0.65 * sent < mean < 0.85 * sent
    assert len(FilmReader(io.BytesIO(data), loss=Loss(1)).heads()) == 0


def test_films_without_packets_cannot_lose_any() -> None:
    from memory_films import write_film

    with pytest.raises(UsageError, match="no packets"):
        FilmReader(io.BytesIO(write_film(busy_film(1))[0]), loss=Loss(0.1))


def crowd_film() -> MemoryFilm:
    """Shapes that only enter."""
    chance = random.Random(8)
    states = [
        ShapeState(
            blob(chance, 10),
            Solid((200, 128, 128)),
            Transform(16 * k + chance.randrange(999), 320 * (k % 9) + chance.randrange(99)),
        )
        for k in range(400)
    ]
    scene = Scene(
        SceneStart(0, 0, BLACK), (Span(0, 9, tuple(Enter(0, k, state) for k, state in enumerate(states))),)
    )
    return MemoryFilm(HEADER, [scene], duration=9)


def with_whole_repairs(film: MemoryFilm) -> bytes:
    """The film in packets, with more bytes for repairs than a level gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resilience, "MORE", 0.04)
        return write_packets(film)[0]


CROWD = with_whole_repairs(crowd_film())


def test_a_lost_packet_of_a_group_is_repaired() -> None:
    scene = crowd_film().scenes[0]
    last = kinds_of(CROWD).index(SectionKind.REPAIR)
    for lost in ({0}, {last - 1}, {last}):
        reader = film_without(CROWD, lost)
        assert reader.packets_at_hand == reader.packets_sent
        assert reader.scene(0).head == scene.head
        tokens = [token for span in reader.spans(0) for token in span.tokens]
        assert tokens == list(scene.spans[0].tokens)
    assert film_without(CROWD, {0, 1, 2, 3, 4, 5}).packets_at_hand < reader.packets_sent


def test_a_damaged_packet_counts_as_lost() -> None:
    section = next(
        section for section in FilmReader(io.BytesIO(CROWD))._all if section.kind == SectionKind.PACKET
    )
    broken = bytearray(CROWD)
    broken[section.start + 40] ^= 4
    reader = FilmReader(io.BytesIO(bytes(broken)))
    assert reader.packets_at_hand == reader.packets_sent
    assert len(reader.scene(0).spans[0].tokens) > 10


def test_a_short_repair_brings_back_the_beginning(film: MemoryFilm, data: bytes) -> None:
    """Crowds that move leave few bytes for repairs."""
    whole = FilmReader(io.BytesIO(data))
    first = next(whole.spans(0)).tokens
    reader = film_without(data, {0})
    assert reader.packets_at_hand == reader.packets_sent - 1
    span = next(reader.spans(0))
    assert 0 < len(span.tokens) < len(first)
    assert span.tokens == first[: len(span.tokens)]
    assert reader.scene(0).head == film.scenes[0].head


@given(
    payloads=st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=9),
    mosts=st.lists(st.integers(8, 70), min_size=1, max_size=4),
    chance=st.randoms(use_true_random=False),
)
def test_repairs_of_any_length_bring_back_beginnings(
    payloads: list[bytes], mosts: list[int], chance: random.Random
) -> None:
    sent = [Sent(payload, len(payload) % 3 == 0) for payload in payloads]
    made = [make_repair(3, sent, index, most) for index, most in enumerate(mosts)]
    lost = chance.sample(range(len(payloads)), min(len(payloads), chance.randint(1, len(made))))
    came = {3 + number: packet for number, packet in enumerate(sent) if number not in lost}
    chance.shuffle(made)
    back = repaired(came, made)
    assert set(back) == {3 + number for number in lost}
    least = sorted(mosts, reverse=True)[len(lost) - 1] - 3
    for number, found in back.items():
        payload = payloads[number - 3]
        assert payload.startswith(found.data)
        assert found.whole == (found.data == payload)
        assert found.fragment == sent[number - 3].fragment
        assert len(found.data) >= min(len(payload), least)


def test_a_cut_packet_reads_as_far_as_it_is_sure() -> None:
    """Every cut gives a part of the changes, and most of those that can be there."""
    section = [
        section for section in FilmReader(io.BytesIO(DATA))._all if section.kind == SectionKind.PACKET
    ][2]
    payload = DATA[section.start : section.start + section.length]
    whole = read_packet(Payload(payload, "")).changes
    counts: list[int] = []
    for cut in range(20, len(payload), 3):
        packet = read_packet(Payload(payload[:cut], ""), whole=False)
        assert packet.changes == whole[: len(packet.changes)]
        counts.append(len(packet.changes))
    assert counts == sorted(counts)
    assert counts[len(counts) // 2] > len(whole) // 4


def test_a_scene_without_its_start_has_its_head(film: MemoryFilm) -> None:
    """The head is in more than one packet; without any, the scene still plays where it is known to be."""
    head = SceneStart(4, 50, Solid((70, 90, 200)), Camera(16, 0), softness=3)
    scene = replace(busy_scene(4, 50, shapes=300), head=head)
    data, _ = write_packets(MemoryFilm(HEADER, [scene], duration=150), 1)
    assert film_without(data, {0}).scene(4).head == head
    late = film_without(data, {0, 1})
    assert late.heads()[0].head.number == 4
    assert 50 <= late.heads()[0].head.start < 150


def panel_film() -> tuple[MemoryFilm, ShapeState]:
    """A large panel, then many small shapes with outlines of their own."""
    chance = random.Random(5)
    corners = ((-8000, -4000), (8000, -4000), (8000, 4000), (-8000, 4000))
    panel = ShapeState(
        Outline((Contour(corners, (NodeKind.CORNER,) * 4),)), Solid((30, 128, 128)), Transform(9600, 5600)
    )
    small = [
        ShapeState(blob(chance, 8), Solid((200, 128, 128)), Transform(16 * k, 320 * (k % 9)))
        for k in range(300)
    ]
    tokens = [Enter(0, number, state) for number, state in enumerate([panel, *small])]
    moves = [CameraMove(2, 0, Camera(320, 16)), Background(2, 0, Solid((99, 128, 128)))]
    more = [Enter(20 + k, 400 + k, replace(small[k], outline=blob(chance, 12))) for k in range(60)]
    scene = Scene(SceneStart(0, 0, BLACK), (Span(0, 90, (*tokens, *moves, *more)),))
    return MemoryFilm(HEADER, [scene], duration=90), panel


def test_what_matters_most_is_told_again() -> None:
    film, panel = panel_film()
    data, _ = write_packets(film)
    kinds = kinds_of(data)
    reader = film_without(
        data, {0, *(place for place, kind in enumerate(kinds) if kind == SectionKind.REPAIR)}
    )
    (entered,) = (
        token
        for span in reader.spans(0)
        for token in span.tokens
        if isinstance(token, Enter) and token.shape == 0
    )
    assert entered.state == panel
    assert entered.under >= 30


def test_camera_and_background_are_told_again() -> None:
    film, _ = panel_film()
    data, _ = write_packets(film, 1)
    whole = FilmReader(io.BytesIO(data))
    spans = list(whole.spans(0))
    moves = [any(isinstance(token, CameraMove) for token in span.tokens) for span in spans]
    place = moves.index(True)
    assert kinds_of(data) == [SectionKind.PACKET] * len(spans)
    tokens = [token for span in film_without(data, {place}).spans(0) for token in span.tokens]
    (moved,) = (token for token in tokens if isinstance(token, CameraMove))
    (painted,) = (token for token in tokens if isinstance(token, Background))
    assert moved.camera == Camera(320, 16)
    assert moved.at > 2
    assert painted.paint == Solid((99, 128, 128))


def test_outlines_of_a_series_are_never_missing() -> None:
    chance = random.Random(2)
    library = [blob(chance, 9) for _ in range(12)]
    series = make_series(library)
    states = [
        ShapeState(library[k % 12], Solid((k % 200, 128, 128)), Transform(40 * k, 16 * k)) for k in range(400)
    ]
    scene = Scene(
        SceneStart(0, 0, BLACK), (Span(0, 9, tuple(Enter(0, k, state) for k, state in enumerate(states))),)
    )
    film = MemoryFilm(replace(HEADER, dictionary=series.digest), [scene], duration=9)
    data, _ = write_packets(film, 10, series)
    reader = film_without(data, {1}, series)
    entered = [token for span in reader.spans(0) for token in span.tokens if isinstance(token, Enter)]
    assert 100 < len(entered) <= 400
    assert all(token.state == states[token.shape] for token in entered)


MOVER = ShapeState(blob(random.Random(1), 5), BLACK, Transform(100, 0))


def _at(place: int) -> ShapeState:
    return replace(MOVER, transform=Transform(place, 0))


def _moving(*places: int, start: int = 0) -> Span:
    """A shape that goes to each of these places in five ticks, and a camera that does likewise."""
    tokens: list[Enter | Edit | CameraMove] = [Enter(start, 3, MOVER)]
    for number, place in enumerate(places):
        tokens.append(Edit(start + 5 * number, 5, 3, _at(place)))
        tokens.append(CameraMove(start + 5 * number, 5, Camera(0, place - 100)))
    return Span(0, 10, tuple(tokens))


def test_motion_goes_on_over_a_gap_and_back() -> None:
    momentum = Momentum(STILL_CAMERA, 3)
    momentum.take(_moving(150, 200))
    shape, shape_back, camera, camera_back = momentum.over_gap(Span(40, 50, ()))
    assert shape == Edit(10, 3, 3, _at(230))
    assert shape_back == Edit(40, 3, 3, _at(200))
    assert camera == CameraMove(10, 3, Camera(0, 130))
    assert camera_back == CameraMove(40, 3, Camera(0, 100))
    assert next(momentum.over_gap(Span(12, 50, ()))) == Edit(10, 2, 3, _at(220))


def test_motion_goes_towards_where_the_next_packet_has_it() -> None:
    momentum = Momentum(STILL_CAMERA, 3)
    momentum.take(_moving(150, 200))
    (shape, *_) = momentum.over_gap(Span(40, 60, (Edit(45, 5, 3, _at(600)),)))
    assert shape == Edit(10, 35, 3, _at(550))


def test_what_had_come_to_rest_stays() -> None:
    momentum = Momentum(STILL_CAMERA, 3)
    for span in (_moving(150, 200, start=-5), _moving(100, 100), _moving(200, start=5)):
        momentum.take(span)
        assert not list(momentum.over_gap(Span(40, 50, ())))
        momentum.take(replace(span, tokens=(Leave(10, 3), CameraMove(10, 0, STILL_CAMERA))))
    momentum.take(_moving(150, 200))
    assert not list(momentum.over_gap(Span(10, 50, ())))


def test_the_player_lets_motion_go_on() -> None:
    """A shape crosses the screen, a packet in the middle is lost: in the gap it does not stand still."""
    chance = random.Random(3)
    shape = ShapeState(blob(chance, 5), BLACK, Transform(0, 0))
    crowd = [ShapeState(blob(chance, 12), BLACK, Transform(16 * k, 64 * k)) for k in range(240)]
    tokens: list[Enter | Edit] = [Enter(0, 0, shape)]
    for key in range(24):
        tokens.append(Edit(10 * key, 10, 0, replace(shape, transform=Transform(160 * (key + 1), 0))))
        tokens += [Enter(10 * key, 1 + 10 * key + k, crowd[10 * key + k]) for k in range(10)]
    scene = Scene(SceneStart(0, 0, BLACK), (Span(0, 240, tuple(tokens)),))
    header = replace(HEADER, time_base=Fraction(1, 25))
    data, _ = write_packets(MemoryFilm(header, [scene], duration=240), 1)
    packets = len(kinds_of(data))
    middle = packets // 2
    reader = film_without(data, {middle})
    spans = list(reader.spans(0))
    gap = next(a.end for a, b in pairwise(spans) if b.start > a.end)
    (entry,) = reader.heads()
    player = ScenePlayer(reader, entry, 0)
    told = gap // 10 * 10
    shown = player.at(gap + 12)
    assert next(placed for placed in shown.shapes if placed.shape == 0).transform.dx > told + 1


@pytest.mark.parametrize("film", ["busy", "textured"])
@pytest.mark.parametrize("mutate", [mutated, mutated_inside])
def test_mutations_are_refused_or_played(mutate: object, film: str) -> None:
    assert callable(mutate)
    slowest = 0.0
    for seed in range(120):
        broken = mutate(SMALL if film == "busy" else TEXTURED, random.Random(seed))
        start = time.process_time()
        with suppress(MtorError):
            read_all(broken)
        slowest = max(slowest, time.process_time() - start)
    assert slowest < 6
