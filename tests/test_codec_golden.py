# SPDX-License-Identifier: Apache-2.0
"""Golden vectors: films as JSON values with their bytes in hex, so that a second decoder can be tested too.

``GENERATE_GOLDEN=1 pytest tests/test_codec_golden.py`` writes them anew. A change of the bytes is a change of
the format: raise ``container.VERSION`` once files are out.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
from collections.abc import Callable, Collection
from fractions import Fraction
from pathlib import Path

import pytest
import texture_films
from busy_films import HEADER, busy_film, busy_scene
from memory_films import MemoryFilm, write_film
from packet_films import film_without, kinds_of, write_packets

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.binarise import write_number, write_signed, write_tree
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.model import (
    Background,
    Border,
    Contour,
    Edit,
    Enter,
    LinearGradient,
    Mask,
    NodeKind,
    Outline,
    Paint,
    RadialGradient,
    Scene,
    SceneStart,
    ShadingField,
    ShapeState,
    Solid,
    Span,
    TexturePaint,
    Token,
    Transform,
    Transition,
)

GOLDEN = Path(__file__).parent / "golden"


def _elements() -> MemoryFilm:
    """A small film with each element once: box, curves, open stroke, gradient, edit, dissolve."""
    corner, smooth, control = NodeKind
    box = Outline((Contour(((-64, -32), (64, -32), (64, 32), (-64, 32)), (corner,) * 4),))
    drop = Outline(
        (Contour(((-16, 32), (-16, -32), (16, -32), (16, 32)), (corner, control, control, smooth)),)
    )
    line = Outline((Contour(((-40, 0), (0, -8), (40, 8)), (corner, smooth, corner), closed=False),), 24)
    bent = Outline((Contour(((-40, 0), (0, -12), (40, 12)), (corner, smooth, corner), closed=False),), 24)
    sky = LinearGradient((100, 140, 110), (200, 130, 120), 16, -2, 18)
    red = Solid((81, 90, 240))
    shapes = [
        ShapeState(box, red, Transform(3200, 1600)),
        ShapeState(drop, sky, Transform(3333, 1600, 5000, 100), 200),
        ShapeState(line, Solid((235, 128, 128)), Transform(160, 160)),
    ]
    first = Span(0, 50, (
        *(Enter(0, number, state) for number, state in enumerate(shapes)),
        Edit(10, 10, 2, dataclasses.replace(shapes[2], outline=bent, transform=Transform(175, 160))),
        Edit(20, 10, 2, dataclasses.replace(shapes[2], outline=bent, transform=Transform(190, 160))),
    ))  # fmt: skip
    head = SceneStart(0, 0, sky)
    second = SceneStart(1, 50, red, transition=Transition.DISSOLVE, transition_duration=12)
    return MemoryFilm(HEADER, [Scene(head, (first,)), Scene(second, (Span(50, 60, ()),))], [], [], 60)


def _soft() -> MemoryFilm:
    """The small film with a soft scene, and one of the greatest softness that dissolves."""
    film = _elements()
    scenes = [
        dataclasses.replace(scene, head=dataclasses.replace(scene.head, softness=softness))
        for scene, softness in zip(film.scenes, (20, 63), strict=True)
    ]
    return dataclasses.replace(film, scenes=scenes)


def _textured() -> MemoryFilm:
    """A texture, a plain background, another that moves; a second scene that shares the first."""
    first, second = texture_films.scene(0, 0, shapes=True), texture_films.scene(1, 24)
    late = TexturePaint(texture_films.MOVING, 15)
    tokens = (Background(12, 4, Solid((40, 90, 160))), Background(16, 0, late))
    first = dataclasses.replace(first, spans=(*first.spans, Span(12, 24, tokens)))
    return MemoryFilm(texture_films.HEADER, [first, second], [], [], 36)


def _patches() -> MemoryFilm:
    """A shape that shows a texture and moves, one that takes it over from a gradient, and back."""
    sky = LinearGradient((100, 140, 110), (200, 130, 120), 16)
    shown = texture_films.patch(30, 36)
    plain = dataclasses.replace(texture_films.patch(90, 36), paint=sky)
    later = texture_films.patch(90, 36, 15)
    scene = texture_films.patched(
        Enter(0, 0, shown),
        Enter(0, 1, plain),
        Edit(4, 6, 0, texture_films.patch(36, 40)),
        Edit(12, 0, 1, later),
        Edit(18, 0, 1, plain),
    )
    return MemoryFilm(texture_films.HEADER, [scene], [], [], 24)


def _masks() -> MemoryFilm:
    """Masks of one level and several, one like another, a vector outline between them, an edit to a mask."""
    bar = Mask(3, 4, 1, bytes([1, 1, 0] * 4))
    ring = Mask(5, 4, 3, bytes([0, 2, 3, 2, 0, 3, 0, 0, 1, 3, 3, 1, 0, 0, 3, 0, 2, 3, 2, 0]))
    thick = Mask(6, 4, 3, bytes([0, 2, 3, 3, 2, 0, 3, 0, 0, 0, 1, 3, 3, 1, 0, 0, 0, 3, 0, 2, 3, 3, 2, 0]))
    dots = Mask(2, 2, 15, bytes([0, 7, 14, 15]))
    triangle = Outline((Contour(((-16, -16), (16, -16), (0, 16)), (NodeKind.CORNER,) * 3),))
    ink = Solid((235, 128, 128))
    states = [
        ShapeState(outline, ink, Transform(160 * place, 320 + place % 2))
        for place, outline in enumerate((bar, ring, triangle, thick, dots, ring))
    ]
    tokens = (
        *(Enter(0, number, state) for number, state in enumerate(states)),
        Edit(10, 0, 1, dataclasses.replace(states[1], outline=dots)),
    )
    scene = Scene(SceneStart(0, 0, Solid((16, 128, 128))), (Span(0, 50, tokens),))
    return MemoryFilm(HEADER, [scene], [], [], 50)


def _palettes() -> MemoryFilm:
    """Palette patches: a colour used again, each kind of cell, one colour only; a mask between them."""
    red, white, green = (81, 90, 240), (235, 128, 128), (145, 54, 34)
    flag = Mask(4, 3, 3, bytes([1, 1, 2, 0, 3, 1, 2, 2, 3, 3, 0, 1]), colours=(red, white, green))
    many = Mask(6, 4, 8, bytes(range(9)) + bytes([8, 0, 4, 2, 2, 6, 7, 1, 1, 0, 5, 3, 3, 8, 0]),
                colours=(green, *((16 * k, 100 + k, 140 - k) for k in range(1, 8))))  # fmt: skip
    plain = Mask(3, 2, 1, bytes([0, 1, 1, 1, 0, 1]), colours=(white,))
    bar = Mask(3, 4, 1, bytes([1, 1, 0] * 4))
    ink = Solid((100, 120, 130))
    states = [
        ShapeState(outline, ink, Transform(160 * place, 320))
        for place, outline in enumerate((flag, bar, many, plain, flag))
    ]
    tokens = (
        *(Enter(0, number, state) for number, state in enumerate(states)),
        Edit(10, 0, 0, dataclasses.replace(states[0], outline=plain)),
    )
    scene = Scene(SceneStart(0, 0, Solid((16, 128, 128))), (Span(0, 50, tokens),))
    return MemoryFilm(HEADER, [scene], [], [], 50)


def _borders() -> MemoryFilm:
    """Borders: new, the same again, another, on a line, on a gradient; kept, changed, taken and given."""
    triangle = Outline((Contour(((-16, -16), (16, -16), (0, 16)), (NodeKind.CORNER,) * 3),))
    line = Outline((Contour(((-80, 0), (80, 0)), (NodeKind.CORNER,) * 2, closed=False),), 24)
    halo, ink = Border(56, (16, 128, 128)), Border(8, (60, 100, 200), sharp=True)
    white, sky = (
        Solid((235, 128, 128), halo),
        LinearGradient((100, 140, 110), (200, 130, 120), 16, 0, 16, ink),
    )
    paints: list[Paint] = [white, white, Solid((235, 128, 128)), sky, Solid((60, 100, 200), halo)]
    states = [
        ShapeState(line if number == 1 else triangle, paint, Transform(160 * number, 320))
        for number, paint in enumerate(paints)
    ]
    edits: list[Paint] = [
        Solid((81, 90, 240), halo), Solid((235, 128, 128), ink), white, dataclasses.replace(sky, border=None)
    ]  # fmt: skip
    tokens = (
        *(Enter(0, number, state) for number, state in enumerate(states)),
        *(Edit(10, 5, n, dataclasses.replace(states[n], paint=paint)) for n, paint in enumerate(edits)),
    )
    scene = Scene(SceneStart(0, 0, Solid((16, 128, 128))), (Span(0, 50, tokens),))
    return MemoryFilm(HEADER, [scene], [], [], 50)


def _radial() -> MemoryFilm:
    """Radial gradients: new, the same place again, another; moved, recoloured, from and to other paints."""
    triangle = Outline((Contour(((-64, -64), (64, -64), (0, 64)), (NodeKind.CORNER,) * 3),))
    glow = RadialGradient((235, 128, 128), (81, 90, 240), 20, 19, 64, 64)
    ring = RadialGradient((100, 140, 110), (30, 128, 128), 32, 64, 45, 90, 5)
    paints: list[Paint] = [glow, dataclasses.replace(glow, last=(60, 100, 100)), ring, Solid((16, 128, 128))]
    states = [ShapeState(triangle, paint, Transform(160 * n, 320)) for n, paint in enumerate(paints)]
    edits: list[Paint] = [
        dataclasses.replace(glow, x=-64, y=128, rx=1, ry=256, inner=15),
        dataclasses.replace(paints[1], first=(200, 120, 140)),
        LinearGradient((100, 140, 110), (200, 130, 120), 16),
        ring,
    ]
    tokens = (
        *(Enter(0, number, state) for number, state in enumerate(states)),
        *(Edit(10, 5, n, dataclasses.replace(states[n], paint=paint)) for n, paint in enumerate(edits)),
        Background(20, 10, dataclasses.replace(glow, rx=70)),
    )
    scene = Scene(
        SceneStart(0, 0, RadialGradient((200, 128, 128), (90, 120, 140), rx=45, ry=45)),
        (Span(0, 50, tokens),),
    )
    return MemoryFilm(HEADER, [scene], [], [], 50)


def _fields() -> MemoryFilm:
    """Shading fields: the first grid, new ones, the last again; levels changed, recoloured, other kinds."""
    triangle = Outline((Contour(((-64, -64), (64, -64), (0, 64)), (NodeKind.CORNER,) * 3),))
    plain = ShadingField((235, 128, 128), (81, 90, 240), 2, (0, 0, 16, 16))
    ramp = (0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 9, 32, 32, 30, 0, 1, 9, 8, 7, 6)
    shade = ShadingField((100, 140, 110), (30, 128, 128), 4, ramp, 32)
    largest = ShadingField((100, 140, 110), (30, 128, 128), 17, tuple(k * k % 65 for k in range(289)), 64)
    paints: list[Paint] = [plain, shade, dataclasses.replace(shade, last=(9, 9, 9)), Solid((16, 128, 128))]
    states = [ShapeState(triangle, paint, Transform(160 * n, 320)) for n, paint in enumerate(paints)]
    edits: list[Paint] = [
        dataclasses.replace(plain, levels=(16, 3, 0, 16)),
        dataclasses.replace(plain, first=(200, 120, 140), levels=(8, 0, 2, 4), steps=8),
        LinearGradient((100, 140, 110), (200, 130, 120), 16),
        largest,
    ]
    tokens = (
        *(Enter(0, number, state) for number, state in enumerate(states)),
        *(Edit(10, 5, n, dataclasses.replace(states[n], paint=paint)) for n, paint in enumerate(edits)),
        Background(20, 10, dataclasses.replace(plain, last=(16, 128, 128))),
        Edit(30, 5, 0, dataclasses.replace(states[0], paint=largest)),
        Edit(30, 5, 3, dataclasses.replace(states[3], paint=RadialGradient((9, 9, 9), (99, 9, 9)))),
    )
    head = SceneStart(0, 0, ShadingField((200, 128, 128), (90, 120, 140), 2, (0, 8, 8, 0, 8, 8), 8))
    return MemoryFilm(HEADER, [Scene(head, (Span(0, 50, tokens),))], [], [], 50)


FILMS: dict[str, Callable[[], MemoryFilm]] = {
    "empty": lambda: MemoryFilm(HEADER, [], [], [], 0),
    "elements": _elements,
    "soft": _soft,
    "textured": _textured,
    "masks": _masks,
    "palettes": _palettes,
    "patches": _patches,
    "borders": _borders,
    "radial": _radial,
    "fields": _fields,
    "busy": lambda: MemoryFilm(HEADER, [busy_scene(0, 0, shapes=16)], [], [], 100),
    "sound": lambda: dataclasses.replace(busy_film(0), duration=100),
}


def as_json(value: object) -> object:
    """Dataclasses as objects with their type's name, fractions as strings, bytes as hex."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told = [field.name for field in dataclasses.fields(value) if field.compare]
        # The vectors are for decoders in any language: there a film is a film.
        kind = "Film" if isinstance(value, MemoryFilm) else type(value).__name__
        return {"type": kind, **{name: as_json(getattr(value, name)) for name in told}}
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def check(name: str, made: dict[str, object]) -> None:
    """Compares with the stored vector, or stores it."""
    path = GOLDEN / f"{name}.json"
    text = json.dumps(made, indent=None, separators=(",", ":")).replace('},{"type"', '},\n{"type"') + "\n"
    if os.environ.get("GENERATE_GOLDEN") == "1":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text)


