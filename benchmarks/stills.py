# SPDX-License-Identifier: Apache-2.0
"""Single frames, transcoded at several qualities: ``benchmarks/stills.py [CLIP:SECONDS | PICTURE.y4m ...]``.

Each frame is cut from its clip as it was decoded, plane by plane (no trip through RGB), and written as a Y4M
of one picture. Every byte of the .mtor counts. Bytes at a quality are interpolated between the points,
straight over the logarithm of the bytes. ``--av1`` measures libaom's stills in the same way: all of ``CRFS``
at full and half size (bicubic both ways), bytes of the elementary stream; the points that no other beats are
printed. ``--own`` takes the pages of ``own_stills.py``, which no clip shows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path

import own_stills

import mtor_transcode as mtor
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.source import open_source
from mtor_transcode.measure.ffmpeg import Ffmpeg, find_ffmpeg
from mtor_transcode.measure.metrics import Planes, compare_planes
from mtor_transcode.measure.oracle.crossing import bytes_at, ssim_db
from mtor_transcode.measure.vmaf import FilterRun, Layout, Wanted, usable

CLIPS = Path(__file__).parents[2] / "shared" / "clips"
STILLS = (
    "terminal_vhs_neofetch:10",
    "motion_manim_opening:1",
    "screencast_cypress_tests:3",
    "cartoon_penny_chip_football:1",
)
"""The stills that issue 4 sets targets for."""

QUALITIES = (20.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 70.0)
CRFS = (20, 26, 32, 38, 44, 50, 56, 63)
SCALES = (1, 2)
VMAFS = (80.0, 83.0, 85.0, 95.0)
SSIM = 0.966
MOST_AT_ONCE = 2
WARM_UP = 64


@dataclass(frozen=True)
class Point:
    """One coding of one still: how, every byte of it, its figures (VMAF if asked for), seconds of work."""

    setting: str
    bytes: int
    vmaf: float | None
    ssim: float
    float_ssim: float
    psnr: float
    seconds: float


@dataclass(frozen=True)
class Still:
    """A picture cut from a clip and its points, MTOR's and AV1's."""

    name: str
    points: tuple[Point, ...]
    av1: tuple[Point, ...] = ()


def cut(clip: Path, seconds: Fraction, folder: Path) -> Path:
    """A Y4M of the one picture that ``clip`` shows at ``seconds``, its samples as they were decoded."""
    with open_source(clip, start=seconds) as source:
        frame = next(source.frames())
        aspect = source.info.pixel_aspect
    made = folder / f"{clip.stem}-{float(seconds):g}.y4m"
    write_y4m(made, frame, aspect)
    return made


def write_y4m(path: Path, frame: SourceFrame, aspect: Fraction) -> None:
    """One picture at 25 frames a second, chroma sited as ingest leaves it (as MPEG-2 does)."""
    names = {(1, 1): "420", (1, 0): "422", (0, 0): "444"}
    rows, columns = frame.planes[0].shape
    siting = "mpeg2" if frame.chroma == (1, 1) and frame.depth == 8 else ""
    depth = siting if frame.depth == 8 else f"p{frame.depth}"
    head = f"YUV4MPEG2 W{columns} H{rows} F25:1 Ip A{aspect.numerator}:{aspect.denominator} "
    head += f"C{names[frame.chroma]}{depth}\nFRAME\n"
    kind = "u1" if frame.depth == 8 else "<u2"
    path.write_bytes(head.encode() + b"".join(plane.astype(kind).tobytes() for plane in frame.planes))


def coded(picture: Path, quality: float, folder: Path, *, preset: str, vmaf: bool) -> Point:
    """``picture`` transcoded at one quality and measured."""
    film = folder / f"{picture.stem}-{quality:g}.mtor"
    made = mtor.transcode(picture, film, quality=quality, preset=preset)
    pooled = mtor.report(picture, film, vmaf=vmaf).quality.pooled
    return Point(
        f"q {quality:g}",
        made.bytes,
        pooled["vmaf"].mean if "vmaf" in pooled else None,
        pooled["ssim"].mean,
        pooled["float_ssim"].mean,
        pooled["psnr_y"].mean,
        made.elapsed,
    )


def av1_points(picture: Path, folder: Path, *, vmaf: bool) -> list[Point]:
    """libaom's stills of ``picture`` that no cheaper one beats; empty if this FFmpeg has no libaom."""
    ffmpeg = find_ffmpeg()
    if ffmpeg is None or not _offers(ffmpeg, "libaom-av1"):
        print("no FFmpeg with libaom-av1: no AV1 stills", file=sys.stderr)
        return []
    points = [_av1_point(ffmpeg, picture, crf, scale, folder, vmaf=vmaf) for scale in SCALES for crf in CRFS]
    figure: Callable[[Point], float] = (lambda p: p.vmaf or 0.0) if vmaf else (lambda p: p.float_ssim)
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: p.bytes):
        if not kept or figure(point) > figure(kept[-1]):
            kept.append(point)
    return kept


