# SPDX-License-Identifier: Apache-2.0
"""Films in which much happens, always the same, for the tests of the codec."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from fractions import Fraction

from memory_films import MemoryFilm

from mtor_transcode.codec.canonical import canonical_outline
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import (
    AudioInfo,
    AudioPacket,
    Background,
    Camera,
    CameraMove,
    Contour,
    Edit,
    Enter,
    FilmHeader,
    Leave,
    NodeKind,
    Outline,
    Scene,
    SceneStart,
    ShapeState,
    Solid,
    Span,
    Subtitle,
    SubtitleInfo,
    Token,
    Transform,
)

HEADER = FilmHeader(1280, 720, Fraction(1, 25), Fraction(25))
BLACK = Solid((16, 128, 128))


def blob(chance: random.Random, nodes: int, step: int = 4) -> Outline:
    points = [(0, 0)]
    for _ in range(nodes - 1):
        x, y = points[-1]
        points.append((x + step * chance.randint(-9, 9), y + step * chance.randint(-9, 9)))
    kinds = tuple(chance.choice([NodeKind.CORNER, NodeKind.SMOOTH]) for _ in points)
    return canonical_outline(Outline((Contour(tuple(points), kinds),)))[0]


def busy_scene(number: int, start: int, seed: int = 1, shapes: int = 60, spans: int = 2) -> Scene:
    """A scene with reuse, motion, recolouring, new outlines in each span, shapes that come and go."""
    chance = random.Random(seed)
    library = [blob(chance, chance.randint(4, 18)) for _ in range(20)]
    live: dict[int, ShapeState] = {}
    made: list[Span] = []
    at = start
    next_shape = 0
    for _ in range(spans):
        begin, tokens = at, list[Token]()
        for _ in range(shapes // spans):
            place = Transform(4 * chance.randint(0, 4000), 4 * chance.randint(0, 2000))
            live[next_shape] = ShapeState(
                chance.choice(library), Solid((chance.randint(0, 255), 128, 90)), place
            )
            tokens.append(Enter(at, next_shape, live[next_shape]))
            next_shape += 1
        for _ in range(4):
            at += 10
            for shape in sorted(live)[::2]:
                state = live[shape]
                place = replace(state.transform, dx=state.transform.dx + 9 + chance.randint(0, 1))
                live[shape] = replace(state, transform=place)
                tokens.append(Edit(at, 10, shape, live[shape]))
        gone = chance.choice(sorted(live))
        del live[gone]
        tokens.append(Leave(at, gone, 5))
        tokens.append(CameraMove(at, 10, Camera(at, 5)))
        tokens.append(Background(at, 4, Solid((20, at % 256, 128))))
        library += [blob(chance, 12) for _ in range(3)]
        at += 10
        made.append(Span(begin, at, tuple(tokens)))
    return Scene(SceneStart(number, start, BLACK), tuple(made))


def busy_film(scenes: int = 3) -> MemoryFilm:
    made = [busy_scene(number, 100 * number, seed=number) for number in range(scenes)]
    header = replace(HEADER, audio=AudioInfo("opus", 48000, 1), subtitles=(SubtitleInfo("en"),))
    packets = [AudioPacket(2880 * k, 2880, b"\x48" + bytes([k] * (30 + k % 7))) for k in range(20)]
    lines = [Subtitle(0, 1000 * k, 1000 * k + 900, f"Line {k} of some text") for k in range(5)]
    return MemoryFilm(header, made, packets, lines, 100 * scenes)


def film_with_snapshots(scene: Scene) -> bytes:
    """A film of one scene of ``busy_scene`` that can be entered before each of its spans but the first."""
    stream = io.BytesIO()
    writer = FilmWriter(stream, HEADER)
    writer.scene(scene.head)
    live: dict[int, ShapeState] = {}
    head = scene.head
    for number, span in enumerate(scene.spans):
        if number:
            state = [Enter(span.start, shape, live[shape]) for shape in sorted(live, reverse=True)]
            writer.snapshot(span.start, replace(head, start=span.start), state)
        for token in span.tokens:
            if isinstance(token, Enter | Edit):
                live[token.shape] = token.state
            elif isinstance(token, Leave):
                del live[token.shape]
            elif isinstance(token, CameraMove):
                head = replace(head, camera=token.camera)
            else:
                head = replace(head, background=token.paint)
        writer.span(span)
    writer.finish(scene.end)
    return stream.getvalue()


def read_all(data: bytes) -> int:
    """Reads everything a file holds; returns a count of it."""
    film = FilmReader(io.BytesIO(data), "film.mtor")
    count = 0
    for entry in film.heads():
        for span in film.spans(entry.head.number, entry.head.start):
            count += len(span.tokens)
    count += sum(1 for _ in film.audio()) + sum(1 for _ in film.subtitles())
    return count + sum(film.bytes_by_kind.values()) + sum(outline.node_count for outline in film.dictionary())
