# SPDX-License-Identifier: Apache-2.0
"""Who does tasks: this process alone, or others on its behalf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Protocol, Self

from mtor_transcode.jobs.store import Done
from mtor_transcode.jobs.tasks import Place, ReelTask, run_task

Watch = Callable[[int, int, int], None]
"""Called often, with a task's place among those given, the frames of it done, and bytes so far."""


class Runner(Protocol):
    """Does tasks. Use it as a context manager: at its end nothing runs any more."""

    def run(self, tasks: Sequence[ReelTask], place: Place, watch: Watch) -> list[Done]:
        """Do all tasks, in any order; what they made, in theirs. Raises what the first that fails raised."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Alone:
    """This process does one task after the other."""

    def run(self, tasks: Sequence[ReelTask], place: Place, watch: Watch) -> list[Done]:
        """As ``Runner.run``."""
        made = []
        for number, task in enumerate(tasks):
            made.append(run_task(task, place, partial(watch, number)))
            watch(number, task.frames, 0)
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""
