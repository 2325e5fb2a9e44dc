# SPDX-License-Identifier: Apache-2.0
"""The bench's figures are those of FFmpeg run by hand; encoders may hang, crash or be absent."""

from __future__ import annotations

import csv
import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bench_clips import HEIGHT, RATE, WIDTH, write_clip

from mtor_transcode.ingest.source import open_source
from mtor_transcode.measure.bench.cache import Cache
from mtor_transcode.measure.bench.clip import Clip
from mtor_transcode.measure.bench.ladder import Plan
from mtor_transcode.measure.bench.peers import PeerRun
from mtor_transcode.measure.bench.score import Judge, Scores
from mtor_transcode.measure.codecs.feeding import SourceFeed, layout_of, shown
from mtor_transcode.measure.codecs.listing import PEERS
from mtor_transcode.measure.codecs.peer import CodecError
from mtor_transcode.measure.codecs.recipe import Recipe
from mtor_transcode.measure.codecs.worker import Worker
from mtor_transcode.measure.ffmpeg import Ffmpeg, find_ffmpeg
from mtor_transcode.measure.metrics import Planes

FRAMES = 16
Seen = tuple[Path, list[Planes], list[Planes], Scores]


@pytest.fixture(scope="module")
def ffmpeg() -> Ffmpeg:
    found = find_ffmpeg()
    if found is None or not {"libvmaf", "xpsnr"} <= found.filters:
        pytest.skip("no FFmpeg with libvmaf and xpsnr")
    return found


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "box_moves.mp4", FRAMES)


@pytest.fixture(scope="module")
def seen(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """``(coded file, source frames, shown frames, scores)`` of x264 at half the size and half the rate."""
    path = tmp_path_factory.mktemp("coded") / "coded.mp4"
    with open_source(clip) as source:
        coded = PEERS["x264"].encode(SourceFeed(source), Recipe(34, 2, "1/2"), path)
        pictures = list(shown(path, coded.kept, coded.frames, layout_of(source)))
        sources = [frame.planes for frame in source.frames()]
        return path, sources, pictures, Judge(source).full(pictures)


def test_figures_are_those_of_ffmpeg_by_hand(ffmpeg: Ffmpeg, seen: Seen, tmp_path: Path) -> None:
    _, sources, pictures, scores = seen
    for name, frames in (("source.yuv", sources), ("shown.yuv", pictures)):
        (tmp_path / name).write_bytes(b"".join(plane.tobytes() for planes in frames for plane in planes))
    shape = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE)]
    models = "model='version=vmaf_v0.6.1\\:name=vmaf|version=vmaf_v0.6.1neg\\:name=vmaf_neg'"
    features = "feature='name=float_ssim|name=float_ms_ssim'"
    graph = (
        "[0:v]split=4[a][b][c][d];[1:v]split=4[e][f][g][h];"
        f"[a][e]libvmaf={models}:{features}:log_fmt=csv:log_path=v.csv[p];[b][f]xpsnr=f=x.log[q];"
        "[c][g]psnr=f=p.log[r];[d][h]ssim=f=s.log[t]"
    )
    maps = [word for pad in "pqrt" for word in ("-map", f"[{pad}]")]
    command = [ffmpeg.path, "-v", "error", *shape, "-i", "shown.yuv", *shape, "-i", "source.yuv"]
    subprocess.run(
        [*command, "-filter_complex", graph, *maps, "-f", "null", "-"], cwd=tmp_path, check=True, timeout=60
    )
    with (tmp_path / "v.csv").open() as text:
        rows = list(csv.DictReader(text))

    def logged(name: str, pattern: str) -> list[float]:
        return [float(value) for value in re.findall(pattern, (tmp_path / name).read_text())][:FRAMES]

    found = scores.frames
    assert not scores.missing
    assert {len(values) for values in found.values()} == {FRAMES}
    assert found["vmaf"] == pytest.approx([float(row["vmaf"]) for row in rows], abs=0.1)
    assert found["vmaf_neg"] == pytest.approx([float(row["vmaf_neg"]) for row in rows], abs=0.1)
    assert found["ssim"] == pytest.approx([float(row["float_ssim"]) for row in rows], abs=2e-4)
    assert found["ms_ssim"] == pytest.approx([float(row["float_ms_ssim"]) for row in rows], abs=2e-4)
    assert found["xpsnr"] == pytest.approx(logged("x.log", r"y:\s*(\S+)  XPSNR u"), abs=0.02)
    assert found["psnr_y"] == pytest.approx(logged("p.log", r"psnr_y:(\S+)"), abs=0.02)
    assert found["window_ssim"] == pytest.approx(logged("s.log", r"Y:(\S+)"), abs=2e-4)
    assert scores.pooled["vmaf"].mean == pytest.approx(np.mean(found["vmaf"]), abs=1e-3)
    assert scores.pooled["vmaf"].p5 <= scores.pooled["vmaf"].harmonic <= scores.pooled["vmaf"].mean
    assert 5 < scores.pooled["vmaf"].mean < 99


