# SPDX-License-Identifier: Apache-2.0
"""Worker processes on this machine. Each is a fresh interpreter, so nothing is shared but files."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from mtor_transcode.errors import WorkerLost
from mtor_transcode.jobs.runner import Alone, Runner, Watch
from mtor_transcode.jobs.store import Done
from mtor_transcode.jobs.tasks import Place, ReelTask
from mtor_transcode.jobs.worker import Event, Order

LOOK_SECONDS = 0.2
"""How long at most until whoever watches is told again, and may stop everything."""

TRIES = 2
"""Workers that a task may lose."""

SILENT_SECONDS = 1800.0
LEAST_WORK = 0.01
"""A worker that tells nothing of its task for so long, and has the processor for less than this share of it,
hangs (an encoder in it may) and is ended. One that works may be at a large picture.
"""

MOST_JOBS = 1024

DEBUG = "MTOR_DEBUG"


class _Worker:
    """A process and the number of the task it is at."""

    def __init__(self, events: queue.Queue[tuple[_Worker, bytes]]) -> None:
        self.task: int | None = None
        self.hung = False
        told = None if os.environ.get(DEBUG) else subprocess.DEVNULL
        self.process = subprocess.Popen(
            _command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told
        )
        self.hear()
        threading.Thread(target=self._read, args=(events,), daemon=True).start()

    def begin(self, number: int, order: Order) -> None:
        """Give it a task; if it is dead, that is heard of otherwise."""
        self.task = number
        self.hear()
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(msgspec.json.encode(order) + b"\n")
            self.process.stdin.flush()

    def hear(self) -> None:
        """It has told something, or works."""
        self._heard, self._worked = time.monotonic(), _processor_seconds(self.process.pid)

    def look(self) -> None:
        """End it if it hangs."""
        if self.task is None or time.monotonic() - self._heard <= SILENT_SECONDS:
            return
        if _processor_seconds(self.process.pid) - self._worked >= LEAST_WORK * SILENT_SECONDS:
            self.hear()
            return
        self.hung = True
        self.process.kill()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _read(self, events: queue.Queue[tuple[_Worker, bytes]]) -> None:
        """Pass its lines on; an empty one at its end."""
        assert self.process.stdout is not None
        with suppress(OSError, ValueError):
            for line in self.process.stdout:
                events.put((self, line))
        events.put((self, b""))


class Pool:
    """At most ``count`` worker processes, started when they are needed, kept until the end."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._workers: list[_Worker] = []
        self._events: queue.Queue[tuple[_Worker, bytes]] = queue.Queue()

    def run(self, tasks: Sequence[ReelTask], place: Place, watch: Watch) -> list[Done]:
        """As ``Runner.run``; WorkerLost if workers end under a task."""
        waiting = deque(range(len(tasks)))
        made: dict[int, Done] = {}
        lost: dict[int, int] = {}
        while len(made) < len(tasks):
            self._employ(waiting, tasks, place)
            for each in self._workers:
                each.look()
            try:
                worker, line = self._events.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                watch(-1, 0, 0)
                continue
            number = worker.task
            worker.hear()
            if not line:
                self._bury(worker)
                if number is not None:
                    lost[number] = lost.get(number, 0) + 1
                    self._check(worker, lost[number])
                    waiting.appendleft(number)
                continue
            event = msgspec.json.decode(line, type=Event)
            if event.failure is not None:
                raise event.failure.as_error()
            assert number is not None
            if event.done is not None:
                made[number] = event.done
                worker.task = None
            watch(number, event.frames, event.bytes)
        return [made[number] for number in range(len(tasks))]

    def _employ(self, waiting: deque[int], tasks: Sequence[ReelTask], place: Place) -> None:
        """Give tasks that wait to workers that don't work."""
        while waiting:
            free = next((worker for worker in self._workers if worker.task is None), None)
            if free is None:
                if len(self._workers) >= self._count:
                    return
                free = _Worker(self._events)
                self._workers.append(free)
            number = waiting.popleft()
            free.begin(number, Order(tasks[number], place))

    def _bury(self, worker: _Worker) -> None:
        worker.end()
        self._workers.remove(worker)

    def _check(self, worker: _Worker, lost: int) -> None:
        if lost >= TRIES:
            code = worker.process.returncode
            what = "told nothing for too long" if worker.hung else f"ended with code {code}"
            short = code < 0 and not worker.hung
            why = "with fewer --jobs if memory is short" if short else f"{DEBUG}=1 shows what it says"
            raise WorkerLost(
                f"a worker process {what}",
                where="jobs",
                remedy=f"the same command goes on where this one ended; {why}",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()


def _processor_seconds(process: int) -> float:
    """For how long a process has had the processor; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def _command() -> list[str]:
    """What starts a worker: it imports from where this process does.

    ``python -m`` would look in the working folder first, where a film's neighbour may be called ``queue.py``.
    """
    program = f"import sys; sys.path[:] = {sys.path!r}; from mtor_transcode.jobs.worker import main; main()"
    return [sys.executable, "-P", "-c", program]


def runner(jobs: int | None, scheduler: str | None = None) -> Runner:
    """Who does tasks: ``jobs`` processes (None: as many as there are cores), or those of a scheduler.

    Raises MissingExtraError.
    """
    if scheduler is not None:
        from mtor_transcode.jobs.cluster import Cluster

        return Cluster(scheduler)
    jobs = jobs or _cores()
    return Alone() if jobs == 1 else Pool(jobs)


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