def _av1_point(ffmpeg: Ffmpeg, picture: Path, crf: int, scale: int, folder: Path, *, vmaf: bool) -> Point:
    stream, shown = folder / f"{picture.stem}.obu", folder / f"{picture.stem}-av1.y4m"
    with open_source(picture) as source:
        info = source.info
        width, height = info.width, info.height
        original = next(source.frames())
    before = time.monotonic()
    small = f"scale={-(-width // scale)}:{-(-height // scale)}:flags=bicubic"
    _run(
        ffmpeg, "-i", picture, "-vf", small, "-frames:v", 1, "-c:v", "libaom-av1", "-crf", crf, "-b:v", 0,
        "-cpu-used", 1, "-still-picture", 1, "-f", "obu", stream,
    )  # fmt: skip
    seconds = time.monotonic() - before
    _run(ffmpeg, "-i", stream, "-vf", f"scale={width}:{height}:flags=bicubic", "-frames:v", 1, shown)
    with open_source(shown) as source:
        decoded = next(source.frames())
    layout = Layout(width, height, info.chroma, info.bit_depth)
    score = _vmaf(original.planes, decoded.planes, layout) if vmaf else None
    found = compare_planes(original.planes, decoded.planes, info.bit_depth)
    return Point(
        f"crf {crf} 1/{scale}",
        stream.stat().st_size,
        score,
        found.ssim,
        found.float_ssim,
        found.psnr_y,
        seconds,
    )


def _vmaf(source: Planes, shown: Planes, layout: Layout) -> float | None:
    ffmpeg = find_ffmpeg()
    wanted, _ = usable(ffmpeg, layout, Wanted(neg=False, xpsnr=False))
    if ffmpeg is None or not wanted:
        return None
    with FilterRun(ffmpeg, layout, wanted) as run:
        run.add(source, shown)
        return run.finish().values["vmaf"][0]


def _offers(ffmpeg: Ffmpeg, encoder: str) -> bool:
    listing = subprocess.run([ffmpeg.path, "-hide_banner", "-encoders"], capture_output=True, check=False)
    return f" {encoder} ".encode() in listing.stdout


