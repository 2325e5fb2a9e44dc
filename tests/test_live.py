# SPDX-License-Identifier: Apache-2.0
"""Films that are written while their source comes: at once, only appended to, playable whatever happens."""

from __future__ import annotations

import io
import os
import signal
import threading
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_run import DONE, WRONG_USE, assert_one_line, mtor
from ingest_films import numbered, raw_film
from live_films import FRAMES, RATE, LiveWriter, planned, stream_of, until

from mtor_transcode import api, files
from mtor_transcode.analyze.boundaries.finding import CUT_LOOKAHEAD
from mtor_transcode.analyze.film.progress import Progress
from mtor_transcode.analyze.live import live_pass
from mtor_transcode.analyze.live.pace import LATE, Pace
from mtor_transcode.analyze.live.scenes import LiveScenes
from mtor_transcode.analyze.live.sides import Lane
from mtor_transcode.analyze.textures.flatness import is_flat
from mtor_transcode.cli.live import transcode_live
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.errors import FormatError, OutputError, UsageError
from mtor_transcode.ingest.growing import Growing
from mtor_transcode.ingest.source import open_source
from mtor_transcode.model import Background, TexturePaint
from mtor_transcode.render.frames import FrameRenderer

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return stream_of(tmp_path_factory.mktemp("live") / "source.ts")


def opened(path: Path) -> FilmReader:
    return FilmReader(io.BytesIO(path.read_bytes()), path.name)


@pytest.mark.parametrize("options", [(), ("--resilience", "3")])
def test_a_film_is_there_before_its_source_is_over(
    tmp_path: Path, stream: bytes, options: tuple[str, ...]
) -> None:
    path = tmp_path / "now.mtor"
    with LiveWriter(path, stream, *options) as writer:
        writer.feed(0.6)
        before = writer.wait_for(2)
        assert writer.process.poll() is None
        assert not before.whole
        had = path.read_bytes()
        writer.feed(1)
        writer.close()
        code, said = writer.end()
    assert code == DONE, said
    data = path.read_bytes()
    assert data.startswith(had)
    film = opened(path)
    assert not film.truncated
    assert film.duration == FRAMES
    # The sound ended long before the picture, which did not wait for it.
    sound = [packet.pts for packet in film.audio()]
    assert 1.8 < max(sound) / 48000 < 2.5
    after = planned(path)
    assert after is not None
    assert [piece.offset for piece in before.pieces] == [p.offset for p in after.pieces[: len(before.pieces)]]
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_writer_leaves_a_film_that_plays(tmp_path: Path, stream: bytes) -> None:
    path = tmp_path / "cut.mtor"
    with LiveWriter(path, stream) as writer:
        writer.feed(0.7)
        plan = writer.wait_for(2)
        writer.process.send_signal(signal.SIGKILL)
        writer.process.wait()
    film = opened(path)
    assert film.truncated
    assert film.duration >= plan.duration
    rendered = api.render(path, tmp_path / "cut.mp4")
    assert "the film's file is cut" in rendered.warnings[0]
    with open_source(tmp_path / "cut.mp4") as video:
        assert abs(float(video.info.duration) - film.duration / RATE) < 0.1
    assert api.inspect(path).truncated
    api.new_keys(tmp_path / "own")
    with pytest.raises(FormatError, match="still being written"):
        api.sign(path, tmp_path / "signed.mtor", tmp_path / "own.key")


def test_an_interrupt_ends_a_film_whole(tmp_path: Path, stream: bytes) -> None:
    path = tmp_path / "now.mtor"
    with LiveWriter(path, stream) as writer:
        writer.feed(0.7)
        plan = writer.wait_for(1)
        writer.process.send_signal(signal.SIGINT)
        code, said = writer.end()
    assert code == DONE, said
    film = opened(path)
    assert not film.truncated
    assert plan.duration <= film.duration < FRAMES


