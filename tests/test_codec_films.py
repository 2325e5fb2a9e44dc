# SPDX-License-Identifier: Apache-2.0
"""Whole films: round trips, accounts, prices, independence of scenes, cuts, snapshots."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import pytest
from busy_films import BLACK, HEADER, blob, busy_film, busy_scene, read_all
from codec_films import films
from hypothesis import HealthCheck, given, settings
from memory_films import MemoryFilm, write_film

from mtor_transcode.codec import dictionary, film_writer
from mtor_transcode.codec.container import SectionKind, SectionReader
from mtor_transcode.codec.extract import keep_scene
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.index_syntax import read_index
from mtor_transcode.errors import FormatError, OutputError, UsageError
from mtor_transcode.model import (
    AudioInfo,
    AudioPacket,
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
    Token,
    Transform,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(films())
def test_films_come_back(film: MemoryFilm) -> None:
    data, writer = write_film(film)
    reader = FilmReader(io.BytesIO(data))
    assert reader.header == film.header
    assert reader.duration == film.duration
    assert not reader.truncated
    assert [entry.head for entry in reader.heads()] == [scene.head for scene in film.scenes]
    assert [entry.end for entry in reader.heads()] == [scene.end for scene in film.scenes]
    for scene in reversed(film.scenes):
        assert reader.scene(scene.head.number) == scene
    assert list(reader.audio()) == film.packets
    assert list(reader.subtitles()) == film.lines
    assert sum(writer.bytes_by_kind.values()) == len(data)
    assert reader.bytes_by_kind == writer.bytes_by_kind


def test_the_same_calls_give_the_same_bytes() -> None:
    assert write_film(busy_film())[0] == write_film(busy_film())[0]


def test_prices_are_what_is_written() -> None:
    """Committed prices of a span's tokens sum to the bytes of its sections, within a percent."""
    scene = busy_scene(0, 0, shapes=200, spans=3)
    stream = io.BytesIO()
    writer = FilmWriter(stream, HEADER)
    writer.scene(scene.head)
    for span in scene.spans:
        before = dict(writer.bytes_by_kind)
        pricer = writer.pricer()
        probe = pricer.fork()
        committed = 0.0
        for token in span.tokens:
            price = pricer.token(token)
            assert pricer.commit(token) == pytest.approx(price, abs=1e-6)
            committed += price
        assert probe.token(span.tokens[0]) == pytest.approx(writer.pricer().token(span.tokens[0]), abs=1e-6)
        writer.span(span)
        written = sum(writer.bytes_by_kind[kind] - before[kind] for kind in ("outlines", "paints", "motion"))
        assert committed / 8 == pytest.approx(written, rel=0.01, abs=2)


def test_pricing_changes_nothing() -> None:
    scene = busy_scene(0, 0)
    one, other = FilmWriter(io.BytesIO(), HEADER), FilmWriter(io.BytesIO(), HEADER)
    one.scene(scene.head)
    other.scene(scene.head)
    pricer = one.pricer()
    for token in scene.spans[0].tokens:
        pricer.commit(token)
    one.span(scene.spans[0])
    other.span(scene.spans[0])
    assert one.bytes_by_kind == other.bytes_by_kind


def test_forks_go_their_own_ways() -> None:
    """A fork and its origin commit different tokens; each then prices as a pricer that never forked."""
    scene = busy_scene(0, 0, shapes=40)
    writer = FilmWriter(io.BytesIO(), HEADER)
    writer.scene(scene.head)
    tokens = scene.spans[0].tokens
    half = len(tokens) // 4

    def alone(committed: tuple[Token, ...], probe: Token) -> float:
        pricer = writer.pricer()
        for token in committed:
            pricer.commit(token)
        return pricer.token(probe)

    origin = writer.pricer()
    for token in tokens[:half]:
        origin.commit(token)
    fork = origin.fork()
    second = fork.fork()
    probe = Background(tokens[half].at, 3, Solid((99, 9, 200)))
    fork.commit(probe)
    assert origin.token(probe) == alone(tokens[:half], probe)
    origin.commit(tokens[half])
    assert fork.token(probe) == alone((*tokens[:half], probe), probe)
    assert origin.token(tokens[half + 1]) == alone(tokens[: half + 1], tokens[half + 1])
    assert second.token(tokens[half]) == alone(tokens[:half], tokens[half])


def test_a_known_outline_costs_a_reference() -> None:
    outline = blob(random.Random(3), 30)
    writer = FilmWriter(io.BytesIO(), HEADER)
    writer.scene(SceneStart(0, 0, BLACK))
    pricer = writer.pricer()
    fresh = pricer.outline(outline)
    pricer.commit(Enter(0, 0, ShapeState(outline, BLACK)))
    assert fresh > 150
    assert pricer.outline(outline) < 6
    with pytest.raises(UsageError, match="shape 5"):
        pricer.token(Leave(0, 5))
    with pytest.raises(UsageError, match="there already"):
        pricer.token(Enter(0, 0, ShapeState(outline, BLACK)))


