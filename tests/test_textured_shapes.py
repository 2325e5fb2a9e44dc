# SPDX-License-Identifier: Apache-2.0
"""Shapes that show textures: written and read back, drawn by both engines, sent in packets, exported."""

from __future__ import annotations

import base64
import io
import os
import random
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import texture_films
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_films import MemoryFilm
from packet_films import film_without, kinds_of, write_packets
from test_codec_fuzz import mutated_inside
from texture_films import GREY, HEADER, TEXTURE, patch, patched, written

from mtor_transcode import plugins
from mtor_transcode.analyze.canvas.easel import paint_colours
from mtor_transcode.codec import film_writer, scene_reader
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.limits import MAX_LIVE_TEXTURES
from mtor_transcode.codec.rfc_json import export_json, import_json
from mtor_transcode.errors import FormatError, MtorError, OutputError, UsageError
from mtor_transcode.model import (
    Background,
    Camera,
    CameraMove,
    Contour,
    Edit,
    Enter,
    Leave,
    LinearGradient,
    Mask,
    NodeKind,
    Outline,
    Paint,
    Scene,
    Solid,
    TexturePaint,
    Token,
    Transform,
)
from mtor_transcode.render import stage
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.matrix import IDENTITY_MATRIX
from mtor_transcode.render.rasterizer import NAMES, rasterizer
from mtor_transcode.render.rasterizers import blend2d
from mtor_transcode.render.stage import Stage
from mtor_transcode.render.textures import TextureDecoder, TextureShown, stretched

RED = Solid((81, 90, 240))
SKY = LinearGradient((100, 140, 110), (200, 130, 120), 16)
STILL = replace(TEXTURE, times=(0,), data=texture_films.still_data())
WIDE = Outline((Contour(((-320, -160), (320, -160), (320, 160), (-320, 160)), (NodeKind.CORNER,) * 4),))


def read(scene: Scene) -> FilmReader:
    return FilmReader(io.BytesIO(written([scene])[0]))


def frame(scene: Scene, tick: int, name: str = "blend2d", size: tuple[int, int] | None = None) -> np.ndarray:
    return FrameRenderer(read(scene), size, rasterizer(name)).frame(tick)


