# SPDX-License-Identifier: Apache-2.0
"""A process that does tasks for another; ``pool`` starts it.

Orders come in and events go out as lines of JSON. It ends when its standard input does, at once: whoever
gave the orders is gone then, however that happened.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import BinaryIO

import msgspec

from mtor_transcode import errors
from mtor_transcode.errors import MtorError, WorkerLost
from mtor_transcode.files import output_error
from mtor_transcode.jobs.store import Done
from mtor_transcode.jobs.tasks import Place, ReelTask, run_task

TELL_SECONDS = 0.2
"""At least so long between two events of progress."""


class Order(msgspec.Struct):
    """A task to do, and where."""

    task: ReelTask
    place: Place


class Failure(msgspec.Struct):
    """An error as data: the name of its class in ``errors`` (empty: a bug), and what it says."""

    kind: str
    what: str
    where: str = ""
    remedy: str = ""

    def as_error(self) -> Exception:
        """The error again."""
        found = getattr(errors, self.kind, None)
        if isinstance(found, type) and issubclass(found, MtorError):
            return found(self.what, where=self.where, remedy=self.remedy)
        return RuntimeError(f"in a worker: {self.what}")


class Event(msgspec.Struct):
    """What a worker tells: progress (frames, bytes), or the end of its task: ``done`` or ``failure``."""

    frames: int = 0
    bytes: int = 0
    done: Done | None = None
    failure: Failure | None = None


def failure_of(error: Exception, place: Place) -> Failure:
    """An error as data; those of writing are about the place's store."""
    error = output_error(error, Path(place.store)) or error
    if isinstance(error, MemoryError):
        error = WorkerLost("a worker process has no memory left", where="jobs", remedy="use fewer --jobs")
    if isinstance(error, MtorError):
        kind = next(each.__name__ for each in type(error).__mro__ if each.__module__ == errors.__name__)
        return Failure(kind, error.what, error.where, error.remedy)
    return Failure("", f"{type(error).__name__}: {error}")


def _serve(orders: queue.Queue[Order], out: BinaryIO) -> None:
    last = 0.0

    def tell(frames: int, size: int) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL_SECONDS:
            last = time.monotonic()
            _say(out, Event(frames, size))

    while True:
        order = orders.get()
        try:
            event = Event(order.task.frames, done=run_task(order.task, order.place, tell))
        except Exception as error:
            traceback.print_exc()
            event = Event(failure=failure_of(error, order.place))
        _say(out, event)


def _say(out: BinaryIO, event: Event) -> None:
    out.write(msgspec.json.encode(event) + b"\n")
    out.flush()


def _listen(orders: queue.Queue[Order]) -> None:
    for line in sys.stdin.buffer:
        orders.put(msgspec.json.decode(line, type=Order))
    signal.raise_signal(signal.SIGTERM)


def main() -> None:
    """Do tasks until standard input ends."""
    # Ctrl-C in a terminal reaches all its processes; the one that gave the orders ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Nothing but events may go out: libraries that print are sent to stderr.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    orders: queue.Queue[Order] = queue.Queue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    try:
        _serve(orders, out)
    except BrokenPipeError:
        return