def test_vertices_of_small_outlines_cost_about_a_byte() -> None:
    """Hundred outlines of twelve nodes on a grid of a quarter px, steps of a few px, coded in one section."""
    chance = random.Random(8)
    writer = FilmWriter(io.BytesIO(), HEADER)
    writer.scene(SceneStart(0, 0, BLACK))
    made = [blob(chance, 12) for _ in range(100)]
    writer.span(Span(0, 1, tuple(Enter(0, n, ShapeState(o, BLACK)) for n, o in enumerate(made))))
    assert writer.bytes_by_kind["outlines"] * 8 < 1200 * 10.5


def test_letters_that_follow_each_other_again_need_no_place() -> None:
    """A word that comes again elsewhere has its letters at the same distances."""
    chance = random.Random(5)
    word = [blob(chance, 12) for _ in range(6)]
    ways = [163, 97, 211, 117, 179]

    def bits(again: list[int]) -> float:
        """What the second word costs whose letters are ``again`` apart."""
        writer = FilmWriter(io.BytesIO(), HEADER)
        writer.scene(SceneStart(0, 0, BLACK))
        pricer = writer.pricer()
        places = [
            Transform(left + sum(steps[:k]), top)
            for left, top, steps in ((800, 800, ways), (4801, 4003, again))
            for k in range(len(word))
        ]
        paid = [
            pricer.commit(Enter(0, k, ShapeState(outline, BLACK, place)))
            for k, (outline, place) in enumerate(zip(word * 2, places, strict=True))
        ]
        return sum(paid[len(word) :])

    assert bits(ways) < bits([way + 1 for way in ways]) - 5 * 8


def test_an_outline_is_written_once() -> None:
    outline = blob(random.Random(4), 40)
    sizes: list[int] = []
    for copies in (1, 2):
        writer = FilmWriter(io.BytesIO(), HEADER)
        for number in range(copies):
            writer.scene(SceneStart(number, number, BLACK))
            writer.span(Span(number, number + 1, (Enter(number, 0, ShapeState(outline, BLACK)),)))
        sizes.append(writer.bytes_by_kind["outlines"])
    assert sizes[1] - sizes[0] <= 2