fills = st.one_of(
    st.sampled_from([RED, GREY, SKY]),
    st.builds(TexturePaint, texture_films.textures() | st.just(STILL), st.integers(-(2**32) + 99, 2**32 - 1)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(fills, min_size=2, max_size=6), st.data())
def test_what_is_written_is_read(chosen: list[Paint | TexturePaint], data: st.DataObject) -> None:
    """Any paint to any other, with and without a move, in spans and after a shape has left."""
    tokens: list[Token] = [Enter(0, 0, replace(patch(20, 20), paint=chosen[0]))]
    for at, paint in enumerate(chosen[1:], 1):
        place = Transform(data.draw(st.integers(0, 2000)), 300)
        tokens.append(
            Edit(at, data.draw(st.integers(0, 2)), 0, replace(patch(20, 20), paint=paint, transform=place))
        )
    tokens += [Leave(8, 0), Enter(9, 1, replace(patch(50, 50), paint=chosen[-1])), Background(9, 0, SKY)]
    scene = patched(*tokens)
    data_bytes, writer = written([scene])
    reader = FilmReader(io.BytesIO(data_bytes))
    assert reader.scene(0) == scene
    assert reader.bytes_by_kind == writer.bytes_by_kind


@pytest.mark.parametrize("name", NAMES)
def test_a_patch_shows_its_picture_exactly(name: str) -> None:
    """On whole px at scale 1, both engines: the stretched planes, and nothing around them."""
    shown = frame(patched(Enter(0, 0, patch(64, 36))), 4, name)
    wanted = stretched(TextureDecoder(TEXTURE).planes(2), (20, 20))
    assert (shown[26:46, 54:74] == wanted).all()
    around = shown.copy()
    around[26:46, 54:74] = GREY.colour
    assert (around == GREY.colour).all()


@pytest.mark.parametrize("name", NAMES)
def test_shapes_lie_above_and_below_patches(name: str) -> None:
    """A patch covers what is beneath; half a box over it mixes."""
    half = replace(patch(64, 36), paint=RED, opacity=128)
    alone = frame(patched(Enter(0, 1, patch(64, 36))), 0, name).astype(int)
    below = frame(patched(Enter(0, 0, half), Enter(0, 1, patch(64, 36))), 0, name)
    above = frame(patched(Enter(0, 1, patch(64, 36)), Enter(0, 0, half)), 0, name)
    assert (below == alone).all()
    wanted = (np.array(RED.colour) * 128 + alone[36, 64] * 127) / 255
    assert np.abs(above[36, 64] - wanted).max() <= 1.5


@pytest.mark.parametrize("state", [
    patch(64, 36, outline=WIDE),
    replace(patch(64, 36), transform=Transform(1031, 583)),
    replace(patch(64, 36), transform=Transform(1024, 576, 6000, 300)),
])  # fmt: skip
def test_the_engines_and_the_encoder_agree(state: texture_films.ShapeState) -> None:
    """Between px, turned and enlarged, within the rounding of bilinear filters, edges apart."""
    one, other = (frame(patched(Enter(0, 0, state)), 0, name).astype(int) for name in NAMES)
    assert np.abs(one - other).max() <= 3
    seen = paint_colours(state.paint, state.outline, state.transform, (58, 30, 70, 42), IDENTITY_MATRIX)
    assert np.abs(one[30:42, 58:70] - seen).max() <= 3


def test_patches_go_with_the_camera() -> None:
    """As all shapes do: here 10 px to the right."""
    still = frame(patched(Enter(0, 0, patch(64, 36))), 3)
    moved = frame(patched(CameraMove(0, 0, Camera(160, 0)), Enter(0, 0, patch(64, 36))), 3)
    assert (moved[:, 10:] == still[:, :-10]).all()


def test_a_sequence_plays_and_the_rest_is_not_drawn_again() -> None:
    """Each picture for its ticks; what is redrawn in part equals what is drawn at once."""
    scene = patched(
        Enter(0, 0, replace(patch(30, 40), paint=RED)),
        Enter(0, 1, patch(60, 36)),
        Enter(2, 2, patch(70, 40, 6)),
    )
    running = FrameRenderer(read(scene))
    for tick in range(24):
        assert (running.frame(tick) == FrameRenderer(read(scene)).frame(tick)).all()
    stage = Stage(scene.head)
    stage.feed(scene.spans[0].tokens)
    first = stage.at(3)
    assert [shape.paint for shape in first.shapes[1:]] == [TextureShown(1, TEXTURE), TextureShown(0, TEXTURE)]
    assert first.next_change == 4
    later = stage.at(4)
    assert later.changed
    assert later.shapes[0] is first.shapes[0]
    assert later.shapes[2] is first.shapes[2]
    assert stage.at(20).next_change is None


def test_one_sequence_at_two_times_is_decoded_once_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[TextureDecoder] = []
    restart = TextureDecoder._restart

    def counted(self: TextureDecoder) -> None:
        opened.append(self)
        restart(self)

    monkeypatch.setattr(TextureDecoder, "_restart", counted)
    early, late = Enter(0, 0, patch(30, 20)), Enter(0, 1, patch(80, 20, start=-6))
    renderer = FrameRenderer(read(patched(early, late)), None, rasterizer("blend2d"))
    frames = [renderer.frame(tick) for tick in range(12)]
    assert len(opened) == 2
    assert (frames[6][10:30, 20:40] == frames[0][10:30, 70:90]).all()


def test_paints_jump_to_and_from_textures() -> None:
    """Whatever the token's duration, while the place goes on evenly."""
    goal = replace(patch(84, 36), paint=RED)
    scene = patched(Enter(0, 0, patch(44, 36)), Edit(4, 8, 0, goal), Edit(14, 8, 0, patch(44, 36)))
    assert (frame(scene, 8)[36, 56:72] == RED.colour).all()
    assert not (frame(scene, 18)[36, 56:72] == RED.colour).all()
    assert (frame(scene, 18) == frame(patched(Enter(0, 0, patch(64, 36))), 18)).all()


@pytest.mark.parametrize("size", [(64, 36), (256, 144)])
def test_patches_at_other_sizes(size: tuple[int, int]) -> None:
    """Close to the frame made smaller or larger."""
    whole = frame(patched(Enter(0, 0, patch(64, 36, outline=WIDE))), 0).astype(float)
    shown = frame(patched(Enter(0, 0, patch(64, 36, outline=WIDE))), 0, size=size).astype(float)
    share = size[0] / 128
    for y, x in ((30, 50), (40, 80), (36, 64)):
        assert np.abs(shown[int(y * share), int(x * share)] - whole[y, x]).max() < 25


def test_a_film_takes_as_many_patches_as_it_may() -> None:
    """Stills count as one, sequences as eight; too many are refused by writer and reader."""
    stills = [Enter(0, number, patch(20, 20, texture=STILL)) for number in range(MAX_LIVE_TEXTURES)]
    assert read(patched(*stills)).scene(0).spans[0].tokens == tuple(stills)
    with pytest.raises(UsageError, match="too many shapes show textures"):
        written([patched(*stills[:-7], Enter(0, 99, patch(20, 20)))])
    gone = [
        *stills[:32],
        *(Leave(1, number) for number in range(32)),
        *(replace(s, at=2, shape=s.shape + 32) for s in stills[:32]),
    ]
    assert read(patched(*gone)).scene(0) == patched(*gone)


def test_shapes_that_leave_for_ever_count(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens: list[Token] = []
    for number in range(40):
        tokens += [Enter(number, number, patch(20, 20)), Leave(number, number, 10_000)]
    renderer = FrameRenderer(read(patched(*tokens, end=99)), None, rasterizer("blend2d"))
    renderer.frame(15)
    with pytest.raises(FormatError, match="too many shapes show textures"):
        renderer.frame(16)
    monkeypatch.setattr(stage, "MAX_LIVE", 8)
    crowd = [replace(token, state=replace(token.state, paint=RED)) if isinstance(token, Enter) else token
             for token in tokens]  # fmt: skip
    renderer = FrameRenderer(read(patched(*crowd, end=99)), None, rasterizer("blend2d"))
    renderer.frame(15)
    with pytest.raises(FormatError, match="too many shapes"):
        renderer.frame(16)


def test_moving_a_patch_brings_no_texture() -> None:
    """A span may move one more often than it may bring textures."""
    moves = [Edit(1, 0, 0, patch(20 + step % 9, 20)) for step in range(200)]
    assert read(patched(Enter(0, 0, patch(20, 20)), *moves)).scene(0).spans[0].tokens[1:] == tuple(moves)
    turns = [Edit(1, 0, 0, patch(20, 20, step)) for step in range(200)]
    with pytest.raises(UsageError, match="textures"):
        written([patched(Enter(0, 0, patch(20, 20)), *turns)])


@pytest.mark.parametrize("limit", ["MAX_LIVE_TEXTURES", "MAX_SPAN_TEXTURES"])
def test_a_reader_refuses_what_a_writer_would_not_write(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    data, _ = written([patched(*(Enter(0, number, patch(20, 20, texture=STILL)) for number in range(5)))])
    monkeypatch.setattr(scene_reader, limit, 4)
    with pytest.raises(FormatError, match="too many textures"):
        FilmReader(io.BytesIO(data)).scene(0)


def test_a_mask_takes_no_texture(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = Mask(2, 2, 1, bytes([1, 0, 1, 1]))
    scene = patched(Enter(0, 0, patch(20, 20, outline=mask)))
    with pytest.raises(UsageError, match="mask"):
        written([scene])
    monkeypatch.setattr(film_writer, "check_span", lambda *_: None)
    with pytest.raises(FormatError, match="mask"):
        read(scene).scene(0)


def packets(scene: Scene) -> bytes:
    return write_packets(MemoryFilm(HEADER, [scene], duration=24))[0]


SENT = patched(
    Enter(0, 0, patch(30, 36)), Enter(0, 1, replace(patch(90, 36), paint=SKY)),
    Edit(4, 6, 0, patch(36, 40)), Edit(12, 0, 1, patch(90, 36, 15)),
    Edit(18, 0, 1, replace(patch(90, 36), paint=RED)),
)  # fmt: skip


def test_patches_in_packets() -> None:
    """The same tokens; without the texture's fragment, grey boxes in its place that move and change."""
    data = packets(SENT)
    assert FilmReader(io.BytesIO(data)).scene(0) == SENT
    kinds = kinds_of(data)
    lost = {place for place, kind in enumerate(kinds) if kind in (SectionKind.FRAGMENT, SectionKind.REPAIR)}
    assert kinds.count(SectionKind.FRAGMENT) == 1
    bare = film_without(data, lost)
    paints = [token.state.paint for token in bare.scene(0).spans[0].tokens if isinstance(token, Enter | Edit)]
    assert [type(paint) for paint in paints] == [Solid, LinearGradient, Solid, LinearGradient, Solid]
    renderer = FrameRenderer(bare)
    assert (renderer.frame(0)[36, 22:38] == (126, 128, 128)).all()
    assert (renderer.frame(20)[36, 82:98] == RED.colour).all()


@pytest.mark.parametrize("make", [lambda: written([SENT])[0], lambda: packets(SENT)])
def test_hostile_bytes_raise_nothing_else(make: Callable[[], bytes]) -> None:
    """Mutated films: pictures or MtorError."""
    chance = random.Random(3)
    data = make()
    for _ in range(80):
        try:
            renderer = FrameRenderer(FilmReader(io.BytesIO(mutated_inside(data, chance))))
            for tick in (0, 7, 13, 20):
                renderer.frame(tick)
        except MtorError:
            continue


def test_patches_in_rfc_json(tmp_path: Path) -> None:
    """Byte by byte the same film again."""
    data, _ = written([SENT])
    export_json(FilmReader(io.BytesIO(data)), tmp_path / "json")
    import_json(tmp_path / "json", tmp_path / "back.mtor")
    assert (tmp_path / "back.mtor").read_bytes() == data
    assert "shows a picture" in (tmp_path / "json" / "tokens.jsonl").read_text(encoding="utf-8")


def test_patches_in_svg(tmp_path: Path) -> None:
    """A pattern of the picture's size; an animation holds the first picture and says so."""
    exporter = plugins.get("exporter", "svg")
    still = exporter.export(read(SENT), tmp_path, {"time": "0.5"})[0].read_text(encoding="utf-8")
    assert len(re.findall("<pattern", still)) == 2
    assert re.search(r'<pattern [^>]*width="20" height="20"', still)
    image = re.search(r'href="data:image/png;base64,([^"]+)"', still)
    assert image is not None
    assert base64.b64decode(image[1]).startswith(b"\x89PNG")
    animated = exporter.export(read(SENT), tmp_path, {})[0].read_text(encoding="utf-8")
    assert len(re.findall("<pattern", animated)) == 2
    ElementTree.fromstring(animated)


def test_a_snapshot_holds_patches() -> None:
    """Who enters there sees the same picture."""
    stream = io.BytesIO()
    writer = film_writer.FilmWriter(stream, HEADER)
    scene = patched(Enter(0, 0, patch(30, 36)))
    writer.scene(scene.head)
    writer.span(scene.spans[0])
    writer.snapshot(24, scene.head, [Enter(24, 0, patch(30, 36))])
    writer.span(texture_films.Span(24, 40, (Edit(30, 4, 0, patch(60, 36)),)))
    writer.finish(40)
    entered = list(FilmReader(io.BytesIO(stream.getvalue())).spans(0, 26))
    assert entered[0].tokens[-1] == Enter(24, 0, patch(30, 36))
    assert entered[1].tokens == (Edit(30, 4, 0, patch(60, 36)),)


def test_a_full_temporary_folder_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(**_: object) -> tuple[int, str]:
        return os.open("/dev/full", os.O_WRONLY), str(tmp_path / "tile.bmp")

    (tmp_path / "tile.bmp").touch()
    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(OutputError, match="set aside"):
        blend2d._tile_image(np.zeros((64, 64, 3), dtype=np.uint8))
