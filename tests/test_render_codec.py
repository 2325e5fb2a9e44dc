# SPDX-License-Identifier: Apache-2.0
"""Films that went through the codec: the same frames, from any place to enter them."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from memory_films import MemoryFilm
from numpy.typing import NDArray
from render_film import box, enter, header, scene, state

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.ingest.audio import encode_audio
from mtor_transcode.ingest.source import open_source
from mtor_transcode.model import (
    STILL_CAMERA,
    Camera,
    CameraMove,
    Edit,
    Leave,
    SceneStart,
    Solid,
    Span,
    Token,
    Transition,
)
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.mp4 import render_mp4

BOX = box(10, 10)
GROUND = Solid((60, 128, 128))
CAMERA = Camera(64, 0, 4096, 0)


def tokens() -> list[Token]:
    """Two shapes; one moves during ticks 5 to 15 and 30 to 50, one fades out during 20 to 28."""
    return [
        enter(0, state(BOX, 10, 24)),
        enter(1, state(BOX, 30, 30, Solid((16, 90, 200)))),
        CameraMove(0, 8, CAMERA),
        Edit(5, 10, 0, state(BOX, 40, 24)),
        Leave(20, 1, 8),
        Edit(30, 20, 0, state(BOX, 10, 8)),
    ]


def film() -> MemoryFilm:
    second = SceneStart(4, 60, Solid((180, 128, 128)), STILL_CAMERA, Transition.DISSOLVE, 6)
    return MemoryFilm(
        header(),
        [
            scene(SceneStart(1, 0, GROUND), 60, tokens(), window=20),
            scene(second, 80, [enter(0, state(BOX, 50, 20), at=60)]),
        ],
    )


def written(source: MemoryFilm, snapshots: bool) -> bytes:
    """The film as a file; with ``snapshots`` the first scene can be entered at tick 40, amid a transition."""
    stream = io.BytesIO()
    writer = FilmWriter(stream, source.header)
    for part in source.scenes:
        writer.scene(part.head)
        for span in part.spans:
            writer.span(span)
            if snapshots and span.end == 40:
                now = [enter(0, state(BOX, 25, 16), at=40), Edit(40, 10, 0, state(BOX, 10, 8))]
                writer.snapshot(40, replace(part.head, camera=CAMERA), now)
    writer.finish(source.duration)
    return stream.getvalue()


def renderer(data: bytes) -> FrameRenderer:
    return FrameRenderer(FilmReader(io.BytesIO(data), "film.mtor"))


@pytest.mark.parametrize("snapshots", [False, True])
def test_a_coded_film_shows_the_same(snapshots: bool) -> None:
    source = film()
    data = written(source, snapshots)
    played, plain = renderer(data), FrameRenderer(source)
    for tick in range(82):
        assert (played.frame(tick) == plain.frame(tick)).all(), tick


@pytest.mark.parametrize("tick", [3, 39, 40, 45, 55, 60, 63, 79])
def test_any_time_can_be_entered(tick: int) -> None:
    source = film()
    entered = renderer(written(source, True)).frame(tick)
    assert (entered == FrameRenderer(source).frame(tick)).all()


def test_a_snapshot_spares_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Span] = []
    original = FilmReader.spans

    def spans(self: FilmReader, number: int, from_tick: int | None = None) -> object:
        for span in original(self, number, from_tick):
            taken.append(span)
            yield span

    monkeypatch.setattr(FilmReader, "spans", spans)
    renderer(written(film(), True)).frame(45)
    assert [(span.start, span.end) for span in taken] == [(40, 40), (40, 60)]


def test_a_cut_file_shows_what_there_is(tmp_path: Path) -> None:
    source = film()
    data = written(source, False)
    with_cut = FilmReader(io.BytesIO(data[: len(data) * 3 // 5]), "film.mtor")
    assert with_cut.truncated
    assert 0 < with_cut.duration < 80
    assert render_mp4(with_cut, tmp_path / "film.mp4").frames == with_cut.duration
    last = FrameRenderer(with_cut).frame(with_cut.duration - 1)
    assert (last == FrameRenderer(source).frame(with_cut.duration - 1)).all()


def heard(path: Path) -> NDArray[np.float32]:
    """A file's sound from time 0 on, mono at 48 kHz, as FFmpeg plays it."""
    tool = imageio_ffmpeg.get_ffmpeg_exe()
    wanted = ("-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "48000", "-f", "f32le", "-")
    run = subprocess.run([tool, "-v", "error", "-i", str(path), *wanted], capture_output=True, check=True)
    return np.frombuffer(run.stdout, np.float32)


@pytest.mark.parametrize(("codec", "kbps"), [("opus", 6.0), ("copy", 8.0)])
def test_real_sound_is_in_sync(clip: Callable[[str], Path], tmp_path: Path, codec: str, kbps: float) -> None:
    path = clip("live_his_girl_friday_speech")
    stream = io.BytesIO()
    with open_source(path) as source:
        sound = encode_audio(source, codec, kbps)
        assert sound is not None
        writer = FilmWriter(stream, replace(header(), audio=sound[0]))
        part = scene(SceneStart(0, 0, GROUND), 30 * round(source.info.duration), [])
        writer.scene(part.head)
        writer.span(part.spans[0])
        writer.audio(list(sound[1]))
        writer.finish(part.end)
    output = tmp_path / "film.mp4"
    render_mp4(FilmReader(stream, "film.mtor"), output)
    size = 1 << 20
    there, here = (np.fft.rfft(heard(file), size) for file in (path, output))
    peak = int(np.argmax(np.fft.irfft(here * np.conj(there), size)))
    lag = (peak - size if peak > size // 2 else peak) / 48000
    assert abs(lag) < 0.02
