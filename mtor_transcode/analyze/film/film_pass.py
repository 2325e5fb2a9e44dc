# SPDX-License-Identifier: Apache-2.0
"""One pass over a source, on a course: scene by scene, window by window, into a file that may be kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from mtor_transcode.analyze.boundaries.finding import SceneBoundary
from mtor_transcode.analyze.boundaries.start import Start
from mtor_transcode.analyze.canvas.library import OutlineLibrary
from mtor_transcode.analyze.film.beside import Beside, header_of
from mtor_transcode.analyze.film.film_parts import Film, Survey, Tracks
from mtor_transcode.analyze.film.options import EncodeOptions
from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.analyze.film.reels import Reel
from mtor_transcode.analyze.motion.lookahead import Lookahead
from mtor_transcode.analyze.paints.backdrop import most_frequent
from mtor_transcode.analyze.patches.preview import Preview
from mtor_transcode.analyze.rate.rehearsal import Rehearsal, first_prices, rehearsed
from mtor_transcode.analyze.rate.steering import Course
from mtor_transcode.analyze.scene.handover import Watch
from mtor_transcode.analyze.scene.pane_layer import PaneLayer
from mtor_transcode.analyze.scene.scene_coder import SceneCoder
from mtor_transcode.analyze.scene.textured import STAGES, Aside, is_sure, reached, verdict, windows
from mtor_transcode.analyze.scene.trial import Trial, is_better
from mtor_transcode.analyze.scene.vector_scene import AFTER, VectorScene
from mtor_transcode.analyze.textures.probe import Window
from mtor_transcode.analyze.textures.shelf import Part, Shelf
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.codec.packet_film_writer import film_writer
from mtor_transcode.codec.price import Pricer
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.slices import Slice
from mtor_transcode.ingest.source import Source
from mtor_transcode.model import Background, Enter, SceneStart, Span, TexturePaint
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


@dataclass(frozen=True, slots=True)
class _Take:
    """A scene under way: its number among the source's, how it starts, its frames, where it ends (tick).

    What was taken from ``frames`` and may be wanted again is ``aside``; ``preview`` tells of panes.
    """

    number: int
    start: Start
    frames: Iterator[SourceFrame]
    aside: Aside
    end: int
    preview: Preview


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
        self._handed_over = 0
        self._head: SceneStart | None = None
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
        boundary = boundary if begin > boundary.start else SceneBoundary(boundary.start)
        start = Start(number + self._handed_over, boundary)
        with closing(Preview(frames, end, self._time_base, looking=self._has_choice)) as preview:
            frames = iter(preview)
            with Aside(frames) as aside:
                aside.keeping = self._has_choice
                self._taken(_Take(number, start, frames, aside, end, preview), lam)

    def _taken(self, take: _Take, lam: float) -> None:
        """Write a scene as what is best."""
        part = (take.number, 0)
        textured = self._is_textured(part, lam)
        scene = None
        if textured is None:
            scene = self._tried(take, lam)
        elif not textured:
            with_panes = self._job.shelf.has_panes(part)
            scene = self._vector_scene(take, lam, self._library, with_panes=with_panes)
        if scene is not None:
            self._vectors(take, scene)
        elif textured is not False:
            self._textures(take, part, lam)

    @property
    def _has_choice(self) -> bool:
        """Whether scenes may be vectors or textures."""
        return self._job.options.mode == "auto" and min(self._header.width, self._header.height) >= LEAST_SIDE

    def _is_textured(self, part: Part, lam: float) -> bool | None:
        """Whether a part of a scene is to be a texture; None if that has to be tried."""
        if min(self._header.width, self._header.height) < LEAST_SIDE:
            return False
        if not self._has_choice:
            return self._job.options.mode == "textured"
        return self._job.shelf.known(part, lam)

    def _tried(self, take: _Take, lam: float) -> VectorScene | None:
        """The scene as vectors, begun, if they win the trial; else its frames so far are set ``aside``.

        Where it has panes there are two such scenes, and the better one stands against the texture. Nothing
        is written, so that what loses leaves no trace; what wins goes on.
        """
        shelf, part = self._job.shelf, (take.number, 0)
        plain = self._trial(take, lam, STAGES)
        if plain is None:
            return None
        window = take.preview.windows[0]
        if window.panes:
            seconds = float((window.end - window.start) * self._time_base)
            paned = self._trial(take, lam, (seconds,), with_panes=True)
            better = paned is not None and is_better(paned, plain)
            shelf.note_panes(part, better)
            plain = paned if paned is not None and better else plain
        return None if shelf.note(part, plain.found) else plain.scene

    def _trial(
        self, take: _Take, lam: float, stages: tuple[float, ...], *, with_panes: bool = False
    ) -> Trial | None:
        """A scene of vectors, begun, beside a texture, in stages of so many seconds."""
        job, spool = self._job, take.aside.spool
        scene = self._vector_scene(take, lam, self._library.fork(), with_panes=with_panes)
        if scene is None:
            return None
        for seconds in stages:
            going = reached(scene, spool, seconds, self._time_base)
            end = scene.tick if going else take.end
            tried = spool.first(sum(frame.tick < end for frame in spool.frames))
            film, size = self._rehearsed(scene.head, Span(scene.head.start, end, scene.coder.tokens()))
            search = job.shelf.search(self._window(tried))
            found = verdict(tried, search, lam, film, size, levelled=job.shelf.levelled)
            if not going or is_sure(found):
                break
        return Trial(scene, found, tried, film, size, float((end - scene.head.start) * self._time_base))

    def _rehearsed(self, head: SceneStart, span: Span) -> tuple[Rehearsal, int]:
        return rehearsed(self.writer, self._header, head, span)

    def _window(self, spool: Spool) -> Window:
        return Window(spool, (self._header.width, self._header.height), self._time_base)

    def _textures(self, take: _Take, part: Part, lam: float) -> None:
        """Write a scene as textures, a span for each."""
        take.preview.looking = False
        start, end = take.start, take.end
        at = start.tick
        for spool in windows(take.frames, take.aside.spool, end, self._time_base):
            with spool:
                if not spool.frames:
                    return
                if at == start.tick:
                    self.writer.scene(start.head(most_frequent(spool.frame(0).ycc8())))
                else:
                    lam = self._course.at(at, self.spent)
                window = self._window(spool)
                texture = self._job.shelf.texture(part, window, lam)
                after = window.end if window.end < end else end
                self._beside.up_to(after)
                self.writer.span(Span(at, after, (Background(at, 0, TexturePaint(texture, window.start)),)))
                at = after
                self._course.at(at - AFTER, self.spent)
                self._course.trace.settle(self.spent)
        if at < end:
            self.writer.span(Span(at, end, ()))

    def _vector_scene(
        self, take: _Take, lam: float, library: OutlineLibrary, *, with_panes: bool
    ) -> VectorScene | None:
        """A scene of vectors, begun; None if it has no frames."""
        film_seconds = float(self._job.survey.end * self._time_base)
        panes: PaneLayer | None = None
        frames = take.aside.again()
        if self._has_choice:
            panes = PaneLayer(take.preview, self._time_base, self._job.shelf.pane, begun=with_panes)
            frames = panes.frames(frames)
        look = Lookahead(frames, self._time_base, film_seconds)
        if not look.has(0):
            return None
        preset = self._job.options.preset
        stills = self._job.options.mode == "auto"
        return VectorScene(
            take.start, look, self._time_base, preset, lam, library, self._first_prices,
            stills=stills, panes=panes,
        )  # fmt: skip

    def _first_prices(self, head: SceneStart) -> Pricer:
        return first_prices(self._header, self._series, head)

    def _vectors(self, take: _Take, scene: VectorScene) -> None:
        """Write a scene as vectors: go from key to key to its end, writing spans on the way.

        If it turns out to be film, go on with textures.
        """
        self._library, self._head = scene.library, scene.head
        if self._has_choice and take.preview.windows[0].panes:
            take.preview.looking = self._job.shelf.has_panes((take.number, 0))
        watch = Watch(scene, take.aside, self._time_base)
        self._steer(scene)
        span_start = refreshed = take.start.tick
        while scene.advance():
            self._steer(scene)
            tick = scene.tick
            full = (tick - span_start) * self._time_base >= WINDOW or scene.coder.nodes > SPAN_NODES
            if self._has_choice and (full or watch.due):
                if self._is_film(take.number, watch, tick, scene.coder.lam):
                    return self._hand_over(take, watch, span_start, scene.coder.lam)
                watch.go_on()
            if full:
                self._span(scene.coder, span_start, tick)
                watch.span_written()
                span_start = tick
                refreshed = self._refresh(scene.coder, refreshed, tick)
        if self._is_film(take.number, watch, take.end, scene.coder.lam):
            return self._hand_over(take, watch, span_start, scene.coder.lam)
        return self._span(scene.coder, span_start, take.end)

    def _is_film(self, number: int, watch: Watch, end: int, lam: float) -> bool:
        """Whether a stretch of a scene of vectors, up to a tick, would clearly be better as a texture."""
        part = (number, watch.number)
        known = self._is_textured(part, lam)
        share = self._job.written_share
        if known is not None or not watch.worth_a_look(end, share):
            return bool(known)
        shelf, frames = self._job.shelf, watch.frames(end)
        film, _ = self._rehearsed(*watch.seen(end))
        search = shelf.search(self._window(frames))
        found = verdict(frames, search, lam, film, watch.bytes(share), levelled=shelf.levelled)
        return shelf.note(part, replace(found, margin=found.margin - watch.reluctance))

    def _hand_over(self, take: _Take, watch: Watch, span_start: int, lam: float) -> None:
        """Take back what was decided since a stretch began, and go on from there with textures."""
        mark = watch.mark
        self._library = mark.library
        self._course.trace.rewind(mark.tick)
        start = take.start
        if mark.tick > start.tick:
            if mark.tick > span_start:
                self._written(Span(span_start, mark.tick, mark.tokens))
            self._handed_over += 1
            start = Start(start.number + 1, SceneBoundary(mark.tick))
        self._head = None
        self._textures(replace(take, start=start), (take.number, watch.number), lam)

    def _steer(self, scene: VectorScene) -> None:
        """Tell the course what was decided since the last time, and ask it for lambda from there on."""
        for position, bits in scene.news():
            pending = bits / 8 * self._job.written_share
            scene.coder.lam = self._course.at(position, self.spent + pending)

    def _span(self, coder: SceneCoder, start: int, end: int) -> None:
        """Write what was decided since the last span."""
        before, priced = self.spent, coder.bits / 8
        self._written(Span(start, end, coder.take_tokens()))
        self._job.weighed(priced, self.spent - before)
        coder.price_with(self.writer.pricer())

    def _written(self, span: Span) -> None:
        """Write a span of vectors; the scene's head, sound and text up to its end come before it."""
        if self._head is not None:
            self.writer.scene(self._head)
            self._head = None
        self._beside.up_to(span.end)
        self.writer.span(span)
        self._course.trace.settle(self.spent)

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
