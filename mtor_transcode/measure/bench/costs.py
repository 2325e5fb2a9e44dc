# SPDX-License-Identifier: Apache-2.0
"""What coding and showing one point costs: each in a process of its own, so that peaks of memory are its own.

``python -m mtor_transcode.measure.bench.costs JOB`` (JSON) is that process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from mtor_transcode.errors import MtorError
from mtor_transcode.measure.bench.cache import Point
from mtor_transcode.measure.bench.result import Cost

LONGEST = 1200.0
CALM = 0.2
"""Cores that other programs may use while costs are measured; those of a busier machine are not kept."""

COSTS = 3
"""Number of the way of measuring; another one makes kept costs void."""


def cost_of(clip: Path, point: Point) -> Cost:
    """Codes and shows ``point`` of ``clip`` anew. Raises MtorError if that fails."""
    with tempfile.TemporaryDirectory(prefix="mtor-cost-") as folder:
        suffix = ".mtor" if point.codec == "mtor" else ".mp4"
        job = {
            "clip": str(clip), "codec": point.codec, "parameters": point.parameters,
            "path": str(Path(folder) / f"coded{suffix}"), "kept": point.kept, "frames": point.frames,
        }  # fmt: skip
        before = _Load.now()
        coded = _child({**job, "do": "encode"})
        seen = _child({**job, "do": "decode"})
        others = before.others()
    return Cost(
        label=point.label,
        kbps=round(point.kbps, 3),
        encode_seconds=coded["seconds"],
        decode_seconds=seen["seconds"],
        encode_work=coded["work"],
        decode_work=seen["work"],
        encode_bytes=coded["bytes"],
        decode_bytes=seen["bytes"],
        others=others,
    )


@dataclass(frozen=True, slots=True)
class _Load:
    """Processor seconds used until now: by all programs on all cores (None where the system does not tell),
    by this process and those it ran; and the clock.
    """

    every: float | None
    own: float
    clock: float

    @classmethod
    def now(cls) -> _Load:
        times = os.times()
        own = times.user + times.system + times.children_user + times.children_system
        return cls(_busy_seconds(), own, time.perf_counter())

    def others(self) -> float | None:
        """Cores that other programs have used since, on average."""
        now = _Load.now()
        if self.every is None or now.every is None:
            return None
        used = (now.every - self.every) - (now.own - self.own)
        return round(max(0.0, used) / max(1e-3, now.clock - self.clock), 3)


def _busy_seconds() -> float | None:
    """Linux's count of what all cores did, or would have (``steal``), but wait."""
    try:
        words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        user, nice, system, _, _, irq, softirq, steal = map(int, words[:8])
        return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return None


def _child(job: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", __name__ if __name__ != "__main__" else __spec__.name, json.dumps(job)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MtorError(f"took more than {LONGEST:g} s", where=str(job["codec"])) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MtorError(said[-1] if said else f"exit code {done.returncode}", where=str(job["codec"]))
    found: dict[str, Any] = json.loads(done.stdout.decode().strip().splitlines()[-1])
    if "error" in found:
        raise MtorError(found["error"], where=str(job["codec"]))
    return found


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    """What a job cost, or the error in words."""
    try:
        return _run(job)
    except MtorError as error:
        return {"error": error.what}


def _run(job: dict[str, Any]) -> dict[str, Any]:
    from mtor_transcode.ingest.source import open_source
    from mtor_transcode.measure.codecs import mtor
    from mtor_transcode.measure.codecs.feeding import SourceFeed, layout_of, shown
    from mtor_transcode.measure.codecs.listing import PEERS
    from mtor_transcode.measure.codecs.recipe import Recipe
    from mtor_transcode.measure.codecs.worker import stay_ordinary

    stay_ordinary()
    path = Path(job["path"])
    with open_source(job["clip"]) as source:
        began, worked = time.perf_counter(), _work_seconds()
        if job["do"] == "decode":
            pictures = (
                mtor.shown(path, source)
                if job["codec"] == mtor.NAME
                else shown(path, job["kept"], job["frames"], layout_of(source))
            )
            for _ in pictures:
                pass
        elif job["codec"] == mtor.NAME:
            mtor.encode(source, job["parameters"]["quality"], path)
        else:
            recipe = msgspec.convert(job["parameters"], Recipe)
            PEERS[job["codec"]].encode(SourceFeed(source), recipe, path)
        spent = time.perf_counter() - began
        worked = _work_seconds() - worked
    return {"seconds": round(spent, 3), "work": round(worked, 3), "bytes": _peak_bytes()}


def _work_seconds() -> float:
    """Processor time of this process and of programs that it ran."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def _peak_bytes() -> int:
    """Most memory that this process, or a program it ran, has held; 0 where the system does not tell."""
    own = _own_peak_bytes()
    try:
        import resource
    except ImportError:  # Windows
        return own
    unit = 1 if sys.platform == "darwin" else 1024
    who = resource.RUSAGE_CHILDREN if own else resource.RUSAGE_SELF
    return max(own, resource.getrusage(who).ru_maxrss * unit)


def _own_peak_bytes() -> int:
    """Linux's ``VmHWM``: ``ru_maxrss`` of a new process begins with what the one that started it held."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_answer(json.loads(sys.argv[1]))) + "\n")
