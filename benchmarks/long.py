# SPDX-License-Identifier: Apache-2.0
"""What long films cost: time, memory and bytes of 1, 10 and 60 minutes of the clips, as Markdown tables.

    python benchmarks/long.py FOLDER --minutes 1 10 60 --jobs 2 --presets fast balanced -- --max-kbps 100

SVT-AV1 (FFmpeg's, CRF 63, with Opus of 8 kbit/s beside) codes the shortest of the films with presets 4 and
8 in the same run.

The source is all clips, scaled to 720p at 25 fps, with a soft noise, one after the other, again and again. It
is made in FOLDER once and kept; films that were made are replaced. Processor time and memory are those of the
command and all its processes; memory is the largest sum seen, looked at ten times a second (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

ROOT = Path(__file__).parents[1]
CLIPS = ROOT.parent / "shared" / "clips"
SIZE, RATE = (1280, 720), 25
LOOK_SECONDS = 0.1
SVT, SVT_PRESETS = "SVT-AV1", (4, 8)


@dataclass(frozen=True)
class Row:
    """A film: who made it, its minutes, and what it cost: seconds, MB (10^6) of memory, bytes."""

    maker: str
    minutes: float
    frames: int
    wall: float
    cpu: float
    memory: float
    bytes: int

    def __str__(self) -> str:
        seconds = 60 * self.minutes
        return (
            f"| {self.maker} | {self.minutes:g} | {self.bytes:,} | {self.bytes * 8 / 1000 / seconds:.2f} "
            f"| {self.wall:.0f} | {self.cpu:.0f} | {self.frames / self.wall:.1f} | {self.memory:.0f} |"
        )


def main() -> None:
    """Make the sources and films that are asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 10.0, 60.0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--presets", nargs="+", default=["fast", "balanced"])
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("words", nargs="*", help="further options of mtor transcode, after --")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    base = once_around(asked.clips, asked.folder / "clips.mp4")
    sources = {
        minutes: repeated(base, minutes, asked.folder / f"source_{minutes:g}.mp4")
        for minutes in asked.minutes
    }
    print("| encoder | minutes | bytes | kbps | wall s | cpu s | frames/s | memory MB |")
    print("|:---|---:|---:|---:|---:|---:|---:|---:|")
    shortest = min(sources)
    rows: dict[str, Row] = {}
    for preset in SVT_PRESETS:
        row = by_svt(sources[shortest], asked.folder / f"svt_{preset}.mp4", shortest, preset)
        rows[row.maker] = row
        print(row, flush=True)
    for preset in asked.presets:
        for minutes, source in sources.items():
            words = ["--jobs", str(asked.jobs), "--preset", preset, *asked.words]
            row = transcoded(source, asked.folder / f"film_{minutes:g}_{preset}.mtor", minutes, preset, words)
            print(row, flush=True)
            if minutes == shortest:
                rows[row.maker] = row
    print(ratios(rows))


def ratios(rows: dict[str, Row]) -> str:
    """How many times as long as each SVT-AV1 each of ours takes, by the clock and of the processor."""
    peers = [row for maker, row in rows.items() if maker.startswith(SVT)]
    lines = [
        f"| times as long as | {' | '.join(row.maker for row in peers)} |",
        "|:---|" + "---:|" * len(peers),
    ]
    for maker, row in rows.items():
        if row not in peers:
            cells = [f"{row.wall / peer.wall:.1f} (processor {row.cpu / peer.cpu:.1f})" for peer in peers]
            lines.append(f"| {maker} | {' | '.join(cells)} |")
    return "\n".join(["", *lines])


def by_svt(source: Path, path: Path, minutes: float, preset: int) -> Row:
    """Have SVT-AV1 do it."""
    coded = ["-c:v", "libsvtav1", "-preset", str(preset), "-crf", "63", "-c:a", "libopus", "-b:a", "8k"]
    ffmpeg_exe = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg_exe, "-v", "error", "-y", "-i", str(source), *coded, str(path)]
    _, *cost = watched([*_without_priority(), *command])
    return Row(f"{SVT} {preset}", minutes, round(60 * minutes * RATE), *cost, path.stat().st_size)


def _without_priority() -> list[str]:
    """Run as root SVT-AV1 takes real-time priority, and everything else waits."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--bounding-set", "-sys_nice", "--inh-caps=-sys_nice"] if setpriv else []


def once_around(clips: Path, path: Path) -> Path:
    """All clips one after the other, with sound."""
    if path.exists():
        return path
    found = sorted(clips.glob("*.mp4"))
    if not found:
        sys.exit(f"{clips}: there are no clips")
    inputs = [word for clip in found for word in ("-i", str(clip))]
    width, height = SIZE
    fit = f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1,setsar=1"
    video = [f"[{n}:v:0]{fit},fps={RATE},format=yuv420p[v{n}]" for n in range(len(found))]
    names = "".join(f"[v{n}]" for n in range(len(found)))
    graph = ";".join([*video, f"{names}concat=n={len(found)}:v=1:a=0[v]"])
    noise = ["-f", "lavfi", "-i", "anoisesrc=a=0.02:c=brown:r=48000"]
    ffmpeg(
        *inputs, *noise, "-filter_complex", graph, "-map", "[v]", "-map", f"{len(found)}:a", "-shortest",
        "-c:v", "libx264", "-crf", "16", "-preset", "veryfast", "-c:a", "aac", "-b:a", "64k", str(path),
    )  # fmt: skip
    return path


def repeated(base: Path, minutes: float, path: Path) -> Path:
    """So many minutes of it, again and again; packets are copied."""
    if not path.exists():
        ffmpeg("-stream_loop", "-1", "-i", str(base), "-t", str(60 * minutes), "-c", "copy", str(path))
    return path


def ffmpeg(*words: str) -> None:
    """Run FFmpeg; its output appears when it is done."""
    *before, path = words
    beside = Path(path).with_suffix(".part.mp4")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *before, str(beside)]
    subprocess.run(command, check=True)
    beside.replace(path)


def transcoded(source: Path, film: Path, minutes: float, preset: str, words: list[str]) -> Row:
    """Transcode, and watch what it costs."""
    film.unlink(missing_ok=True)
    command = [sys.executable, "-m", "mtor_transcode", "transcode", str(source), "-o", str(film), "--json"]
    said, *cost = watched([*command, *words])
    result = json.loads(said)
    return Row(f"mtor {preset}", minutes, result["frames"], *cost, result["bytes"])


def watched(command: list[str]) -> tuple[str, float, float, float]:
    """Run a command: its last line, seconds by the clock and of the processor, MB of memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    quiet = {**os.environ, "SVT_LOG": "1"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet)
    watch = _Watch(running.pid)
    last = ""
    assert running.stdout is not None
    for line in running.stdout:
        last = line
    watch.stop()
    if running.wait():
        sys.exit(f"{command[0]}: failed")
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return last, wall, cpu, watch.most / 1e6


class _Watch(threading.Thread):
    """The most memory (bytes) that a process and its children held at a time."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._pid = pid
        self._over = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.most = max(self.most, _memory(self._pid))

    def stop(self) -> None:
        self._over.set()
        self.join()


def _memory(pid: int) -> int:
    """Resident bytes of a process and its children; 0 where the system does not tell."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(_memory(int(child)) for child in children)


if __name__ == "__main__":
    main()
