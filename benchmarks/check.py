# SPDX-License-Identifier: Apache-2.0
"""Compares a small set with the figures of ``baseline.json`` (``make bench-check``): 1 if anything is worse.

The set: the oracle's scenes from their lossless MP4s, and short cuts of clips where they are at hand, each at
one quality. Bytes and quality are exact on one machine with the same libraries: there, any byte more and any
quality less is worse; elsewhere ``ELSEWHERE`` is allowed. Times are processor seconds as multiples of what
SVT-AV1 (preset 8, the same pictures, the same run) takes, and may grow by ``SLOWER``. ``--write`` renews the
baseline.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mtor_transcode as mtor
from mtor_transcode.api.results import TranscodeResult
from mtor_transcode.measure.environment import machine, versions
from mtor_transcode.measure.ffmpeg import find_ffmpeg
from mtor_transcode.measure.oracle.scenes import HEADER, ORACLES
from mtor_transcode.measure.oracle.truth import write_truth
from mtor_transcode.render.frames import FrameRenderer

ROOT = Path(__file__).parents[1]
CLIPS = ROOT.parent / "shared" / "clips"
BASELINE = Path(__file__).with_name("baseline.json")
SCHEMA = "mtor-baseline/1"
ORACLE_QUALITY = 50.0
SLOWER = 1.5
SHORT_TRIES = 3
"""How often what takes a second or less is timed; the least counts."""

PEER_PRESET = 8
PEER_CRF = 50
LESS_IS_BETTER = ("bytes", "work", "render")


@dataclass(frozen=True)
class Cut:
    """A piece of a clip (s) and the quality it is coded at."""

    clip: str
    start: float
    duration: float
    quality: float = 30.0


CUTS = (
    Cut("terminal_vhs_neofetch", 9.0, 1.2),
    Cut("motion_manim_opening", 0.5, 1.2),
    Cut("cartoon_penny_chip_football", 0.5, 0.8),
)


@dataclass(frozen=True)
class Figures:
    """What was found of one item. SSIM is libvmaf's, PSNR that of luma (dB).

    ``work`` (the transcode) and ``render`` are processor seconds over the peer's. None: not measured.
    """

    bytes: int
    ssim: float
    psnr_y: float
    vmaf: float | None = None
    work: float | None = None
    render: float | None = None


ELSEWHERE = {"bytes": 0.01, "ssim": 0.0005, "psnr_y": 0.05, "vmaf": 0.3}
"""What may differ on another machine or with other libraries: bytes as a share, the rest as it is."""

EXACT = {"bytes": 0.0, "ssim": 1e-6, "psnr_y": 1e-4, "vmaf": 1e-3}
"""Where bytes and quality are exact: only the rounding of reports."""


@dataclass(frozen=True)
class Verdict:
    """One figure of an item, then and now; ``word``: ``worse``, ``better``, ``same``, ``not measured``."""

    item: str
    figure: str
    then: float | None
    now: float | None
    word: str


def measure(names: Iterable[str] | None, clips: Path, then: dict[str, Figures]) -> dict[str, Figures]:
    """The figures of the set, or of those of ``names``; a clip that is not at hand is named on stderr.

    ``then`` are the figures that are known: what takes no longer is transcoded once.
    """
    wanted = None if names is None else set(names)
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="mtor-check-") as name:
        folder = Path(name)
        for video, title, options in _set(folder, clips, wanted):
            known = then[title].work if title in then else None
            found[title] = _figures(video, folder / "film.mtor", options, known)
            print(f"measured {title}", file=sys.stderr)
    return found


def item_names() -> list[str]:
    """All items of the set."""
    return [*(f"oracle {name}" for name in ORACLES), *(f"cut {cut.clip}" for cut in CUTS)]


def compare(then: dict[str, Figures], now: dict[str, Figures], *, exact: bool) -> list[Verdict]:
    """A verdict for each figure of each item of ``then``; items only ``now`` has are not judged."""
    verdicts = []
    for item, before in then.items():
        after = now.get(item)
        for figure, old in asdict(before).items():
            new = None if after is None else getattr(after, figure)
            verdicts.append(Verdict(item, figure, old, new, _word(figure, old, new, exact=exact)))
    return verdicts


def _word(figure: str, old: float | None, new: float | None, *, exact: bool) -> str:
    if old is None or new is None:
        return "not measured"
    if figure in ("work", "render"):
        return "worse" if new > old * SLOWER else "better" if new < old / SLOWER else "same"
    slack = (EXACT if exact else ELSEWHERE)[figure] * (old if figure == "bytes" else 1)
    gain = old - new if figure in LESS_IS_BETTER else new - old
    return "worse" if gain < -slack else "better" if gain > slack else "same"


def _set(folder: Path, clips: Path, wanted: set[str] | None) -> Iterable[tuple[Path, str, dict[str, Any]]]:
    """``(video, item, options of the transcode)``, the oracle's scenes rendered on the way."""
    for name, oracle in ORACLES.items():
        title = f"oracle {name}"
        if wanted is None or title in wanted:
            truth = folder / f"{name}.mtor"
            write_truth(truth, HEADER, oracle.make())
            video = folder / f"{name}.mp4"
            mtor.render(truth, video, lossless=True)
            yield video, title, {"quality": ORACLE_QUALITY}
    for cut in CUTS:
        title = f"cut {cut.clip}"
        clip = clips / f"{cut.clip}.mp4"
        if wanted is not None and title not in wanted:
            continue
        if not clip.is_file():
            print(f"{title}: not at hand", file=sys.stderr)
            continue
        options = {"start": cut.start, "duration": cut.duration, "quality": cut.quality, "audio": "none"}
        yield clip, title, options


