# SPDX-License-Identifier: Apache-2.0
"""The report: a film beside its source, measured, with its rates, scenes and pictures."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, cast

import cv2
import msgspec

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.loss import Loss
from mtor_transcode.codec.series import FindSeries
from mtor_transcode.errors import InputError, UsageError
from mtor_transcode.files import check_output, write_whole
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.ingest.source import Source, open_source
from mtor_transcode.measure.anatomy import Anatomy, anatomy
from mtor_transcode.measure.comparison import Comparison, Pairing, Ycc, compare, pictures_at
from mtor_transcode.measure.environment import machine, versions
from mtor_transcode.measure.ffmpeg import find_ffmpeg
from mtor_transcode.measure.losses import losses
from mtor_transcode.measure.measured import MeasuredFilm
from mtor_transcode.measure.metrics import Planes
from mtor_transcode.measure.quality import frame_rows, quality, scene_rows
from mtor_transcode.measure.rates import rates, rfc_figures, seconds_of, timeline
from mtor_transcode.measure.result import FilmFacts, LossRow, Report, Speed, VideoFacts
from mtor_transcode.measure.vmaf import FilterRun, FilterScores, Layout, Wanted, usable
from mtor_transcode.measure.writers import write_csv, write_json
from mtor_transcode.render.chroma import Plane, shrink, to_depth
from mtor_transcode.render.frames import FrameRenderer

StrPath = str | os.PathLike[str]
ProgressCallback = Callable[[str, int, int], None]
"""Told the stage (``measure``, ``loss``, ``pictures``, ``write``), frames done, and in all (0 if unknown)."""

_SLACK = Fraction(1, 10)
"""Seconds by which a film may outlast its source (or two frames, if they are longer)."""


def report(
    source: StrPath,
    film: StrPath,
    *,
    html: StrPath | None = None,
    json: StrPath | None = None,
    csv: StrPath | None = None,
    vmaf: bool = True,
    start: Fraction | float | str | None = None,
    duration: Fraction | float | str | None = None,
    video_track: int | str | None = None,
    audio_track: int | str | None = None,
    find_series: FindSeries | None = None,
    progress: ProgressCallback | None = None,
) -> Report:
    """Measures the film at ``film`` against the video at ``source`` and writes the outputs asked for.

    ``start`` and ``duration`` (s) and the tracks choose the part of the source, as they did when the film was
    made. Without ``vmaf``, FFmpeg is not used.

    Raises InputError (no such file, no video), FormatError (no film), UsageError (the two do not belong
    together, a part that makes no sense), OutputError.
    """
    outputs = [Path(path) for path in (html, json, csv) if path is not None]
    for path in outputs:
        check_output(path)
    tell = progress or _silent
    with (
        _opened(Path(film)) as reader_file,
        open_source(source, video=video_track, audio=audio_track, start=start, duration=duration) as opened,
    ):
        reader = FilmReader(reader_file, str(film), find_series)
        measured = Measurement(opened, reader, Path(film).name, whole=start is None and duration is None)
        found = measured.run(vmaf=vmaf, progress=tell)
        if reader.in_packets:
            tell("loss", 0, 0)
            found = msgspec.structs.replace(
                found,
                loss=measured.losses(lambda loss: FilmReader(reader_file, str(film), find_series, loss)),
            )
        pictures = measured.pictures(found, tell) if html is not None else {}
        tell("write", 0, 0)
        if json is not None:
            write_json(found, Path(json))
        if csv is not None:
            write_csv(found, Path(csv))
        if html is not None:
            from mtor_transcode.measure.html import html_page
            from mtor_transcode.measure.html.images import triples

            shown = triples(pictures, reader.header.colour, opened.info.pixel_aspect)
            write_whole(Path(html), html_page(found, shown).encode())
    return found


def _silent(stage: str, done: int, total: int) -> None:
    """The progress callback of nobody."""


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise InputError(reason, where=str(path), remedy="name a .mtor file") from error


class Measurement:
    """A source and a film that belong together. Raises UsageError if their pictures differ in size.

    ``name`` is the film's in the report; ``whole`` tells that no part of the source was chosen.
    """

    def __init__(self, source: Source, film: MeasuredFilm, name: str = "", *, whole: bool = True) -> None:
        info, header = source.info, film.header
        if (info.width, info.height) != (header.width, header.height):
            raise UsageError(
                f"is {info.width}x{info.height}, the film {header.width}x{header.height}: "
                "they do not belong together",
                where=source.name,
                remedy="name the video that the film was made from",
            )
        self._source = source
        self._film = film
        self._name = name
        self._whole = whole
        self._painter = FrameRenderer(film)
        self._pairing = Pairing(
            ratio=info.time_base / header.time_base,
            end=film.duration,
            depth=info.bit_depth,
            to_planes=lambda ycc: like_source(ycc, info),
        )

    def run(
        self, *, vmaf: bool = True, features: tuple[str, ...] = (), progress: ProgressCallback = _silent
    ) -> Report:
        """Measures every frame once. ``features`` are further libvmaf features to compute (not reported)."""
        source, film = self._source, self._film
        info = source.info
        ffmpeg = find_ffmpeg() if vmaf else None
        layout = Layout(info.width, info.height, info.chroma, info.bit_depth, info.frame_rate)
        wanted, missing = usable(ffmpeg, layout, Wanted(features=features))
        if not vmaf:
            missing = dict.fromkeys(missing, "it was not asked for")
        filters = FilterRun(ffmpeg, layout, wanted) if ffmpeg and wanted else None
        try:
            found = compare(
                source.frames(),
                self._painter,
                self._pairing,
                filters,
                lambda done: progress("measure", done, info.frames),
            )
        finally:
            if filters is not None:
                filters.close()
        notes = self._notes(found)
        scores = FilterScores(found.filters.values, {**missing, **found.filters.reasons})
        return self._assembled(found, scores, anatomy(film), notes, versions(ffmpeg))

    def pictures(self, found: Report, progress: ProgressCallback = _silent) -> dict[int, tuple[Ycc, Ycc]]:
        """``{frame number: (source, render)}`` of the frames that the report picked, decoded once more."""
        picks = found.quality.picks
        progress("pictures", 0, 0)
        return pictures_at(
            self._source.frames(), self._painter, self._pairing, {picks.worst, picks.median, picks.best}
        )

    def losses(self, opened: Callable[[Loss | None], FilmReader]) -> tuple[LossRow, ...]:
        """What loss on the way does to the film that ``opened`` opens, from one more pass over the source."""
        return losses(self._source.frames(), opened, self._pairing)

    def _notes(self, found: Comparison) -> tuple[str, ...]:
        """What the user should know of the extent.

        Raises UsageError if there was nothing to compare, or the film goes on after its source.
        """
        source, film = self._source, self._film
        if not found.frames:
            raise UsageError(
                "the film has no picture at the time of any of its frames",
                where=source.name,
                remedy="transcode it anew",
            )
        last = found.frames[-1]
        info = source.info
        source_end = (last.tick + last.duration) * info.time_base
        film_end = film.duration * film.header.time_base
        notes = list(source.warnings)
        if film.truncated:
            notes.append(f"The film's file is cut off: measured up to the cut at {float(film_end):.2f} s.")
        if not found.complete:
            notes.append(
                f"The film ends at {float(film_end):.2f} s, the source at {float(info.duration):.2f} s: "
                "only what both have was compared."
            )
        elif film_end > source_end + max(_SLACK, 2 / info.frame_rate):
            if source.length is None:
                raise UsageError(
                    f"ends at {float(source_end):.2f} s, the film goes on to {float(film_end):.2f} s: "
                    "they do not belong together",
                    where=source.name,
                    remedy="name the video that the film was made from, and the same start",
                )
            notes.append(
                f"Only the first {float(source_end):.2f} s of {float(film_end):.2f} s were compared."
            )
        return tuple(notes)

    def _assembled(
        self,
        found: Comparison,
        scores: FilterScores,
        parts: Anatomy,
        notes: tuple[str, ...],
        used: dict[str, str],
    ) -> Report:
        film, info = self._film, self._source.info
        first, last = found.frames[0], found.frames[-1]
        shown = max(float((last.tick + last.duration - first.tick) * info.time_base), 1e-6)
        rated = rates(film, info, self._whole, len(found.frames) / shown)
        rows = frame_rows(found, scores, info.time_base)
        ticks = [self._pairing.film_tick(frame.tick) for frame in found.frames]
        starts = [scene.start for scene in parts.scenes]
        owners = [max(0, bisect_right(starts, tick) - 1) for tick in ticks]
        return Report(
            source=_video_facts(info, rated.source_kbps),
            film=self._film_facts(parts),
            rates=rated,
            quality=quality(found, scores, info.bit_depth),
            rfc=rfc_figures(film, parts, rated.raw_kbps),
            scenes=scene_rows(parts, rows, owners, film.header.time_base),
            timeline=timeline(film, parts),
            frames=rows,
            notes=notes,
            speed=Speed(
                render_seconds=round(found.render_seconds, 3),
                render_fps=round(len(rows) / max(found.render_seconds, 1e-9), 2),
                total_seconds=round(found.total_seconds, 3),
            ),
            versions=used,
            machine=machine(),
        )

    def _film_facts(self, parts: Anatomy) -> FilmFacts:
        film = self._film
        return FilmFacts(
            name=self._name,
            width=film.header.width,
            height=film.header.height,
            frame_rate=round(float(film.header.frame_rate), 6),
            duration=round(seconds_of(film), 6),
            bytes=sum(film.bytes_by_kind.values()),
            scenes=len(parts.scenes),
            shapes=parts.shapes,
            outlines=len(film.dictionary()),
            tokens=parts.tokens,
            truncated=film.truncated,
        )


def like_source(ycc: Ycc, info: SourceInfo) -> Planes:
    """A 4:4:4 8 bit picture as planes of the source's chroma and depth, by the rules of ``render.chroma``."""
    across, down = info.chroma
    luma, first, second = (cast("Plane", plane) for plane in cv2.split(ycc))
    planes = (luma, shrink(first, across, down), shrink(second, across, down))
    return planes if info.bit_depth == 8 else [to_depth(plane, 8, info.bit_depth) for plane in planes]


def _video_facts(info: SourceInfo, kbps: float) -> VideoFacts:
    return VideoFacts(
        name=Path(info.path).name or info.path,
        container=info.container,
        codec=info.codec,
        width=info.width,
        height=info.height,
        frame_rate=round(float(info.frame_rate), 6),
        variable_rate=info.vfr,
        bit_depth=info.bit_depth,
        pixel_format=info.pixel_format,
        duration=round(float(info.duration), 6),
        bytes=info.byte_size,
        kbps=kbps,
        video_kbps=round(info.bit_rate / 1000, 6),
    )
