# SPDX-License-Identifier: Apache-2.0
"""Workers on other machines, through a Dask.distributed scheduler.

Source and store lie in a folder that all machines see under one name; what goes through the scheduler are
tasks, and the SHA-256 of what they made. So nothing is lost with a worker that dies: the scheduler gives its
task to another, and what it had done already is found in the store. Workers should have one thread each.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, Self

import msgspec

from mtor_transcode.errors import MissingExtraError, WorkerLost
from mtor_transcode.jobs.runner import Watch
from mtor_transcode.jobs.store import Done
from mtor_transcode.jobs.tasks import Place, ReelTask, key_of, run_task
from mtor_transcode.jobs.worker import Event, Order, failure_of

CONNECT_SECONDS = 20
LOOK_SECONDS = 0.2


class Cluster:
    """The scheduler at ``address``; certificates for ``tls://`` are those of Dask's own configuration.

    Raises MissingExtraError, and WorkerLost if the scheduler cannot be reached.
    """

    def __init__(self, address: str) -> None:
        try:
            self._dask: Any = import_module("distributed")
        except ImportError as error:
            raise MissingExtraError(
                "Dask.distributed is not installed",
                where="scheduler",
                remedy="pip install mtor-transcode[cluster]",
            ) from error
        self._address = address
        self._client: Any = None

    def run(self, tasks: Sequence[ReelTask], place: Place, watch: Watch) -> list[Done]:
        """As ``Runner.run``; WorkerLost if workers end under a task again and again."""
        futures = [
            self._client.submit(
                do_order, msgspec.json.encode(Order(task, place)), key=_key(task, place), pure=True
            )
            for task in tasks
        ]
        try:
            self._await(futures, tasks, watch)
            return [self._made(future) for future in futures]
        finally:
            self._client.cancel(futures)

    def _await(self, futures: list[Any], tasks: Sequence[ReelTask], watch: Watch) -> None:
        waiting = dict(enumerate(futures))
        while waiting:
            time.sleep(LOOK_SECONDS)
            watch(-1, 0, 0)
            for number in [number for number, future in waiting.items() if future.done()]:
                self._made(waiting.pop(number))
                watch(number, tasks[number].frames, 0)

    def _made(self, future: Any) -> Done:
        try:
            event = msgspec.json.decode(future.result(), type=Event)
        except Exception as error:
            raise WorkerLost(
                f"a task was not done: {type(error).__name__}: {error}",
                where=self._address,
                remedy="see the workers' logs; the same command goes on where this one ended",
            ) from error
        if event.failure is not None:
            raise event.failure.as_error()
        assert event.done is not None
        return event.done

    def __enter__(self) -> Self:
        try:
            self._client = self._dask.Client(self._address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise WorkerLost(
                f"the scheduler cannot be reached: {error}",
                where=self._address,
                remedy="check its address, and the certificates in Dask's configuration",
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()


def _key(task: ReelTask, place: Place) -> str:
    """What the scheduler calls a task; who wants its result elsewhere has to have it done there."""
    return f"mtor-{task.key}-{key_of(place)}"


def do_order(order: bytes) -> bytes:
    """What workers do: an ``Order`` in, an ``Event`` out, both as JSON."""
    asked = msgspec.json.decode(order, type=Order)
    try:
        event = Event(asked.task.frames, done=run_task(asked.task, asked.place, lambda *_: None))
    except Exception as error:
        event = Event(failure=failure_of(error, asked.place))
    return msgspec.json.encode(event)
