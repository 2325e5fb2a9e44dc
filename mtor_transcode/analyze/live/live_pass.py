# SPDX-License-Identifier: Apache-2.0
"""One pass over a source while it comes: what is decided is written at once, to a file that only grows.

It knows no more of the film than the next second or two. So spans and textures are short, scenes end at cuts
alone, and there is no budget. Every few seconds there is a place at which viewers can join.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from typing import BinaryIO, Final

from mtor_transcode.analyze.boundaries.finding import SceneBoundary
from mtor_transcode.analyze.boundaries.start import Start
from mtor_transcode.analyze.canvas.library import OutlineLibrary
from mtor_transcode.analyze.film.beside import Beside, header_of
from mtor_transcode.analyze.film.film_parts import Tracks
from mtor_transcode.analyze.film.film_pass import LEAST_SIDE, SPAN_NODES
from mtor_transcode.analyze.film.options import DEFAULT_QUALITY, EncodeOptions, EncodeResult
from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.analyze.live.pace import Pace
from mtor_transcode.analyze.live.scenes import LiveScenes
from mtor_transcode.analyze.live.sides import LiveSides
from mtor_transcode.analyze.motion.lookahead import Lookahead
from mtor_transcode.analyze.paints.backdrop import most_frequent
from mtor_transcode.analyze.rate.rehearsal import first_prices, rehearsed
from mtor_transcode.analyze.rate.traces import lambda_of_quality, quality_of_lambda
from mtor_transcode.analyze.scene.handover import CLEARLY, LEAST_KBPS
from mtor_transcode.analyze.scene.scene_coder import SceneCoder
from mtor_transcode.analyze.scene.textured import Aside, verdict
from mtor_transcode.analyze.scene.vector_scene import VectorScene
from mtor_transcode.analyze.textures.flatness import is_flat
from mtor_transcode.analyze.textures.probe import Arm, Manner, Window
from mtor_transcode.analyze.textures.search import TextureSearch
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.codec.packet_film_writer import film_writer
from mtor_transcode.ingest.audio import encode_audio
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.source import Source
from mtor_transcode.ingest.subtitles import read_subtitles
from mtor_transcode.model import (
    Background,
    Enter,
    SceneStart,
    Span,
    Texture,
    TexturePaint,
    Token,
    Transition,
)
from mtor_transcode.render.rasterizer import rasterizer

SPAN: Final = 0.5
"""Seconds after which a span of vectors is written, at the next key."""

WINDOW: Final = 1.0
"""Seconds of a texture."""

HORIZON: Final = 0.5
"""Seconds that scenes of vectors look ahead."""

TRIAL: Final = 1.0
"""Seconds of a scene that are tried as vectors and as a texture."""

STRETCH: Final = 4.0
"""Seconds of vectors after which they are compared with a texture again."""

REFRESH: Final = 10.0
"""Seconds of a scene of vectors, if nothing else is asked for: then another goes on; viewers join there."""

TEXTURED: Final = 4.0
"""Seconds of a textured scene: another one goes on from there, which takes some 10 bytes."""

SEARCH: Final = 8.0
"""Seconds for which the way to code a textured scene holds, before it is searched for anew."""


@dataclass
class _Stretch:
    """Vectors that will be compared with a texture: the scene as it stood, bits and tokens written since."""

    head: SceneStart
    bits: float = 0.0
    tokens: list[Token] = field(default_factory=list)


@dataclass(frozen=True)
class _Way:
    """How textures are coded, as found at a tick."""

    arm: Arm
    crf: float
    manner: Manner
    found: int


class LivePass:
    """Writes ``source`` to ``file`` as it comes: the header at once, the rest by ``run``.

    Of ``options`` only the quality counts, no target. Raises InputError, OutputError; what was written before
    stays a film that was cut.
    """

    def __init__(
        self, source: Source, options: EncodeOptions, file: BinaryIO, tell: ProgressCallback
    ) -> None:
        info = source.info
        sound = None
        if options.audio != "none":
            sound = encode_audio(source, options.audio, options.audio_kbps, once=True)
        infos, lines = read_subtitles(source)
        tracks = Tracks(None if sound is None else sound[0], (), infos, ())
        self._source = source
        self._options = options
        self._tell = tell
        self._time_base = info.time_base
        self._header = header_of(info, tracks, options.series)
        self._lam = lambda_of_quality(DEFAULT_QUALITY if options.quality is None else options.quality)
        self._writer = film_writer(file, self._header, options.series, options.resilience)
        beside = Beside(self._writer, tracks, info.time_base)
        self._sides = LiveSides(beside, sound, lines, info.time_base, source.growing)
        self._scenes = LiveScenes(source.frames(), info.time_base, info.colour.full_range)
        shared = () if options.series is None else options.series.outlines
        self._library = OutlineLibrary(rasterizer(), shared)
        self._pace = Pace(source.growing is not None)
        self._number = 0
        self._way: _Way | None = None
        self._film_choice = options.mode != "vector" and min(info.width, info.height) >= LEAST_SIDE
        self._has_choice = self._film_choice and options.mode == "auto"

    def run(self) -> EncodeResult:
        """Write the whole film, to its index. Raises as the class says."""
        while (boundary := self._scenes.next()) is not None:
            self._scene(boundary.start)
        # Of a source that goes on beyond the film, no more than belongs to it.
        self._sides.up_to(self._scenes.end if self._source.goes_on else None)
        self._writer.finish(self._scenes.end)
        seconds = self._scenes.end * self._time_base
        quality = quality_of_lambda(self._lam)
        return EncodeResult(
            seconds, self._scenes.count, self._number, quality, dict(self._writer.bytes_by_kind)
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What users should know."""
        return self._pace.warnings

    def close(self) -> None:
        """Ends the threads that read sound and text; the source has to be closed before."""
        self._sides.close()

    def _scene(self, tick: int) -> None:
        vectors = not self._film_choice
        if self._has_choice:
            vectors = is_flat(self._scenes.first().luma8()) and not self._pace.late
        frames = self._scenes.frames()
        with Aside(frames) as aside:
            aside.keeping = self._has_choice
            if vectors:
                scene = self._vector_scene(tick, iter(aside))
                if scene is None:
                    return
                if not self._has_choice or self._wins(scene, aside):
                    if not self._vectors(scene, aside):
                        return
                    aside.drop_before(scene.tick)
            aside.keeping = False
            self._textures(chain(aside.spool.again(), frames))

    def _begin(self, head: SceneStart) -> None:
        self._writer.scene(replace(head, number=self._number))
        self._number += 1

    def _seconds(self, ticks: int) -> float:
        return float(ticks * self._time_base)

    def _vector_scene(self, tick: int, frames: Iterator[SourceFrame]) -> VectorScene | None:
        """A scene of vectors, begun; None if it has no frames."""
        look = Lookahead(frames, self._time_base, HORIZON)
        if not look.has(0):
            return None
        options = self._options
        return VectorScene(
            Start(self._number, SceneBoundary(tick)), look, self._time_base, options.preset, self._lam,
            self._library.fork(), lambda head: first_prices(self._header, options.series, head),
            stills=options.mode == "auto",
        )  # fmt: skip

    def _wins(self, scene: VectorScene, aside: Aside) -> bool:
        """Whether a scene's beginning is better as vectors than as a texture; goes on with it so far."""
        going = True
        while going and self._seconds(scene.tick - scene.head.start) < TRIAL:
            if not _is_flat_ahead(aside):
                return False
            going = scene.advance()
        end = scene.tick if going else self._scenes.end
        span = Span(scene.head.start, end, scene.coder.tokens())
        return not self._is_film(aside, _Stretch(scene.head), span, 0.0)

    def _is_film(self, aside: Aside, stretch: _Stretch, span: Span, reluctance: float) -> bool:
        """Whether what ``span`` shows would be better as a texture."""
        spool = aside.spool.first(sum(frame.tick < span.end for frame in aside.spool.frames))
        film, size = rehearsed(self._writer, self._header, stretch.head, span)
        search = TextureSearch(self._window(spool), self._options.preset)
        return verdict(spool, search, self._lam, film, size).margin > reluctance

    def _vectors(self, scene: VectorScene, aside: Aside) -> bool:
        """Write a scene as vectors; whether it is to go on as textures from where it is."""
        self._library = scene.library
        self._begin(scene.head)
        stretch = _Stretch(scene.head)
        start = entered = scene.head.start
        going = True
        while going:
            tick = scene.tick
            if self._seconds(tick - start) >= SPAN or scene.coder.nodes > SPAN_NODES:
                self._span(scene.coder, start, tick, stretch)
                start = tick
                if self._has_choice and self._seconds(tick - stretch.head.start) >= STRETCH:
                    if self._turns(scene, aside, stretch):
                        return True
                    aside.drop_before(tick)
                    stretch = self._stretch(scene)
                if self._seconds(tick - entered) >= (self._options.refresh or REFRESH):
                    self._make_entry(scene)
                    entered = tick
            if self._has_choice and tick > scene.head.start and self._hurries(aside):
                if tick > start:
                    self._span(scene.coder, start, tick, stretch)
                return True
            going = scene.advance()
        self._span(scene.coder, start, self._scenes.end, stretch)
        return False

    def _hurries(self, aside: Aside) -> bool:
        """Whether vectors would now take longer than the film."""
        return self._pace.late or not _is_flat_ahead(aside)

    def _turns(self, scene: VectorScene, aside: Aside, stretch: _Stretch) -> bool:
        """Whether a stretch of vectors that is written has become film; what takes little never does."""
        start, end = stretch.head.start, scene.tick
        if stretch.bits < LEAST_KBPS * 1000 * self._seconds(end - start):
            return False
        return self._is_film(aside, stretch, Span(start, end, tuple(stretch.tokens)), CLEARLY)

    def _stretch(self, scene: VectorScene) -> _Stretch:
        """A stretch that begins where a scene is."""
        return _Stretch(_here(scene), tokens=list(_shown(scene)))

    def _span(self, coder: SceneCoder, start: int, end: int, stretch: _Stretch) -> None:
        """Write what was decided since the last span; sound and text up to its end come before it."""
        stretch.bits += coder.bits
        tokens = coder.take_tokens()
        stretch.tokens += tokens
        self._written(Span(start, end, tokens))
        coder.price_with(self._writer.pricer())

    def _written(self, span: Span) -> None:
        self._sides.up_to(span.end)
        self._writer.span(span)
        self._pace.written(self._seconds(span.end))
        self._tell(Progress("live", self._scenes.count, 0, sum(self._writer.bytes_by_kind.values())))

    def _make_entry(self, scene: VectorScene) -> None:
        """Let viewers join here: another scene goes on from the same state, at the price of a snapshot."""
        self._begin(_here(scene))
        self._writer.span(Span(scene.tick, scene.tick, _shown(scene)))
        scene.coder.price_with(self._writer.pricer())

    def _textures(self, frames: Iterator[SourceFrame]) -> None:
        """Write what is left of a scene as textures, a span for each."""
        begun: int | None = None
        for spool in _windows(frames, self._time_base):
            with spool:
                window = self._window(spool)
                if begun is None or self._seconds(window.start - begun) >= TEXTURED:
                    start = Start(self._number, SceneBoundary(window.start))
                    self._begin(start.head(most_frequent(spool.frame(0).ycc8())))
                    if begun is None and not self._pace.late:
                        self._way = None
                    begun = window.start
                paint = TexturePaint(self._texture(window), window.start)
                self._written(Span(window.start, window.end, (Background(window.start, 0, paint),)))

    def _texture(self, window: Window) -> Texture:
        """The texture of a window: the way to code it is searched for at a scene's start and now and then."""
        way, preset = self._way, self._options.preset
        if way is not None and (self._pace.late or self._seconds(window.start - way.found) < SEARCH):
            window.manner = way.manner
            return TextureSearch(window, preset).made(way.arm, way.crf)[1]
        search = TextureSearch(window, preset)
        point, texture = search.best(search.rate(self._lam))
        self._way = _Way(point.arm, point.crf, window.manner, window.start)
        return texture

    def _window(self, spool: Spool) -> Window:
        return Window(spool, (self._header.width, self._header.height), self._time_base)


def _is_flat_ahead(aside: Aside) -> bool:
    """Whether the picture that was looked ahead to can be vectors, too."""
    return is_flat(aside.spool.luma(len(aside.spool) - 1))


def _here(scene: VectorScene) -> SceneStart:
    """The head of a scene that begins where another one is."""
    live = scene.coder.live
    return replace(
        scene.head, start=scene.tick, background=live.background, camera=live.camera,
        transition=Transition.CUT, transition_duration=0,
    )  # fmt: skip


def _shown(scene: VectorScene) -> tuple[Enter, ...]:
    """The shapes that a scene shows where it is."""
    return tuple(Enter(scene.tick, shape.number, shape.state) for shape in scene.coder.live.shapes)


def _windows(frames: Iterator[SourceFrame], time_base: Fraction) -> Iterator[Spool]:
    """Spools with the frames of a scene, given out as soon as they are full."""
    spool = Spool()
    for frame in frames:
        spool.add(frame)
        if (frame.tick + frame.duration - spool.frames[0].tick) * time_base >= WINDOW:
            yield spool
            spool = Spool()
    if spool.frames:
        yield spool
    else:
        spool.close()
