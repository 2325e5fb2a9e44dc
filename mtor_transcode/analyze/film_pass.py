# SPDX-License-Identifier: Apache-2.0
"""One pass over a source, on a course: scene by scene, window by window, into a file that may be kept."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import BinaryIO, cast

from mtor_transcode.analyze.film_parts import Film, Start, Survey, Tracks
from mtor_transcode.analyze.library import OutlineLibrary
from mtor_transcode.analyze.lookahead import Lookahead
from mtor_transcode.analyze.options import EncodeOptions
from mtor_transcode.analyze.progress import Progress, ProgressCallback
from mtor_transcode.analyze.scene_coder import SceneCoder, Times, background_of
from mtor_transcode.analyze.scenes import SceneBoundary
from mtor_transcode.analyze.soften import best_softness
from mtor_transcode.analyze.spool import Spool
from mtor_transcode.analyze.steering import Course
from mtor_transcode.analyze.texture_probe import Window
from mtor_transcode.analyze.texture_shelf import Shelf
from mtor_transcode.analyze.textured import (
    TRIAL,
    SpoolSource,
    set_aside,
    verdict,
    windows,
)
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.price import Pricer
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.source import Source
from mtor_transcode.model import (
    Background,
    Enter,
    FilmHeader,
    SceneStart,
    Span,
    TexturePaint,
)
from mtor_transcode.render.rasterizer import Rasterizer, rasterizer

SPAN_NODES = 40_000
"""Nodes of new shapes after which a span is written in any case."""

WINDOW = 8.0
"""Seconds after which a span is written, at the next key."""

SPOOL = 8 << 20
"""Bytes of a film that are held in memory while it may still be thrown away."""

INTERVALS = {"fast": 0.5, "balanced": 0.34, "best": 0.25}
"""Seconds between key times while the picture moves, at ``INTERVAL_LAMBDA``."""

INTERVAL_LAMBDA = 1000.0
INTERVAL_POWER = 0.35
"""Keys come closer as lambda falls: with finer pictures, errors between them weigh more."""


AFTER = 0.5
"""Ticks after a scene's start at which, for rate control, its first state has been coded."""


LEAST_SIDE = 32
"""Px of width and height that a film of textures has at least: AV1 encoders refuse an eighth of less."""


class Job:
    """Everything that all passes over a source share."""

    def __init__(
        self,
        source: Source | SpoolSource,
        survey: Survey,
        tracks: Tracks,
        options: EncodeOptions,
        tell: ProgressCallback,
    ) -> None:
        self.source = source
        self.survey = survey
        self.tracks = tracks
        self.options = options
        self.shelf = Shelf(options.preset)
        self._tell = tell
        self._tries = 0
        self._priced = self._written = 0.0

    @property
    def written_share(self) -> float:
        """Bytes that spans took of what their tokens were priced at when they were decided, so far."""
        return self._written / self._priced if self._priced else 1.0

    def weighed(self, priced: float, written: float) -> None:
        """Tell what a span's tokens were priced at, and what they took (bytes)."""
        self._priced += priced
        self._written += written

    def make(self, course: Course) -> Film:
        """A film made on a course, in a temporary file; raises GivenUp if the course does."""
        self._tries += 1
        file = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=SPOOL))  # noqa: SIM115
        try:
            film = _FilmPass(self, course, file, self._report)
            film.run()
        except BaseException:
            file.close()
            raise
        size = file.tell()
        course.at(self.survey.end + 1, film.spent)
        return Film(file, size, dict(film.writer.bytes_by_kind))

    def _report(self, frames: int, size: int) -> None:
        stage = "coding" if self._tries == 1 else f"coding, try {self._tries}"
        self._tell(Progress(stage, frames, self.survey.frames, size))