def _run(ffmpeg: Ffmpeg, *words: object) -> None:
    command = [ffmpeg.path, "-hide_banner", "-loglevel", "error", "-y", *map(str, words)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


@dataclass(frozen=True)
class Job:
    """What to do with one still."""

    clip: Path
    seconds: Fraction
    qualities: tuple[float, ...]
    preset: str = "balanced"
    vmaf: bool = True
    av1: bool = False

    def done(self) -> Still:
        """The still cut, coded and measured. Kernels are loaded before: seconds are the work's own."""
        with tempfile.TemporaryDirectory(prefix="mtor-still-") as name:
            folder = Path(name)
            picture = cut(self.clip, self.seconds, folder)
            _warm_up(picture, folder, self.preset)
            points = tuple(
                coded(picture, quality, folder, preset=self.preset, vmaf=self.vmaf)
                for quality in self.qualities
            )
            peers = tuple(av1_points(picture, folder, vmaf=self.vmaf)) if self.av1 else ()
        return Still(f"{self.clip.stem}:{float(self.seconds):g}", points, peers)


def _warm_up(picture: Path, folder: Path, preset: str) -> None:
    """Transcode the middle of ``picture`` alone, so that what is compiled or loaded once is there."""
    with open_source(picture) as source:
        frame = next(source.frames())
    rows, columns = (length // 4 * 2 for length in frame.planes[0].shape)
    across, down = frame.chroma
    luma, *chroma = frame.planes
    tiles = [luma[rows : rows + WARM_UP, columns : columns + WARM_UP]]
    for plane in chroma:
        top, left = rows >> down, columns >> across
        tiles.append(plane[top : top + (WARM_UP >> down), left : left + (WARM_UP >> across)])
    tile = folder / "warm-up.y4m"
    write_y4m(tile, replace(frame, planes=tuple(tiles)), Fraction(1))
    mtor.transcode(tile, folder / "warm-up.mtor", quality=50, preset=preset)


def stills(jobs: Iterable[Job]) -> Iterator[Still]:
    """All jobs' stills in order, at most ``MOST_AT_ONCE`` at work."""
    with ProcessPoolExecutor(MOST_AT_ONCE) as workers:
        yield from workers.map(Job.done, jobs)


def text(still: Still) -> str:
    """A still's points and the bytes at the targets, as a table."""
    rows = [still.name, "                    bytes   VMAF  fl.SSIM    SSIM   PSNR  seconds"]
    for point in (*still.points, *still.av1):
        vmaf = "-" if point.vmaf is None else f"{point.vmaf:.1f}"
        maker = "AV1" if point in still.av1 else "MTOR"
        rows.append(
            f"  {maker:4} {point.setting:10} {point.bytes:7} {vmaf:>6} {point.float_ssim:8.4f} "
            f"{point.ssim:7.4f} {point.psnr:6.2f} {point.seconds:8.2f}"
        )
    for maker, points in (("MTOR", still.points), ("AV1", still.av1)):
        if points:
            said = (f"{name} {_bytes(size)}" for name, size in at_targets(points).items())
            rows.append(f"  {maker:4} bytes at " + ", ".join(said))
    return "\n".join(rows)


def at_targets(points: Iterable[Point]) -> dict[str, float | None]:
    """Interpolated bytes at each of the targets; None where the points never get there."""
    points = tuple(points)
    scored = [(point.bytes, point.vmaf) for point in points if point.vmaf is not None]
    found = {f"VMAF {target:g}": bytes_at(scored, target) for target in VMAFS} if scored else {}
    for name in ("float_ssim", "ssim"):
        curve = [(point.bytes, ssim_db(getattr(point, name))) for point in points]
        found[f"{name} {SSIM:g}"] = bytes_at(curve, ssim_db(SSIM))
    return found


def _bytes(size: float | None) -> str:
    return "-" if size is None else f"{size:.0f}"


def _job(still: str, asked: argparse.Namespace) -> Job:
    name, _, seconds = (still, "", "0") if still.endswith(".y4m") else still.rpartition(":")
    if not name:
        raise SystemExit(f"{still}: give CLIP:SECONDS, such as {STILLS[0]}, or a .y4m")
    clip = Path(name) if Path(name).is_file() else asked.clips / f"{name}.mp4"
    if not clip.is_file():
        raise SystemExit(f"{clip}: there is no such clip")
    qualities = tuple(float(word) for word in asked.qualities.split(","))
    return Job(clip, Fraction(seconds), qualities, asked.preset, asked.vmaf, asked.av1)


def main() -> int:
    """Print a table for each still, and write all as JSON if asked to."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("stills", nargs="*", metavar="CLIP:SECONDS", help="or a .y4m; default: issue 4's")
    arguments.add_argument("--own", action="store_true", help="the pages of own_stills.py instead")
    arguments.add_argument("--clips", type=Path, default=CLIPS, help="folder of the clips")
    arguments.add_argument("--qualities", default=",".join(f"{q:g}" for q in QUALITIES))
    arguments.add_argument("--preset", default="balanced")
    arguments.add_argument("--no-vmaf", dest="vmaf", action="store_false", help="measure SSIM and PSNR only")
    arguments.add_argument("--av1", action="store_true", help="also libaom's stills")
    arguments.add_argument("--json", type=Path, help="write the points here")
    asked = arguments.parse_args()
    found = []
    with tempfile.TemporaryDirectory(prefix="mtor-own-") as name:
        wanted = [*map(str, own_stills.make(Path(name)))] if asked.own else []
        wanted += asked.stills or ([] if asked.own else STILLS)
        for still in stills([_job(still, asked) for still in wanted]):
            print(text(still), flush=True)
            found.append(still)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(still) for still in found], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