def test_what_is_shown_is_ffmpegs_bicubic_at_the_sources_times(ffmpeg: Ffmpeg, seen: Seen) -> None:
    path, sources, pictures, _ = seen
    flags = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
    done = subprocess.run(
        [ffmpeg.path, "-v", "error", "-i", str(path), "-vf", f"scale={WIDTH}:{HEIGHT}:{flags}",
         "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    size = WIDTH * HEIGHT * 3 // 2
    by_hand = np.frombuffer(done.stdout, np.uint8).reshape(-1, size)
    assert len(by_hand) == FRAMES // 2
    assert len(pictures) == len(sources) == FRAMES
    for number, planes in enumerate(pictures):
        luma = by_hand[number // 2][: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)
        assert np.abs(planes[0].astype(int) - luma).max() <= 1
    assert pictures[0] is pictures[1]


@pytest.mark.parametrize("name", list(PEERS))
def test_every_codec_gives_a_picture_for_every_frame(name: str, clip: Path, tmp_path: Path) -> None:
    peer = PEERS[name]
    if peer.missing():
        pytest.skip(peer.missing())
    with open_source(clip) as source:
        coded = peer.encode(SourceFeed(source), Recipe(peer.crfs[1] - 12, 2, "1/2"), tmp_path / "coded.mp4")
        pictures = list(shown(tmp_path / "coded.mp4", coded.kept, coded.frames, layout_of(source)))
        psnr = Judge(source, vmaf=False).full(pictures).pooled["psnr_y"].mean
    assert 0 < coded.stream_bytes < coded.file_bytes
    assert (tmp_path / "coded.mp4").stat().st_size == coded.file_bytes
    assert coded.kept == tuple(range(0, FRAMES, 2))
    assert psnr > 22


def test_an_encoder_that_hangs_or_crashes_costs_a_point_only(clip: Path, tmp_path: Path) -> None:
    script = "import time; time.sleep(60)", "import os; os._exit(3)"
    for code, words in zip(script, ("did nothing", "ended"), strict=True):
        with Worker(clip, stall=0.3) as worker:
            worker._command = [sys.executable, "-c", code]
            with pytest.raises(CodecError, match=words):
                worker.encode(PEERS["x264"], Recipe(40), tmp_path / "never.mp4")
    with Worker(clip) as worker:
        coded = worker.encode(PEERS["x264"], Recipe(40, 2), tmp_path / "coded.mp4")
    assert coded.frames == FRAMES


def test_a_peer_that_fails_is_named_and_a_missing_one_says_why(clip: Path, tmp_path: Path) -> None:
    broken = dataclasses.replace(PEERS["libaom"], name="broken", encoder="libnonsense")
    assert "libnonsense" in broken.missing()
    with open_source(clip) as source, Clip(source, clip, Cache(tmp_path / "cache")) as opened:
        run = PeerRun(opened, broken, opened_cache := Cache(tmp_path / "cache"), lambda _: None)
        assert run.points(Plan(broken.crfs, 8.0, probes=3), 0) == []
        assert opened_cache.made == 0
    assert len(run.failures) == 3
    assert all("libaom failed at" in why for why in run.failures.values())