class _FilmPass:
    """One pass over the source."""

    def __init__(self, job: Job, course: Course, file: BinaryIO, report: Callable[[int, int], None]) -> None:
        info = job.source.info
        self._job = job
        self._course = course
        self._report = report
        self._series = job.options.series
        self._engine: Rasterizer = rasterizer()
        self._frames_done = 0
        self._packets = list(job.tracks.packets)
        self._lines = list(job.tracks.lines)
        self._rest: SourceFrame | None = None
        self._frames = job.source.frames()
        self._time_base = info.time_base
        self._header = FilmHeader(
            info.width,
            info.height,
            info.time_base,
            info.frame_rate,
            info.pixel_aspect,
            info.colour,
            job.tracks.audio,
            job.tracks.subtitles,
            b"" if self._series is None else self._series.digest,
        )
        self.writer = FilmWriter(file, self._header, self._series)
        shared = () if self._series is None else self._series.outlines
        self._library = OutlineLibrary(self._engine, shared)

    @property
    def spent(self) -> int:
        """Bytes written so far, but for the data of the sound."""
        accounts = self.writer.bytes_by_kind
        return sum(accounts.values()) - accounts["audio"]

    def run(self) -> None:
        """Write the whole film."""
        survey = self._job.survey
        starts = [SceneBoundary(0), *survey.boundaries]
        ends = [boundary.start for boundary in survey.boundaries] + [survey.end]
        for number, (boundary, end) in enumerate(zip(starts, ends, strict=True)):
            self._scene(number, boundary, end)
        self._sound(None)
        self._text(None)
        self.writer.finish(survey.end)

    def _scene(self, number: int, boundary: SceneBoundary, end: int) -> None:
        begin = boundary.start + boundary.transition_duration
        if begin >= end:
            begin = boundary.start
        frames = self._scene_frames(begin, end)
        lam = self._course.at(boundary.start, self.spent)
        with Spool() as spool:
            textured = self._is_textured(number, frames, spool, lam)
            start = Start(number, boundary if begin > boundary.start else SceneBoundary(boundary.start))
            if textured:
                self._textures(start, windows(frames, spool, end, self._time_base), end, lam)
            else:
                self._vectors(start, chain(spool.again(), frames), end, lam)

    def _is_textured(self, number: int, frames: Iterator[SourceFrame], spool: Spool, lam: float) -> bool:
        """Whether a scene is to be a texture; the frames that this takes are set aside."""
        job = self._job
        if min(self._header.width, self._header.height) < LEAST_SIDE:
            return False
        if job.options.mode != "auto":
            return job.options.mode == "textured"
        known = job.shelf.known(number, lam)
        if known is not None:
            return known
        set_aside(frames, spool, TRIAL, self._time_base)
        if not spool.frames:
            return False
        source = SpoolSource(job.source.info, job.source.name, spool)
        search = job.shelf.search(self._window(spool))

        def coded(lam: float) -> tuple[BinaryIO, int]:
            return _rehearsed(job, source, lam)

        return job.shelf.note(number, verdict(source, search, lam, coded, self._series))

    def _window(self, spool: Spool) -> Window:
        return Window(spool, (self._header.width, self._header.height), self._time_base)

    def _textures(self, start: Start, spools: Iterator[Spool], end: int, lam: float) -> None:
        """Write a scene as textures, a span for each."""
        at = start.tick
        for spool in spools:
            with spool:
                if not spool.frames:
                    return
                if at == start.tick:
                    self.writer.scene(start.head(background_of(spool.frame(0).ycc8())))
                else:
                    lam = self._course.at(at, self.spent)
                window = self._window(spool)
                _, texture = self._job.shelf.search(window).best(lam)
                after = window.end if window.end < end else end
                self._sound(after)
                self._text(after)
                self.writer.span(Span(at, after, (Background(at, 0, TexturePaint(texture, window.start)),)))
                at = after
                self._course.at(at - AFTER, self.spent)
                self._course.trace.settle(self.spent)
        if at < end:
            self.writer.span(Span(at, end, ()))

    def _vectors(self, start: Start, frames: Iterator[SourceFrame], end: int, lam: float) -> None:
        """Write a scene as vectors."""
        film_seconds = float(self._job.survey.end * self._time_base)
        look = Lookahead(frames, self._time_base, film_seconds)
        if not look.has(0):
            return
        average = self._job.options.preset != "fast"
        target, worth = look.target(0, average), look.worth(0)
        background = background_of(target)
        head = start.head(background)
        coder = SceneCoder(self._library, target, lam, background, refine=average)
        coder.begin(self._first_prices(head), target, worth, start.tick)
        softness = best_softness(target, coder.live.shown, worth)
        self.writer.scene(replace(head, softness=softness))
        self._steer(coder, start.tick + AFTER)
        self._follow(coder, look, start.tick, end)

    def _first_prices(self, head: SceneStart) -> Pricer:
        """Prices for a scene whose head cannot be written yet: its softness comes from its first state."""
        rehearsal = FilmWriter(io.BytesIO(), self._header, self._series)
        rehearsal.scene(head)
        return rehearsal.pricer()

    def _follow(self, coder: SceneCoder, look: Lookahead, start: int, end: int) -> None:
        """Go from key to key to the scene's end, writing spans on the way."""
        average = self._job.options.preset != "fast"
        index, span_start, refreshed = 0, start, start
        while True:
            key = look.next_key(index, self._interval(coder.lam))
            if key is None:
                far = look.reach(index)
                if not look.has(far + 1):
                    break
                index = far
            else:
                index = key.index
                times = _times(look, key.since, key.index, key.jump)
                target, worth = look.target(index, average), look.worth(index)
                if key.flash:
                    coder.flash(target, worth, times)
                else:
                    coder.step(target, worth, times, key.jump)
                self._steer(coder, look[index].frame.tick)
            tick = look[index].frame.tick
            look.drop_before(index)
            if (tick - span_start) * self._time_base >= WINDOW or coder.nodes > SPAN_NODES:
                self._span(coder, span_start, tick)
                span_start = tick
                refreshed = self._refresh(coder, refreshed, tick)
        self._span(coder, span_start, end)

    def _steer(self, coder: SceneCoder, position: float) -> None:
        """Ask the course for lambda from ``position`` (ticks) on."""
        pending = coder.bits / 8 * self._job.written_share
        coder.lam = self._course.at(position, self.spent + pending)

    def _interval(self, lam: float) -> float:
        share = (lam / INTERVAL_LAMBDA) ** INTERVAL_POWER
        return float(INTERVALS[self._job.options.preset] * min(max(share, 0.1), 2.0))

    def _span(self, coder: SceneCoder, start: int, end: int) -> None:
        """Write what was decided since the last span; sound and text up to its end come before it."""
        self._sound(end)
        self._text(end)
        before, priced = self.spent, coder.bits / 8
        self.writer.span(Span(start, end, coder.take_tokens()))
        self._job.weighed(priced, self.spent - before)
        self._course.trace.settle(self.spent)
        coder.price_with(self.writer.pricer())

    def _refresh(self, coder: SceneCoder, last: int, tick: int) -> int:
        refresh = self._job.options.refresh
        if refresh is None or (tick - last) * self._time_base < refresh:
            return last
        live = coder.live
        head = SceneStart(0, tick, live.background, live.camera)
        enters = [Enter(tick, shape.number, shape.state) for shape in live.shapes]
        self.writer.snapshot(tick, head, enters)
        coder.price_with(self.writer.pricer())
        return tick

    def _sound(self, end: int | None) -> None:
        """Write the sound that begins before tick ``end`` (None: all that is left)."""
        audio = self._job.tracks.audio
        if audio is None or not self._packets:
            return
        count = len(self._packets)
        if end is not None:
            limit = end * self._time_base * audio.sample_rate
            count = next((i for i, packet in enumerate(self._packets) if packet.pts >= limit), count)
        chosen = self._packets[:count]
        del self._packets[:count]
        if chosen:
            self.writer.audio(chosen)

    def _text(self, end: int | None) -> None:
        """Write the lines of text that begin before tick ``end`` (None: all that are left)."""
        count = len(self._lines)
        if end is not None:
            limit = end * self._time_base * 1000
            count = next((i for i, line in enumerate(self._lines) if line.start >= limit), count)
        chosen = self._lines[:count]
        del self._lines[:count]
        if chosen:
            self.writer.subtitles(chosen)

    def _scene_frames(self, begin: int, end: int) -> Iterator[SourceFrame]:
        """The frames with ``begin <= tick < end`` of the one decoding pass."""
        while True:
            frame = self._rest or next(self._frames, None)
            self._rest = None
            if frame is None:
                return
            if frame.tick >= end:
                self._rest = frame
                return
            self._frames_done += 1
            self._report(self._frames_done, sum(self.writer.bytes_by_kind.values()))
            if frame.tick >= begin:
                yield frame


def _rehearsed(job: Job, source: SpoolSource, lam: float) -> tuple[BinaryIO, int]:
    """A film of vectors of a part of a source, and the bytes of it that are not container."""
    survey = Survey(len(source.spool), source.end, ())
    options = replace(job.options, mode="vector", audio="none", refresh=None)
    film = Job(source, survey, Tracks(None, (), (), ()), options, lambda _: None).make(Course(lam))
    film.file.seek(0)
    return film.file, film.size - film.bytes_by_kind["container"]


def _times(look: Lookahead, since: int, index: int, jump: bool) -> Times:
    at = look[index].frame.tick
    if jump:
        return Times(at, at, at)
    middle = look[(since + index + 1) // 2].frame.tick
    return Times(look[since].frame.tick, at, middle)
