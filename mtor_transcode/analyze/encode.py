# SPDX-License-Identifier: Apache-2.0
"""A source becomes a film: scenes found in one pass, then coded window by window at one lambda."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO, cast

from mtor_transcode.analyze.lookahead import Lookahead
from mtor_transcode.analyze.progress import Progress, ProgressCallback
from mtor_transcode.analyze.rate import RateSearch, lambda_of_quality, quality_of_lambda
from mtor_transcode.analyze.scene_coder import SceneCoder, Times, background_of
from mtor_transcode.analyze.scenes import SceneBoundary, SceneFinder
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.errors import InputError
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.source import Source
from mtor_transcode.model import (
    AudioInfo,
    AudioPacket,
    Enter,
    FilmHeader,
    SceneStart,
    Span,
    Subtitle,
    SubtitleInfo,
    Transition,
)
from mtor_transcode.render.rasterizer import Rasterizer, rasterizer

DEFAULT_QUALITY = 50.0

WINDOW = 8.0
"""Seconds after which a span is written, at the next key."""

SPOOL = 8 << 20
"""Bytes of a film that are held in memory while it may still be thrown away."""

INTERVALS = {"fast": 0.5, "balanced": 0.34, "best": 0.25}
"""Seconds between key times while the picture moves."""


@dataclass(frozen=True, slots=True)
class EncodeOptions:
    """How to code. At most one of quality (0-100), target_kbps, target_size (bytes) and target_vmaf is set.

    ``target_kbps`` (1000 bit/s) and ``target_size`` are ceilings on the whole file, sound included.
    ``refresh`` (s) asks for snapshots of the state inside scenes.
    """

    quality: float | None = None
    target_kbps: float | None = None
    target_size: int | None = None
    target_vmaf: float | None = None
    preset: str = "balanced"
    mode: str = "auto"
    audio: str = "opus"
    audio_kbps: float = 8.0
    refresh: float | None = None


@dataclass(frozen=True, slots=True)
class EncodeResult:
    """What was made: ``duration`` in seconds, the quality (0-100) that rate control ended with."""

    duration: Fraction
    frames: int
    scenes: int
    quality: float
    bytes_by_kind: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the first pass learns: frames, the tick at which the film ends, where scenes begin."""

    frames: int
    end: int
    boundaries: tuple[SceneBoundary, ...]


@dataclass(frozen=True, slots=True)
class _Tracks:
    """Sound and subtitles, coded once for all passes."""

    audio: AudioInfo | None
    packets: tuple[AudioPacket, ...]
    subtitles: tuple[SubtitleInfo, ...]
    lines: tuple[Subtitle, ...]


def encode_film(
    source: Source,
    fresh: Callable[[], BinaryIO],
    options: EncodeOptions,
    progress: ProgressCallback | None = None,
) -> EncodeResult:
    """Code ``source`` to the stream that ``fresh`` opens, once the film is known to be as asked for.

    Raises InputError if nothing can be decoded, TargetError if a target cannot be met, OutputError.
    """
    tell = progress or (lambda _: None)
    survey = _look_over(source, tell)
    tracks = _tracks(source, options)
    job = _Job(source, survey, tracks, options, tell)
    if options.target_vmaf is not None:
        from mtor_transcode.analyze.vmaf_target import film_of_vmaf

        film, lam = film_of_vmaf(job.make, source, options.target_vmaf)
    elif options.target_kbps is None and options.target_size is None:
        lam = lambda_of_quality(DEFAULT_QUALITY if options.quality is None else options.quality)
        film = job.make(lam)
    else:
        film, lam = _film_of_size(job, options)
    with film:
        film.file.seek(0)
        shutil.copyfileobj(film.file, fresh())
    seconds = survey.end * source.info.time_base
    return EncodeResult(
        seconds, survey.frames, len(survey.boundaries) + 1, quality_of_lambda(lam), film.bytes_by_kind
    )


@dataclass(slots=True)
class Film:
    """A film that was made and may be thrown away: a temporary file and its account."""

    file: BinaryIO
    size: int
    bytes_by_kind: dict[str, int]

    def __enter__(self) -> Film:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _film_of_size(job: _Job, options: EncodeOptions) -> tuple[Film, float]:
    """The largest film within the budget that a search over lambda finds."""
    seconds = float(job.survey.end * job.source.info.time_base)
    if options.target_size is not None:
        budget = options.target_size
    else:
        budget = int((options.target_kbps or 0.0) * 1000 / 8 * seconds)
    fixed = sum(len(packet.data) for packet in job.tracks.packets)
    search = RateSearch(budget, fixed)
    kept: Film | None = None
    while not search.done:
        lam = search.next_lambda()
        if lam in search.sizes:
            break
        film = job.make(lam)
        search.note(lam, film.size)
        if search.best == lam:
            if kept is not None:
                kept.file.close()
            kept = film
        else:
            film.file.close()
    lam = search.require()
    assert kept is not None
    return kept, lam


def _look_over(source: Source, tell: ProgressCallback) -> _Survey:
    """Decode once: count frames and find the scenes."""
    finder = SceneFinder(source.info.time_base, source.info.colour.full_range)
    boundaries: list[SceneBoundary] = []
    frames = end = 0
    for frame in source.frames():
        boundaries += finder.feed_frame(frame)
        frames += 1
        end = frame.tick + frame.duration
        tell(Progress("finding scenes", frames, source.info.frames))
    boundaries += finder.finish()
    if frames == 0:
        raise InputError("has no picture", where=source.name, remedy="choose another file or track")
    return _Survey(frames, end, tuple(b for b in boundaries if 0 < b.start < end))