@pytest.mark.parametrize("name", FILMS)
def test_films(name: str) -> None:
    """The stored bytes are what is written today, and read as the stored values."""
    film = FILMS[name]()
    data, _ = write_film(film)
    check(f"film_{name}", {"bytes": data.hex(), "film": as_json(film)})
    stored = json.loads((GOLDEN / f"film_{name}.json").read_text(encoding="utf-8"))
    reader = FilmReader(io.BytesIO(bytes.fromhex(stored["bytes"])))
    scenes = [reader.scene(entry.head.number) for entry in reader.heads()]
    back = MemoryFilm(reader.header, scenes, list(reader.audio()), list(reader.subtitles()), reader.duration)
    assert as_json(back) == stored["film"]


def test_packets() -> None:
    """A film in packets, with repeats and a repair, and what it reads as when its second packet is lost."""
    film = MemoryFilm(HEADER, [busy_scene(0, 0, shapes=90, spans=1)], [], [], 50)
    data, _ = write_packets(film, 10)
    check("packets", {"bytes": data.hex(), "film": as_json(film), "without_1": as_json(_heard(data, {1}))})
    stored = json.loads((GOLDEN / "packets.json").read_text(encoding="utf-8"))
    whole = [token for span in film.scenes[0].spans for token in span.tokens]
    assert as_json(_heard(bytes.fromhex(stored["bytes"]), ())) == as_json(whole)


