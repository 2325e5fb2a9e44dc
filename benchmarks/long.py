# SPDX-License-Identifier: Apache-2.0
"""What long films cost: time, memory and bytes of 1, 10 and 60 minutes of the clips, as a Markdown table.

    python benchmarks/long.py FOLDER --minutes 1 10 60 --jobs 2 -- --preset fast

The source is all clips, scaled to 720p at 25 fps, with a soft noise, one after the other, again and again. It
is made in FOLDER once and kept. Processor time and memory are those of the command and all its processes;
memory is the largest sum seen, looked at ten times a second (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
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


@dataclass(frozen=True)
class Row:
    """A film: its minutes, and what it cost: seconds, MB (10^6) of memory, bytes."""

    minutes: float
    frames: int
    wall: float
    cpu: float
    memory: float
    bytes: int
    scenes: int

    def __str__(self) -> str:
        seconds = 60 * self.minutes
        return (
            f"| {self.minutes:g} | {self.scenes} | {self.bytes:,} | {self.bytes * 8 / 1000 / seconds:.2f} "
            f"| {self.wall:.0f} | {self.cpu:.0f} | {self.frames / self.wall:.1f} | {self.memory:.0f} |"
        )


def main() -> None:
    """Make the sources and films that are asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 10.0, 60.0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("words", nargs="*", help="further options of mtor transcode, after --")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    base = once_around(asked.clips, asked.folder / "clips.mp4")
    print("| minutes | scenes | bytes | kbps | wall s | cpu s | frames/s | memory MB |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for minutes in asked.minutes:
        source = repeated(base, minutes, asked.folder / f"source_{minutes:g}.mp4")
        film = asked.folder / f"film_{minutes:g}.mtor"
        print(transcoded(source, film, minutes, ["--jobs", str(asked.jobs), *asked.words]), flush=True)


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


def transcoded(source: Path, film: Path, minutes: float, words: list[str]) -> Row:
    """Transcode, and watch what it costs."""
    command = [sys.executable, "-m", "mtor_transcode", "transcode", str(source), "-o", str(film), "--json"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    running = subprocess.Popen([*command, *words], stdout=subprocess.PIPE, text=True)
    watch = _Watch(running.pid)
    last = ""
    assert running.stdout is not None
    for line in running.stdout:
        last = line
    watch.stop()
    if running.wait():
        sys.exit(f"{film}: failed")
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result = json.loads(last)
    return Row(minutes, result["frames"], wall, cpu, watch.most / 1e6, result["bytes"], result["scenes"])


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