def test_a_named_pipe_is_followed(tmp_path: Path, stream: bytes) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=(stream,))
    feeder.start()
    result = api.transcode_live(pipe, tmp_path / "film.mtor", mode="textured", audio="none", duration=1)
    feeder.join()
    assert result.frames == RATE


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample with a cut, in vectors, a new scene each second."""
    path = tmp_path_factory.mktemp("live") / "flat.mtor"
    api.transcode_live(SAMPLES / "cut.mp4", path, refresh=1, duration=4)
    return path


def test_a_flat_film_is_vectors_that_look_like_it(flat: Path) -> None:
    film = opened(flat)
    plan = planned(flat)
    assert plan is not None
    assert plan.whole
    assert SectionKind.TEXTURE not in {piece.kind for piece in plan.pieces}
    renderer = FrameRenderer(film)
    with open_source(SAMPLES / "cut.mp4", duration=4) as source:
        for frame in list(source.frames())[::12]:
            shown = renderer.frame(frame.tick)[..., 0].astype(int)
            assert np.abs(shown - frame.luma8()).mean() < 3


def test_spans_are_short_and_viewers_can_join_often(flat: Path) -> None:
    plan = planned(flat)
    assert plan is not None
    rate = float(1 / plan.header.time_base)
    spans = [piece for piece in plan.pieces if piece.kind == SectionKind.SPAN and piece.end > piece.start]
    assert max(span.end - span.start for span in spans) <= 2 * rate
    assert max(scene.end - scene.start for scene in plan.scenes) <= 2.6 * rate
    # Each scene is whole in itself: its first section shows all shapes, without those before.
    film = opened(flat)
    for entry in list(film.heads())[1:]:
        assert next(iter(film.spans(entry.head.number))).tokens


def test_the_same_file_gives_the_same_film(flat: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mtor"
    api.transcode_live(SAMPLES / "cut.mp4", again, refresh=1, duration=4)
    assert again.read_bytes() == flat.read_bytes()


@pytest.mark.parametrize(
    "name",
    ["target_kbps", "target_size", "target_vmaf", "max_kbps", "scheduler", "cache", "skip_existing"],
)
def test_what_needs_the_whole_film_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--live"):
        transcode_live("source.mp4", "film.mtor", {name: 1}, as_json=False)


def test_what_is_stopped_has_no_more_sound_than_picture(tmp_path: Path) -> None:
    stop = threading.Event()

    def tell(progress: Progress) -> None:
        if progress.done >= RATE:
            stop.set()

    path = tmp_path / "stopped.mtor"
    api.transcode_live(SAMPLES / "demo.mp4", path, mode="textured", stop=stop, progress=tell)
    film = opened(path)
    assert not film.truncated
    assert RATE <= film.duration < 4 * RATE
    end = film.duration * film.header.time_base
    sound = [Fraction(packet.pts, film.header.audio.sample_rate) for packet in film.audio()]
    assert end - Fraction(1, 5) < max(sound) < end


def test_vectors_that_become_film_go_on_as_textures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A corner that drifts, small enough to count as flat, begins after the scene was decided on."""
    chance = np.random.default_rng(3)
    monkeypatch.setattr(live_pass, "CLEARLY", 0.0)
    cloth = cv2.GaussianBlur(chance.uniform(-900, 1150, (34, 400)), (0, 0), 3).clip(16, 235)
    planes = numbered(70, (128, 96), step=0)
    for number, frame in enumerate(planes[20:]):
        frame[0][40:74, 40:74] = cloth[:, 3 * number : 3 * number + 34]
    assert is_flat(planes[-1][0])
    raw_film(tmp_path / "in.mkv", planes, "yuv420p", 10, "-c:v", "ffv1")
    path = tmp_path / "film.mtor"
    api.transcode_live(tmp_path / "in.mkv", path, quality=60)
    film = opened(path)
    firsts = [next(iter(film.spans(entry.head.number))).tokens for entry in film.heads()]
    textured = [
        bool(tokens) and isinstance(tokens[0], Background) and isinstance(tokens[0].paint, TexturePaint)
        for tokens in firsts
    ]
    assert not textured[0]
    assert textured[-1]


