# SPDX-License-Identifier: Apache-2.0
"""Encoders in a process of their own: one that hangs or crashes costs a point, not the run.

SVT-AV1 has been seen to wait for itself for ever on a busy machine. So a worker whose process has not used
the processor for ``STALL_SECONDS`` is ended and the point tried once more in a new one.

``python -m mtor_transcode.measure.codecs.worker CLIP DURATION`` is that process: jobs come in and answers go
out as lines of JSON.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import msgspec

from mtor_transcode.measure.codecs.peer import CodecError, Coded, Peer
from mtor_transcode.measure.codecs.recipe import Recipe

STALL_SECONDS = 45.0
TRIES = 2
_LOOK_SECONDS = 2.0
_ORDINARY_SECONDS = 0.1
_NO_CLOCK_SECONDS = 900.0
"""Patience where the processor's time of another process cannot be read."""


class Job(msgspec.Struct):
    """A point to code: the codec's name, what is asked of it, where to write."""

    codec: str
    recipe: Recipe
    path: str


class Answer(msgspec.Struct):
    """What came of a job: ``coded``, or ``error`` in words."""

    coded: Coded | None = None
    error: str = ""


class Worker:
    """Codes points of one clip. Use it as a context manager; a process is started when first needed."""

    def __init__(self, clip: Path, duration: float | None = None, *, stall: float = STALL_SECONDS) -> None:
        self._command = [sys.executable, "-m", __name__, str(clip), str(duration or "")]
        self._stall = stall
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[bytes] = queue.Queue()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def encode(self, peer: Peer, recipe: Recipe, path: Path) -> Coded:
        """Codes a point to ``path``. Raises CodecError."""
        job = msgspec.json.encode(Job(peer.name, recipe, str(path))) + b"\n"
        reason = ""
        for _ in range(TRIES):
            try:
                answer = msgspec.json.decode(self._asked(job), type=Answer)
            except CodecError as error:
                reason = error.what
                continue
            if answer.coded is None:
                raise CodecError(answer.error, where=peer.name)
            return answer.coded
        raise CodecError(f"{peer.title} failed at {recipe.label}: {reason}", where=peer.name)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _asked(self, job: bytes) -> bytes:
        process = self._started()
        try:
            assert process.stdin is not None
            process.stdin.write(job)
            process.stdin.flush()
            return self._awaited(process)
        except OSError as error:
            self.close()
            raise CodecError(f"the encoder's process ended: {error}") from error
        except BaseException:
            self.close()
            raise

    def _awaited(self, process: subprocess.Popen[bytes]) -> bytes:
        used, since = _cpu_seconds(process.pid), time.monotonic()
        patience = _NO_CLOCK_SECONDS if used is None else self._stall
        while True:
            try:
                line = self._answers.get(timeout=min(_LOOK_SECONDS, self._stall))
            except queue.Empty:
                now = _cpu_seconds(process.pid)
                if now != used:
                    used, since = now, time.monotonic()
                elif time.monotonic() - since > patience:
                    raise CodecError(f"the encoder did nothing for {patience:g} s") from None
                continue
            if not line:
                raise CodecError(f"the encoder's process ended with code {process.wait()}")
            return line

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            answers: queue.Queue[bytes] = queue.Queue()
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._answers = answers
            threading.Thread(target=_read, args=(self._process, answers), daemon=True).start()
        return self._process


def _read(process: subprocess.Popen[bytes], answers: queue.Queue[bytes]) -> None:
    """Passes on the process's lines; an empty one at its end."""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            answers.put(line)
    except (OSError, ValueError):
        pass  # closed under our hands: the process was given up
    answers.put(b"")


def _cpu_seconds(pid: int) -> float | None:
    """Processor time of a process; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def stay_ordinary() -> None:
    """Keeps this process from real-time priority, which SVT-AV1 takes as root: nothing else would run."""
    if hasattr(os, "sched_setscheduler"):
        threading.Thread(target=_stay_ordinary, daemon=True).start()


def _stay_ordinary() -> None:
    while True:
        time.sleep(_ORDINARY_SECONDS)
        for thread in Path("/proc/self/task").glob("*"):
            with suppress(OSError):
                if os.sched_getscheduler(int(thread.name)) in (os.SCHED_FIFO, os.SCHED_RR):
                    os.sched_setscheduler(int(thread.name), os.SCHED_OTHER, os.sched_param(0))


def _serve(clip: str, duration: str) -> None:
    from mtor_transcode.errors import MtorError
    from mtor_transcode.ingest.source import open_source
    from mtor_transcode.measure.codecs.feeding import SourceFeed
    from mtor_transcode.measure.codecs.listing import PEERS

    stay_ordinary()
    with open_source(clip, duration=duration or None) as source:
        feed = SourceFeed(source)
        for line in sys.stdin.buffer:
            job = msgspec.json.decode(line, type=Job)
            try:
                answer = Answer(PEERS[job.codec].encode(feed, job.recipe, Path(job.path)))
            except MtorError as error:
                answer = Answer(error=error.what)
            sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2])