def _tracks(source: Source, options: EncodeOptions) -> _Tracks:
    from mtor_transcode.ingest.audio import encode_audio
    from mtor_transcode.ingest.subtitles import read_subtitles

    sound = encode_audio(source, options.audio, options.audio_kbps) if options.audio != "none" else None
    infos, lines = read_subtitles(source)
    if sound is None:
        return _Tracks(None, (), infos, tuple(lines))
    audio, packets = sound
    return _Tracks(audio, tuple(packets), infos, tuple(lines))


class _Job:
    """Everything that all passes over a source share."""

    def __init__(
        self,
        source: Source,
        survey: _Survey,
        tracks: _Tracks,
        options: EncodeOptions,
        tell: ProgressCallback,
    ) -> None:
        self.source = source
        self.survey = survey
        self.tracks = tracks
        self.options = options
        self._tell = tell
        self._tries = 0

    def make(self, lam: float) -> Film:
        """A film at one lambda, in a temporary file."""
        self._tries += 1
        file = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=SPOOL))  # noqa: SIM115
        try:
            film = _FilmPass(self, lam, file, self._report)
            film.run()
        except BaseException:
            file.close()
            raise
        size = file.tell()
        return Film(file, size, dict(film.writer.bytes_by_kind))

    def _report(self, frames: int, size: int) -> None:
        stage = "coding" if self._tries == 1 else f"coding, try {self._tries}"
        self._tell(Progress(stage, frames, self.survey.frames, size))


class _FilmPass:
    """One pass over the source at one lambda."""

    def __init__(self, job: _Job, lam: float, file: BinaryIO, report: Callable[[int, int], None]) -> None:
        info = job.source.info
        self._job = job
        self._lam = lam
        self._report = report
        self._engine: Rasterizer = rasterizer()
        self._frames_done = 0
        self._packets = list(job.tracks.packets)
        self._rest: SourceFrame | None = None
        self._frames = job.source.frames()
        self._time_base = info.time_base
        header = FilmHeader(
            info.width,
            info.height,
            info.time_base,
            info.frame_rate,
            info.pixel_aspect,
            info.colour,
            job.tracks.audio,
            job.tracks.subtitles,
        )
        self.writer = FilmWriter(file, header)

    def run(self) -> None:
        """Write the whole film."""
        survey = self._job.survey
        if self._job.tracks.lines:
            self.writer.subtitles(self._job.tracks.lines)
        starts = [SceneBoundary(0), *survey.boundaries]
        ends = [boundary.start for boundary in survey.boundaries] + [survey.end]
        for number, (boundary, end) in enumerate(zip(starts, ends, strict=True)):
            self._scene(number, boundary, end)
        self._sound(None)
        self.writer.finish(survey.end)

    def _scene(self, number: int, boundary: SceneBoundary, end: int) -> None:
        begin = boundary.start + boundary.transition_duration
        if begin >= end:
            begin = boundary.start
        frames = self._scene_frames(begin, end)
        film_seconds = float(self._job.survey.end * self._time_base)
        look = Lookahead(frames, self._time_base, film_seconds)
        if not look.has(0):
            return
        average = self._job.options.preset != "fast"
        target, worth = look.target(0, average), look.worth(0)
        background = background_of(target)
        transition = boundary.transition if begin > boundary.start else Transition.CUT
        duration = boundary.transition_duration if begin > boundary.start else 0
        self.writer.scene(
            SceneStart(
                number, boundary.start, background, transition=transition, transition_duration=duration
            )
        )
        coder = SceneCoder(self._engine, target, self._lam, background)
        coder.begin(self.writer.pricer(), target, worth, boundary.start)
        self._follow(coder, look, boundary.start, end)

    def _follow(self, coder: SceneCoder, look: Lookahead, start: int, end: int) -> None:
        """Go from key to key to the scene's end, writing spans on the way."""
        average = self._job.options.preset != "fast"
        interval = INTERVALS[self._job.options.preset]
        index, span_start, refreshed = 0, start, start
        while True:
            key = look.next_key(index, interval)
            if key is None:
                far = look.reach(index)
                if not look.has(far + 1):
                    break
                index = far
            else:
                index = key.index
                times = _times(look, key.since, key.index, key.jump)
                coder.step(look.target(index, average), look.worth(index), times, key.jump)
            tick = look[index].frame.tick
            look.drop_before(index)
            if (tick - span_start) * self._time_base >= WINDOW:
                self._span(coder, span_start, tick)
                span_start = tick
                refreshed = self._refresh(coder, refreshed, tick)
        self._span(coder, span_start, end)

    def _span(self, coder: SceneCoder, start: int, end: int) -> None:
        """Write what was decided since the last span, with the sound up to its end before it."""
        self._sound(end)
        tokens = tuple(sorted(coder.tokens, key=lambda token: token.at))
        coder.tokens.clear()
        self.writer.span(Span(start, end, tokens))
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
        chosen: Sequence[AudioPacket] = self._packets[:count]
        del self._packets[:count]
        if chosen:
            self.writer.audio(chosen)

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


def _times(look: Lookahead, since: int, index: int, jump: bool) -> Times:
    at = look[index].frame.tick
    if jump:
        return Times(at, at, at)
    middle = look[(since + index + 1) // 2].frame.tick
    return Times(look[since].frame.tick, at, middle)
