# SPDX-License-Identifier: Apache-2.0
"""Films for the tests of delivery: several scenes, sound between them, outlines that come again."""

from __future__ import annotations

import io
from fractions import Fraction

from memory_films import MemoryFilm

from mtor_transcode.codec.container import SectionKind, SectionReader, sealed
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import (
    AudioInfo,
    AudioPacket,
    Camera,
    Contour,
    Edit,
    Enter,
    FilmHeader,
    NodeKind,
    Outline,
    SceneStart,
    ShapeState,
    Solid,
    Span,
    Transform,
)


def square(side: int) -> Outline:
    points = ((-side, -side), (side, -side), (side, side), (-side, side))
    return Outline((Contour(points, (NodeKind.CORNER,) * 4),))


def long_film(scenes: int = 6, shapes: int = 12) -> MemoryFilm:
    """Scenes of 2 s in 1/25 s, with sound; the last scene shows outlines of the first again."""
    sound = AudioInfo("opus", 48000, 1, "", b"", 0)
    header = FilmHeader(320, 180, Fraction(1, 25), Fraction(25), audio=sound)
    film = MemoryFilm(header)
    for number in range(scenes):
        start = 50 * number
        kind = 0 if number == scenes - 1 else number
        film.scene(SceneStart(number, start, Solid((16 + number, 128, 128)), Camera()))
        states = [
            ShapeState(
                square(16 * (10 + shapes * kind + k)), Solid((90 + k, 128, 128)), Transform(160 * k, 800)
            )
            for k in range(shapes)
        ]
        film.span(
            Span(start, start + 25, tuple(Enter(start, k, state, 0, 0) for k, state in enumerate(states)))
        )
        moves = tuple(
            Edit(start + 25 + k, 10, k, ShapeState(state.outline, state.paint, Transform(160 * k + 400, 900)))
            for k, state in enumerate(states)
        )
        film.span(Span(start + 25, start + 50, moves))
    film.packets = [AudioPacket(960 * k, 960, bytes([k % 251]) * 20) for k in range(100 * scenes)]
    film.duration = 50 * scenes
    return film


def big_film(mebibytes: int) -> bytes:
    """A film without an end, of a header and much text."""
    data = written(long_film(1, 1))
    header = SectionReader(io.BytesIO(data), "film").scan().sections[0]
    return data[: header.end] + 2 * mebibytes * sealed(SectionKind.SUBTITLES, bytes(1 << 19))


def written(film: MemoryFilm) -> bytes:
    stream = io.BytesIO()
    writer = FilmWriter(stream, film.header)
    for scene in film.scenes:
        second = [packet for packet in film.packets if packet.pts // 96_000 == scene.head.number]
        writer.audio(second)
        writer.scene(scene.head)
        for span in scene.spans:
            writer.span(span)
    writer.finish(film.duration)
    return stream.getvalue()