def test_many_processes_are_refused(tmp_path: Path) -> None:
    done = mtor("transcode", SAMPLES / "cut.mp4", "-o", tmp_path / "a.mtor", "--live", "--jobs", "2")
    assert_one_line(done, WRONG_USE, "--live", "--jobs")
    assert not list(tmp_path.iterdir())


def test_scenes_are_found_while_their_pictures_come() -> None:
    with open_source(SAMPLES / "cut.mp4") as source:
        info = source.info
        taken: list[int] = []

        def frames() -> object:
            for frame in source.frames():
                taken.append(frame.tick)
                yield frame

        scenes = LiveScenes(frames(), info.time_base, info.colour.full_range)  # type: ignore[arg-type]
        found: list[list[int]] = []
        held = []
        while scenes.next() is not None:
            found.append([])
            for frame in scenes.frames():
                found[-1].append(frame.tick)
                held.append(taken[-1] - frame.tick)
    assert [tick for scene in found for tick in scene] == taken
    assert len(found) > 1
    assert max(held) * info.time_base <= Fraction(CUT_LOOKAHEAD) + 2 * info.time_base


def test_a_track_that_is_silent_is_not_waited_for() -> None:
    near, far = os.pipe()
    growing = None
    try:
        os.write(far, b"12")
        with open(near, "rb", buffering=0) as stream:
            growing = Growing(stream, "pipe", threading.Event())
            reader = growing.reader()
            items = iter(lambda: reader.read(1), b"")
            lane = Lane(items, lambda item: Fraction(int(item)), growing)
            assert lane.before(Fraction(2)) == [b"1"]
            assert lane.before(Fraction(9)) == [b"2"]
            assert lane.before(Fraction(9)) == []
            os.write(far, b"8")
            until(lambda: lane.before(Fraction(9)) == [b"8"])
            growing.close()
            lane.close()
    finally:
        os.close(far)


def test_an_output_keeps_what_was_there_until_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "film.mtor"
    path.write_bytes(b"before")
    file = files.GrowingFile(path)
    file.write(b"head")
    assert path.read_bytes() == b"before"
    file.close()
    assert list(tmp_path.iterdir()) == [path]
    file = files.GrowingFile(path)
    file.write(b"head")
    file.publish()
    assert path.read_bytes() == b"head"
    file.write(b"more")
    assert path.read_bytes() == b"headmore"
    file.close()


def test_a_writer_that_waits_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "HEARTBEAT", 0.05)
    path = tmp_path / "film.mtor"
    with files.GrowingFile(path) as file:
        file.write(b"head")
        file.publish()
        os.utime(path, (1, 1))
        until(lambda: path.stat().st_mtime > 1)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    file = files.GrowingFile(tmp_path / "film.mtor")
    os.dup2(os.open("/dev/full", os.O_WRONLY), file._file)
    with pytest.raises(OutputError, match="full"):
        file.write(b"head")


def test_busy_pictures_are_told_from_flat_ones() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (240, 320)).astype(np.uint8)
    assert not is_flat(noise)
    assert is_flat(numbered(1, (320, 240))[0][0])
    half = numbered(1, (320, 240))[0][0].copy()
    half[:, :160] = noise[:, :160]
    assert not is_flat(half)


def test_a_writer_that_falls_behind_hurries_and_says_so() -> None:
    now = 0.0
    pace = Pace(paced=True, clock=lambda: now)
    for second in range(1, 10):
        now += 1
        pace.written(second)
    assert not pace.late
    assert not pace.warnings
    now += LATE + 0.1
    pace.written(9)
    assert pace.late
    now += 9
    pace.written(10)
    assert "behind its source" in pace.warnings[0]
    file = Pace(paced=False, clock=lambda: now)
    file.written(0)
    assert not file.late
