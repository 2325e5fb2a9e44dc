# SPDX-License-Identifier: Apache-2.0
"""How fast films are made: frames a second of cuts of clips, beside SVT-AV1 in the same run, as Markdown.

    python benchmarks/speed.py --presets fast balanced

Each cut is transcoded with default options at one quality; before it, its first second, so that kernels are
compiled and loaded. ``fps`` is by the clock, ``2 cores`` what two cores could do at best: twice the frames by
the seconds of the processor, of all processes. Both are of 720p: a picture of twice its px counts as two.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mtor_transcode as mtor
from mtor_transcode.analyze.film.options import PRESETS
from mtor_transcode.measure.ffmpeg import find_ffmpeg

CLIPS = Path(__file__).parents[2] / "shared" / "clips"
QUALITY = 30.0
WARM_SECONDS = 1.0
PX = 1280 * 720
CORES = 2
PEER_PRESET, PEER_CRF = 8, 50


@dataclass(frozen=True)
class Cut:
    """A piece of a clip (s)."""

    clip: str
    start: float
    duration: float


CUTS = (
    Cut("terminal_vhs_neofetch", 2, 8),
    Cut("terminal_vhs_onefetch", 0, 5),
    Cut("screencast_cypress_tests", 2, 6),
    Cut("screencast_cypress_running", 1, 6),
    Cut("motion_manim_opening", 3, 6),
    Cut("motion_manim_graph", 2, 6),
    Cut("cartoon_penny_chip_football", 0, 6),
    Cut("anim3d_big_buck_bunny", 2, 6),
    Cut("talk_meeting_room", 1, 6),
)


@dataclass(frozen=True)
class Cost:
    """What a film took: seconds by the clock and of the processor; its frames, and the px of each."""

    wall: float
    processor: float
    frames: int
    px: int

    @property
    def by_clock(self) -> float:
        """Frames a second of 720p."""
        return self.frames * self.px / PX / self.wall

    @property
    def by_processor(self) -> float:
        """The same if all cores were at work all the time."""
        return CORES * self.frames * self.px / PX / self.processor


def ours(clip: Path, cut: Cut, preset: str, folder: Path) -> tuple[Cost, int]:
    """What a transcode of a cut costs, and its bytes."""
    film = folder / "film.mtor"
    mtor.transcode(clip, film, start=cut.start, duration=WARM_SECONDS, quality=QUALITY, preset=preset)
    wall, processor = time.perf_counter(), _processor()
    made = mtor.transcode(clip, film, start=cut.start, duration=cut.duration, quality=QUALITY, preset=preset)
    wall, processor = time.perf_counter() - wall, _processor() - processor
    return Cost(wall, processor, made.frames, made.width * made.height), made.bytes


def peers(clip: Path, cut: Cut, like: Cost) -> Cost | None:
    """The same of SVT-AV1; None without an FFmpeg that has it."""
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        return None
    command = [
        ffmpeg.path, "-hide_banner", "-loglevel", "error", "-ss", cut.start, "-t", cut.duration, "-i", clip,
        "-an", "-c:v", "libsvtav1", "-preset", PEER_PRESET, "-crf", PEER_CRF, "-f", "null", "-",
    ]  # fmt: skip
    wall, processor = time.perf_counter(), _processor()
    done = subprocess.run(list(map(str, command)), capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return None
    return Cost(time.perf_counter() - wall, _processor() - processor, like.frames, like.px)


def _processor() -> float:
    """Seconds of the processor that this process and those it waited for have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cuts", nargs="*", help="only clips whose names contain one of these")
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=["fast", "balanced"])
    parser.add_argument("--clips", type=Path, default=CLIPS)
    asked = parser.parse_args(arguments)
    cuts = [cut for cut in CUTS if not asked.cuts or any(word in cut.clip for word in asked.cuts)]
    print("| clip, s | preset | bytes | fps | 2 cores | times SVT-AV1's processor time |")
    print("|:---|:---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="mtor-speed-") as name:
        for cut in cuts:
            clip = asked.clips / f"{cut.clip}.mp4"
            if not clip.is_file():
                print(f"{cut.clip}: not at hand", file=sys.stderr)
                continue
            for preset in asked.presets:
                cost, size = ours(clip, cut, preset, Path(name))
                peer = peers(clip, cut, cost)
                times = "–" if peer is None else f"{cost.processor / peer.processor:.1f}"
                span = f"{cut.start:g}-{cut.start + cut.duration:g}"
                print(
                    f"| {cut.clip}, {span} | {preset} | {size:,} | {cost.by_clock:.1f} "
                    f"| {cost.by_processor:.1f} | {times} |",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