@pytest.mark.parametrize("name", ["REMEMBERED", "DICTIONARY_WINDOW"])
def test_forgotten_outlines_are_written_again(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With a memory of three outlines, or of the last section only, the film is longer but says the same."""
    film = MemoryFilm(HEADER, [busy_scene(0, 0, spans=4)], [], [], 200)
    plain, _ = write_film(film)
    monkeypatch.setattr(dictionary, name, 3)
    data, _ = write_film(film)
    assert len(data) > len(plain)
    assert FilmReader(io.BytesIO(data)).scene(0) == film.scenes[0]


def test_any_scene_decodes_alone() -> None:
    film = busy_film(4)
    data, _ = write_film(film)
    for place, scene in enumerate(film.scenes):
        target = io.BytesIO()
        keep_scene(io.BytesIO(data), target, place)
        assert len(target.getvalue()) < len(data) * 0.7
        reader = FilmReader(target)
        assert [entry.head.number for entry in reader.heads()] == [scene.head.number]
        assert reader.scene(scene.head.number) == scene


def test_a_file_cut_at_any_byte_plays_up_to_the_cut() -> None:
    film = MemoryFilm(HEADER, [busy_scene(0, 0, shapes=6), busy_scene(3, 100, shapes=6)], [], [], 200)
    data, _ = write_film(film)
    whole = [(scene.head.number, span) for scene in film.scenes for span in scene.spans]
    spans_before = -1
    for length in range(len(data)):
        try:
            reader = FilmReader(io.BytesIO(data[:length]))
        except FormatError:
            assert spans_before == -1, "once the header is whole, every cut plays"
            continue
        assert reader.truncated
        played = [
            (entry.head.number, span) for entry in reader.heads() for span in reader.spans(entry.head.number)
        ]
        assert played == whole[: len(played)]
        assert len(played) >= spans_before
        last_head = max((entry.head.start for entry in reader.heads()), default=0)
        assert reader.duration == max([last_head] + [span.end for _, span in played])
        spans_before = len(played)
    assert spans_before == len(whole)


def test_a_flipped_byte_is_found() -> None:
    data, _ = write_film(busy_film(2))
    reader = SectionReader(io.BytesIO(data), "film.mtor")
    for section in reader.scan().sections:
        broken = bytearray(data)
        broken[section.start + section.length // 2] ^= 0x10
        with pytest.raises(FormatError, match=f"at byte {section.offset}"):
            read_all(bytes(broken))


def test_container_overhead_is_small() -> None:
    """One frame of about 1 kB: some 50 bytes; 11 kbit/s with 6 kbit/s of Opus: below 3%."""
    writer = FilmWriter(io.BytesIO(), HEADER)
    scene = busy_scene(0, 0, shapes=110, spans=1)
    tokens = tuple(token for token in scene.spans[0].tokens if token.at == 0)
    writer.scene(scene.head)
    writer.span(Span(0, 1, tokens))
    writer.finish(1)
    assert sum(writer.bytes_by_kind.values()) > 700
    assert writer.bytes_by_kind["container"] <= 51

    chance = random.Random(2)
    writer = FilmWriter(io.BytesIO(), replace(HEADER, audio=AudioInfo("opus", 48000, 1)))
    for number in range(12):
        start = 250 * number
        writer.scene(SceneStart(number, start, BLACK))
        shapes = [ShapeState(blob(chance, 40), BLACK, Transform(16 * n, 90)) for n in range(100)]
        tokens = tuple(Enter(start, n, state) for n, state in enumerate(shapes))
        writer.span(Span(start, start + 250, tokens))
        packets = [
            AudioPacket(480000 * number + 2880 * k, 2880, b"\x48" + chance.randbytes(chance.randint(30, 58)))
            for k in range(166)
        ]
        writer.audio(packets)
    writer.finish(3000)
    total = sum(writer.bytes_by_kind.values())
    assert total * 8 / 120 < 12000
    assert writer.bytes_by_kind["container"] < 0.03 * total


def test_the_index_says_where_scenes_lie() -> None:
    film = busy_film(3)
    data, _ = write_film(film)
    length = int.from_bytes(data[-3:], "big")
    start = len(data) - 3 - length
    assert data[start] == SectionKind.INDEX
    sections = SectionReader(io.BytesIO(data), "")
    found = sections.scan().sections
    duration, index = read_index(Payload(sections.payload(found[-1]), ""))
    assert found[-1].offset == start
    assert duration == film.duration
    starts = [scene.head.start for scene in film.scenes]
    offsets = [section.offset for section in found if section.kind == SectionKind.SCENE]
    assert index.scenes == list(zip(starts, offsets, strict=True))
    assert [offset for offset, _ in index.dictionaries] == [
        s.offset for s in found if s.kind == SectionKind.DICT
    ]
    assert sum(count for _, count in index.dictionaries) == len(FilmReader(io.BytesIO(data)).dictionary())


def test_snapshots_enter_inside_a_scene() -> None:
    scene = busy_scene(0, 0, shapes=40, spans=3)
    stream = io.BytesIO()
    writer = FilmWriter(stream, HEADER)
    writer.scene(scene.head)
    live: dict[int, ShapeState] = {}
    camera, background = Camera(), scene.head.background
    snapshot: list[Token] = []
    for number, span in enumerate(scene.spans):
        if number == 2:
            snapshot = [Enter(span.start, shape, live[shape]) for shape in sorted(live, reverse=True)]
            writer.snapshot(span.start, SceneStart(0, span.start, background, camera), snapshot)
        for token in span.tokens:
            if isinstance(token, Enter | Edit):
                live[token.shape] = token.state
            elif isinstance(token, Leave):
                del live[token.shape]
            elif isinstance(token, CameraMove):
                camera = token.camera
            else:
                background = token.paint
        writer.span(span)
    writer.finish(scene.end)
    reader = FilmReader(stream)
    assert reader.scene(0) == scene
    entered = list(reader.spans(0, from_tick=scene.spans[2].start + 1))
    at = scene.spans[2].start
    state = (Background(at, 0, scene.spans[1].tokens[-1].paint), CameraMove(at, 0, Camera(at - 10, 5)))  # type: ignore[union-attr]
    assert entered[0] == Span(at, at, (*state, *snapshot))
    assert entered[1:] == list(scene.spans[2:])
    assert list(reader.spans(0, from_tick=5)) == list(scene.spans)
    assert reader.bytes_by_kind == writer.bytes_by_kind


def test_a_snapshot_must_hold_all_live_shapes() -> None:
    writer = FilmWriter(io.BytesIO(), HEADER)
    writer.scene(SceneStart(0, 0, BLACK))
    state = ShapeState(blob(random.Random(1), 5), BLACK)
    writer.span(Span(0, 9, (Enter(0, 0, state), Enter(0, 1, state))))
    with pytest.raises(UsageError, match="live shapes"):
        writer.snapshot(9, SceneStart(0, 9, BLACK), [Enter(9, 0, state)])


def test_many_equal_tokens_pass_the_readers_limits() -> None:
    """Tokens that cost almost nothing are padded so that the reader's bound on tokens per byte holds."""
    state = ShapeState(blob(random.Random(1), 5), BLACK)
    tokens: tuple[Token, ...] = (Enter(0, 0, state), *(Edit(0, 0, 0, state) for _ in range(20000)))
    film = MemoryFilm(HEADER, [Scene(SceneStart(0, 0, BLACK), (Span(0, 1, tokens),))], [], [], 1)
    data, _ = write_film(film)
    assert FilmReader(io.BytesIO(data)).scene(0) == film.scenes[0]
    long = Outline(
        (Contour(tuple((16 * n, 16 * n) for n in range(-9000, 9001)), (NodeKind.CORNER,) * 18001),)
    )
    tokens = (Enter(0, 0, ShapeState(long, BLACK)),)
    film = MemoryFilm(HEADER, [Scene(SceneStart(0, 0, BLACK), (Span(0, 1, tokens),))], [], [], 1)
    data, _ = write_film(film)
    assert FilmReader(io.BytesIO(data)).scene(0) == film.scenes[0]


def test_numbers_of_shapes_are_given_in_order_of_entry() -> None:
    """The format numbers shapes 0, 1, 2 ... as they enter; other ids of the model are mapped to these."""
    state = ShapeState(blob(random.Random(1), 5), BLACK)
    tokens = (
        Enter(0, 70, state),
        Enter(0, -4, state),
        Leave(0, 70),
        Enter(1, 70, state),
        Edit(2, 0, -4, state),
    )
    film = MemoryFilm(HEADER, [Scene(SceneStart(0, 0, BLACK), (Span(0, 3, tokens),))], [], [], 3)
    back = FilmReader(io.BytesIO(write_film(film)[0])).scene(0).spans[0].tokens
    assert [getattr(token, "shape", None) for token in back] == [0, 1, 0, 2, 1]


STATE = ShapeState(blob(random.Random(1), 5), BLACK)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ((Enter(5, 0, STATE), Enter(4, 1, STATE)), "order"),
        ((Enter(50, 0, STATE),), "order"),
        ((Edit(0, 0, 3, STATE),), "not there"),
        ((Enter(0, 0, STATE), Enter(0, 0, STATE)), "there already"),
        ((Enter(0, 0, replace(STATE, opacity=256)),), "opacity"),
        ((Enter(0, 0, replace(STATE, paint=Solid((0, 0, 300)))),), "colour"),
        ((Enter(0, 0, replace(STATE, transform=Transform(2**21))),), "range"),
        ((Enter(0, 0, replace(STATE, transform=Transform(1.5))),), "int"),  # type: ignore[arg-type]
        ((Enter(0, 0, STATE, duration=-1),), "duration"),
        (
            (
                Enter(
                    0,
                    0,
                    replace(STATE, outline=Outline((Contour(((0, 0), (64, 48)), (NodeKind.CORNER,) * 2),))),
                ),
            ),
            "centred",
        ),
        ((Enter(0, 0, replace(STATE, outline=Outline((Contour((), ()),)))),), "point"),
    ],
)
def test_what_cannot_be_written_is_refused(tokens: tuple[Token, ...], message: str) -> None:
    writer = FilmWriter(io.BytesIO(), HEADER)
    writer.scene(SceneStart(0, 0, BLACK))
    with pytest.raises(UsageError, match=message):
        writer.span(Span(0, 10, tokens))


def test_calls_out_of_order_are_refused() -> None:
    writer = FilmWriter(io.BytesIO(), HEADER)
    with pytest.raises(UsageError, match="no scene"):
        writer.span(Span(0, 1, ()))
    writer.scene(SceneStart(3, 10, BLACK))
    with pytest.raises(UsageError, match="starts at tick"):
        writer.span(Span(0, 1, ()))
    writer.span(Span(10, 20, ()))
    with pytest.raises(UsageError, match="before 20"):
        writer.scene(SceneStart(4, 15, BLACK))
    with pytest.raises(UsageError, match="comes after"):
        writer.scene(SceneStart(3, 20, BLACK))
    with pytest.raises(UsageError, match="sound"):
        writer.audio([AudioPacket(0, 1, b"x")])
    with pytest.raises(UsageError, match="lasts"):
        writer.finish(19)
    writer.finish(20)
    with pytest.raises(UsageError, match="finished"):
        writer.finish(20)


def test_a_full_disk_is_told() -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        film_writer.FilmWriter(Full(), HEADER)
