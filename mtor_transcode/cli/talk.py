# SPDX-License-Identifier: Apache-2.0
"""How a command tells of its work: a bar on a terminal, events for programs, silence otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mtor_transcode.cli.console import emit, note
from mtor_transcode.cli.words import bytes_of

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from mtor_transcode.analyze.film.progress import Progress, ProgressCallback

EVENT_SECONDS = 0.25
"""At least so long between two progress events of one stage."""


@contextmanager
def watching(*, as_json: bool) -> Iterator[ProgressCallback]:
    """A progress callback that suits where the command runs."""
    if as_json:
        yield _events()
    elif sys.stderr is not None and sys.stderr.isatty():
        with _bar() as callback:
            yield callback
    else:
        yield _silence


def tell_of_compiling() -> None:
    """Say that the kernels are compiled now, if they have never been."""
    from mtor_transcode.cli.kernels import are_compiled

    if not are_compiled():
        note("compiling kernels once; this takes up to a minute, and never again")


def _silence(_: Progress) -> None:
    """Nobody watches."""


def _events() -> ProgressCallback:
    clock = _Clock()
    last = ("", 0.0)

    def callback(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        rate, left = clock.tick(progress)
        if progress.stage == last[0] and now - last[1] < EVENT_SECONDS and progress.done != progress.total:
            return
        last = (progress.stage, now)
        emit(
            "progress",
            {
                "stage": progress.stage,
                "done": progress.done,
                "total": progress.total,
                "bytes": progress.bytes,
                "fps": round(rate, 2),
                "eta_s": None if left is None else round(left, 1),
                **({"note": progress.note} if progress.note else {}),
            },
        )

    return callback


@contextmanager
def _bar() -> Iterator[ProgressCallback]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[size]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _on_bar(bar)


def _on_bar(bar: Bar) -> ProgressCallback:
    clock = _Clock()
    task = bar.add_task("starting", total=None, speed="", size="")

    def callback(progress: Progress) -> None:
        new_stage = bar.tasks[0].description != progress.stage
        if new_stage:
            bar.reset(task)
        rate, _ = clock.tick(progress)
        bar.update(
            task,
            description=progress.stage,
            completed=progress.done,
            total=progress.total or None,
            speed=f"{rate:.1f} fps" if rate and not progress.note else "",
            size=bytes_of(progress.bytes) if progress.bytes else "",
        )
        if progress.note:
            bar.console.print(f"mtor: {progress.note}", highlight=False, markup=False)

    return callback


class _Clock:
    """Frames per second and seconds left of the stage that is running."""

    def __init__(self) -> None:
        self._stage = ""
        self._since = 0.0
        self._from = 0

    def tick(self, progress: Progress) -> tuple[float, float | None]:
        now = time.monotonic()
        if progress.stage != self._stage or progress.done < self._from:
            self._stage, self._since, self._from = progress.stage, now, progress.done
        spent, made = now - self._since, progress.done - self._from
        rate = made / spent if spent > 0 else 0.0
        left = (progress.total - progress.done) / rate if rate and progress.total else None
        return rate, left