def _figures(video: Path, film: Path, options: dict[str, Any], known: float | None) -> Figures:
    part = {key: options[key] for key in ("start", "duration") if key in options}
    peer = _peer_seconds(video, **part)
    made, work = _made(video, film, options)
    if known is None or peer is None or work > known * SLOWER * peer:
        # It may have compiled kernels that nothing before needed.
        made, again = _made(video, film, options)
        work = min(work, again)
    pooled = (found := mtor.report(video, film, **part).quality).pooled
    render = min(_render_seconds(film) for _ in range(SHORT_TRIES))
    return Figures(
        bytes=made.bytes,
        ssim=pooled["float_ssim"].mean,
        psnr_y=found.psnr_y_mean_mse,
        vmaf=pooled["vmaf"].mean if "vmaf" in pooled else None,
        work=None if peer is None else round(work / peer, 2),
        render=None if peer is None else round(render / peer, 3),
    )


def _made(video: Path, film: Path, options: dict[str, Any]) -> tuple[TranscodeResult, float]:
    """A transcode and its processor seconds."""
    before = time.process_time()
    made = mtor.transcode(video, film, **options)
    return made, time.process_time() - before


def _render_seconds(film: Path) -> float:
    """Processor seconds of painting all frames, reading included."""
    before = time.process_time()
    reader = mtor.open(film)
    painter = FrameRenderer(reader)
    step = 1 / (reader.header.frame_rate * reader.header.time_base)
    for number in range(int(reader.duration / step)):
        painter.frame(number * step)
    return time.process_time() - before


def _peer_seconds(video: Path, start: float = 0, duration: float | None = None) -> float | None:
    """Processor seconds of SVT-AV1 over the same pictures; None without an FFmpeg that has it."""
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        return None
    length = [] if duration is None else ["-t", duration]
    command = [
        ffmpeg.path, "-hide_banner", "-loglevel", "error", "-ss", start, *length, "-i", video, "-an",
        "-c:v", "libsvtav1", "-preset", PEER_PRESET, "-crf", PEER_CRF, "-f", "null", "-",
    ]  # fmt: skip
    spent = []
    for _ in range(SHORT_TRIES):
        before = _children()
        done = subprocess.run(
            list(map(str, command)), capture_output=True, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            return None
        spent.append(_children() - before)
    return min(spent)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _environment() -> dict[str, Any]:
    return {"machine": machine(), "versions": versions(find_ffmpeg())}


def _is_same(then: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether figures must be exact: the same processor and libraries, whatever our own version."""
    keys = ("architecture", "processor", "cores")
    libraries = [
        {name: version for name, version in where["versions"].items() if not name.startswith("mtor")}
        for where in (then, now)
    ]
    return libraries[0] == libraries[1] and all(then["machine"][k] == now["machine"][k] for k in keys)


def write(path: Path, found: dict[str, Figures]) -> None:
    """Write a baseline. Items that were not measured keep their figures, if those are of this environment."""
    here = _environment()
    before = json.loads(path.read_text()) if path.exists() else None
    kept = before["items"] if before is not None and _is_same(before, here) else {}
    items = kept | {name: asdict(figures) for name, figures in found.items()}
    path.write_text(json.dumps({"schema": SCHEMA, **here, "items": items}, indent=1) + "\n")


def lines(verdicts: Sequence[Verdict], *, everything: bool) -> list[str]:
    """The verdicts as a table, without those that are the same unless ``everything``."""
    shown = [verdict for verdict in verdicts if everything or verdict.word != "same"]
    return [f"{v.item:34} {v.figure:7} {_cell(v.then):>10} -> {_cell(v.now):>10}  {v.word}" for v in shown]


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, then compare or write. 1 if a figure is worse or an item is gone, 2 without a baseline."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("items", nargs="*", help="only these items, such as 'oracle chart'")
    parser.add_argument("--write", action="store_true", help="make today's figures the baseline")
    parser.add_argument("--all", action="store_true", help="print also what is the same")
    parser.add_argument("--baseline", type=Path, default=BASELINE)
    parser.add_argument("--clips", type=Path, default=CLIPS, help="folder of the clips")
    asked = parser.parse_args(arguments)
    unknown = set(asked.items) - set(item_names())
    if unknown:
        parser.error(f"no such item: {', '.join(sorted(unknown))} (one of {', '.join(item_names())})")
    if not asked.write and not asked.baseline.is_file():
        print(f"{asked.baseline}: there is no baseline; write one with --write", file=sys.stderr)
        return 2
    baseline = json.loads(asked.baseline.read_text()) if asked.baseline.is_file() else {"items": {}}
    then = {name: Figures(**figures) for name, figures in baseline["items"].items()}
    found = measure(asked.items or None, asked.clips, then)
    if asked.write:
        write(asked.baseline, found)
        print(f"wrote {asked.baseline}")
        return 0
    return _judge(baseline, found, asked)


def _judge(baseline: dict[str, Any], found: dict[str, Figures], asked: argparse.Namespace) -> int:
    then = {
        name: Figures(**figures)
        for name, figures in baseline["items"].items()
        if not asked.items or name in asked.items
    }
    exact = _is_same(baseline, _environment())
    verdicts = compare(then, found, exact=exact)
    print("\n".join(lines(verdicts, everything=asked.all)))
    gone = sorted(set(then) - set(item_names()))
    worse = [verdict for verdict in verdicts if verdict.word == "worse"]
    better = sum(verdict.word == "better" for verdict in verdicts)
    how = "exactly" if exact else "with tolerances: another machine or other libraries"
    print(f"{len(then)} items compared {how}: {len(worse)} figures worse, {better} better")
    if gone:
        print(f"in the baseline, but no longer in the set: {', '.join(gone)} (renew it: --write)")
    return 1 if worse or gone else 0


if __name__ == "__main__":
    sys.exit(main())