def _heard(data: bytes, lost: Collection[int]) -> list[Token]:
    """The tokens of scene 0 with packets lost, and all repairs."""
    repairs = {place for place, kind in enumerate(kinds_of(data)) if kind == SectionKind.REPAIR}
    return [token for span in film_without(data, {*lost, *repairs}).spans(0) for token in span.tokens]


def test_range_coder() -> None:
    """Bins and raw bits: the vector a decoder in another language starts with."""
    bins = [(place % 5, int(place * place % 7 == 2)) for place in range(300)]
    writer = RangeWriter(Adaptive())
    for context, value in bins:
        writer.bit(context, value)
        if context == 4:
            writer.raw(context * 37 % 64, 6)
    data = writer.finish()
    check("range_coder", {"bytes": data.hex(), "bins": as_json(bins)})
    reader = RangeReader(data, Adaptive())
    for context, value in bins:
        assert reader.bit(context) == value
        assert context != 4 or reader.raw(6) == 148 % 64


def test_binarisations() -> None:
    """Numbers, signed numbers and trees, each in a group of contexts of its own."""
    numbers = [0, 1, 2, 5, 6, 100, 3, 3, 3, 70000, 2**32 - 1, 0]
    signed = [0, -1, 1, 5, -300, 0, 0, 2**20, -(2**20)]
    trees = [0, 63, 5, 5, 32]
    writer = RangeWriter(Adaptive())
    for value in numbers:
        write_number(writer, 0, value)
    for value in signed:
        write_signed(writer, 40, value)
    for value in trees:
        write_tree(writer, 82, value, 6)
    check("binarisations", {
        "bytes": writer.finish().hex(), "numbers_at_0": numbers, "signed_at_40": signed, "trees_at_82": trees,
    })  # fmt: skip
