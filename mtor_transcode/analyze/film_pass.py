# SPDX-License-Identifier: Apache-2.0
"""One pass over a source, on a course: scene by scene, window by window, into a file that may be kept."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO, cast

from mtor_transcode.analyze.backdrop import most_frequent
from mtor_transcode.analyze.beside import Beside, header_of
from mtor_transcode.analyze.film_parts import Film, Start, Survey, Tracks
from mtor_transcode.analyze.library import OutlineLibrary
from mtor_transcode.analyze.lookahead import Lookahead
from mtor_transcode.analyze.options import EncodeOptions
from mtor_transcode.analyze.progress import Progress, ProgressCallback
from mtor_transcode.analyze.reels import Reel
from mtor_transcode.analyze.scene_coder import SceneCoder
from mtor_transcode.analyze.scenes import SceneBoundary
from mtor_transcode.analyze.spool import Spool
from mtor_transcode.analyze.steering import Course
from mtor_transcode.analyze.texture_probe import Window
from mtor_transcode.analyze.texture_shelf import Shelf
from mtor_transcode.analyze.textured import STAGES, SURE, Aside, reached, verdict, windows
from mtor_transcode.analyze.vector_scene import AFTER, VectorScene
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.packet_film_writer import film_writer
from mtor_transcode.codec.price import Pricer
from mtor_transcode.codec.series import SeriesDictionary, always
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.slices import Slice
from mtor_transcode.ingest.source import Source
from mtor_transcode.model import (
    Background,
    Enter,
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

LEAST_SIDE = 32
"""Px of width and height that a film of textures has at least: AV1 encoders refuse an eighth of less."""


class Job:
    """Everything that all passes over a source share; with ``reel`` only that part of it is coded."""

    def __init__(
        self,
        source: Source | Slice,
        survey: Survey,
        tracks: Tracks,
        options: EncodeOptions,
        tell: ProgressCallback,
        reel: Reel | None = None,
    ) -> None:
        self.source = source
        self.survey = survey
        self.tracks = tracks
        self.takes = survey.takes if reel is None else reel.takes
        self._reel = reel
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

    def frames(self) -> Iterator[SourceFrame]:
        """The pictures of all takes."""
        if self._reel is None:
            return self.source.frames()
        return self.source.between(self._reel.start, self._reel.end, self._reel.frames)

    def make(self, course: Course) -> Film:
        """A film made on a course, in a temporary file; raises GivenUp if the course does."""
        self._tries += 1
        self.shelf.begin()
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
        total = self.survey.frames if self._reel is None else self._reel.frames
        self._tell(Progress(stage, frames, total, size))


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
        self._rest: SourceFrame | None = None
        self._frames = job.frames()
        self._time_base = info.time_base
        self._header = header_of(info, job.tracks, self._series)
        self.writer = film_writer(file, self._header, self._series, job.options.resilience)
        self._beside = Beside(self.writer, job.tracks, info.time_base)
        shared = () if self._series is None else self._series.outlines
        self._library = OutlineLibrary(self._engine, shared)

    @property
    def spent(self) -> int:
        """Bytes written so far, but for the data of the sound."""
        accounts = self.writer.bytes_by_kind
        return sum(accounts.values()) - accounts["audio"]

    def run(self) -> None:
        """Write the whole film."""
        for take in self._job.takes:
            self._scene(take.number, take.boundary, take.end)
        self._beside.up_to(None)
        self.writer.finish(self._job.takes[-1].end)

    def _scene(self, number: int, boundary: SceneBoundary, end: int) -> None:
        begin = boundary.start + boundary.transition_duration
        if begin >= end:
            begin = boundary.start
        frames = self._scene_frames(begin, end)
        lam = self._course.at(boundary.start, self.spent)
        start = Start(number, boundary if begin > boundary.start else SceneBoundary(boundary.start))
        with Spool() as spool:
            textured = self._is_textured(number, lam)
            if textured is None:
                scene = self._tried(start, frames, spool, end, lam)
                textured = scene is None
            elif not textured:
                scene = self._vector_scene(start, frames, lam, self._library)
            if textured:
                self._textures(start, windows(frames, spool, end, self._time_base), end, lam)
            elif scene is not None:
                self._vectors(scene, start.tick, end)

    def _is_textured(self, number: int, lam: float) -> bool | None:
        """Whether a scene is to be a texture; None if that has to be tried."""
        if min(self._header.width, self._header.height) < LEAST_SIDE:
            return False
        if self._job.options.mode != "auto":
            return self._job.options.mode == "textured"
        return self._job.shelf.known(number, lam)

    def _tried(
        self, start: Start, frames: Iterator[SourceFrame], spool: Spool, end: int, lam: float
    ) -> VectorScene | None:
        """The scene as vectors, begun, if they win the trial; else its frames so far are in ``spool``.

        Nothing is written, so that what loses leaves no trace; what wins goes on.
        """
        job = self._job
        aside = Aside(frames, spool)
        scene = self._vector_scene(start, iter(aside), lam, self._library.fork())
        if scene is None:
            return None
        for seconds in STAGES:
            going = reached(scene, spool, seconds, self._time_base)
            part = spool.first(sum(frame.tick < scene.tick for frame in spool.frames)) if going else spool
            film, size = self._rehearsed(scene, scene.tick if going else end)
            search = job.shelf.search(self._window(part))
            found = verdict(part, search, lam, film, size, levelled=job.shelf.levelled)
            if not going or found.margin > SURE:
                break
        aside.keeping = False
        return None if job.shelf.note(start.number, found) else scene

    def _rehearsed(self, scene: VectorScene, end: int) -> tuple[FilmReader, int]:
        """A film of what a scene has decided up to a tick, and the bytes of it that are not container.

        The outlines that the true film holds already count as those of a series.
        """
        known = SeriesDictionary(tuple(self.writer.known_outlines()), b"")
        header = replace(self._header, audio=None, subtitles=(), dictionary=known.digest)
        stream = io.BytesIO()
        writer = FilmWriter(stream, header, known)
        writer.scene(scene.head)
        writer.span(Span(scene.head.start, end, scene.coder.tokens()))
        writer.finish(end)
        size = stream.tell() - writer.bytes_by_kind["container"]
        return FilmReader(stream, find_series=always(known)), size

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
                    self.writer.scene(start.head(most_frequent(spool.frame(0).ycc8())))
                else:
                    lam = self._course.at(at, self.spent)
                window = self._window(spool)
                texture = self._job.shelf.texture(start.number, window, lam)
                after = window.end if window.end < end else end
                self._beside.up_to(after)
                self.writer.span(Span(at, after, (Background(at, 0, TexturePaint(texture, window.start)),)))
                at = after
                self._course.at(at - AFTER, self.spent)
                self._course.trace.settle(self.spent)
        if at < end:
            self.writer.span(Span(at, end, ()))

    def _vector_scene(
        self, start: Start, frames: Iterator[SourceFrame], lam: float, library: OutlineLibrary
    ) -> VectorScene | None:
        """A scene of vectors, begun; None if it has no frames."""
        film_seconds = float(self._job.survey.end * self._time_base)
        look = Lookahead(frames, self._time_base, film_seconds)
        if not look.has(0):
            return None
        preset = self._job.options.preset
        stills = self._job.options.mode == "auto"
        return VectorScene(
            start, look, self._time_base, preset, lam, library, self._first_prices, stills=stills
        )

    def _first_prices(self, head: SceneStart) -> Pricer:
        """Prices for a scene whose head cannot be written yet: its softness comes from its first state."""
        rehearsal = FilmWriter(io.BytesIO(), self._header, self._series)
        rehearsal.scene(head)
        return rehearsal.pricer()

    def _vectors(self, scene: VectorScene, start: int, end: int) -> None:
        """Write a scene as vectors: go from key to key to its end, writing spans on the way."""
        self._library = scene.library
        self.writer.scene(scene.head)
        self._steer(scene)
        span_start = refreshed = start
        while scene.advance():
            self._steer(scene)
            tick = scene.tick
            if (tick - span_start) * self._time_base >= WINDOW or scene.coder.nodes > SPAN_NODES:
                self._span(scene.coder, span_start, tick)
                span_start = tick
                refreshed = self._refresh(scene.coder, refreshed, tick)
        self._span(scene.coder, span_start, end)

    def _steer(self, scene: VectorScene) -> None:
        """Tell the course what was decided since the last time, and ask it for lambda from there on."""
        for position, bits in scene.news():
            pending = bits / 8 * self._job.written_share
            scene.coder.lam = self._course.at(position, self.spent + pending)

    def _span(self, coder: SceneCoder, start: int, end: int) -> None:
        """Write what was decided since the last span; sound and text up to its end come before it."""
        self._beside.up_to(end)
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
