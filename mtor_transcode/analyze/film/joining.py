# SPDX-License-Identifier: Apache-2.0
"""Reels coded and joined: the tokens of each are written anew, by one writer, with sound and text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from typing import BinaryIO

from mtor_transcode.analyze.film.beside import Beside, header_of
from mtor_transcode.analyze.film.film_parts import Film, Survey, Tracks
from mtor_transcode.analyze.film.film_pass import Job
from mtor_transcode.analyze.film.options import EncodeOptions
from mtor_transcode.analyze.film.progress import ProgressCallback
from mtor_transcode.analyze.film.reels import Reel
from mtor_transcode.analyze.rate.ceiling import GROUND, Floor
from mtor_transcode.analyze.rate.steering import AHEAD, FlooredCourse
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.packet_film_writer import film_writer
from mtor_transcode.codec.series import always
from mtor_transcode.errors import FormatError
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.ingest.slices import Slice
from mtor_transcode.ingest.source import Source
from mtor_transcode.model import Background, CameraMove, FilmHeader, SceneStart, Span

NO_TRACKS = Tracks(None, (), (), ())


def encode_reel(
    source: Source | Slice,
    survey: Survey,
    reel: Reel,
    options: EncodeOptions,
    lam: float,
    tell: ProgressCallback,
    floor: Floor = GROUND,
) -> Film:
    """A reel of ``source`` as a film by itself, at film time, without sound and text; never in packets.

    Lambda is ``lam``, or what ``floor`` tells where that is more. It depends on nothing but the arguments; of
    ``survey`` only the end counts.
    """
    job = Job(source, survey, NO_TRACKS, replace(options, resilience=0), tell, reel)
    return job.make(FlooredCourse(((0, math.log(lam)),), floor, float(AHEAD / source.info.time_base)))


Made = tuple[Reel, str, Callable[[], BinaryIO]]
"""A reel that was coded: what it is of, the name of the result, and how it is opened."""


def join_reels(
    reels: Iterable[Made],
    info: SourceInfo,
    tracks: Tracks,
    options: EncodeOptions,
    end: int,
    file: BinaryIO,
) -> Film:
    """The film of all ``reels``, each opened when it is needed, that ends at tick ``end``, in ``file``.

    Raises FormatError for a result that is of another reel, or none.
    """
    series = options.series
    writer = film_writer(file, header_of(info, tracks, series), series, options.resilience)
    beside = Beside(writer, tracks, info.time_base)
    scenes = 0
    for reel, name, opened in reels:
        with closing(opened()) as stream:
            made = FilmReader(stream, name, find_series=always(series))
            _check(made, reel, header_of(info, NO_TRACKS, series), name)
            scenes = _copy(made, writer, beside, scenes)
    beside.up_to(None)
    writer.finish(end)
    return Film(file, file.tell(), dict(writer.bytes_by_kind))


def _check(made: FilmReader, reel: Reel, header: FilmHeader, name: str) -> None:
    """FormatError unless a film has the header and the times of a reel: others may have made it."""
    heads = made.heads()
    fits = heads and (heads[0].head.start, heads[-1].end) == (reel.start, reel.end)
    if made.header != header or made.in_packets or made.truncated or not fits:
        raise FormatError(
            "is not of the reel that it is said to be of", where=name, remedy="remove it from the store"
        )


def _copy(reel: FilmReader, writer: FilmWriter, beside: Beside, first: int) -> int:
    """Write the scenes of a reel, numbered from ``first``; the number after the last."""
    heads = [entry.head for entry in reel.heads()]
    for number, head in enumerate(heads, first):
        writer.scene(replace(head, number=number))
        for span, snapshot in reel.parts(head.number):
            if snapshot:
                _snapshot(writer, span)
            else:
                beside.up_to(span.end)
                writer.span(span)
    return first + len(heads)


def _snapshot(writer: FilmWriter, state: Span) -> None:
    background, camera, *tokens = state.tokens
    assert isinstance(background, Background)
    assert isinstance(camera, CameraMove)
    writer.snapshot(state.start, SceneStart(0, state.start, background.paint, camera.camera), tokens)
