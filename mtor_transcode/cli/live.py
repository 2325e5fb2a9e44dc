# SPDX-License-Identifier: Apache-2.0
"""``mtor transcode --live``: a film that can be played while it is written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from mtor_transcode.cli.console import fail, note
from mtor_transcode.cli.talk import tell_of_compiling, watching
from mtor_transcode.errors import UsageError

if TYPE_CHECKING:
    from mtor_transcode.api.results import TranscodeResult

INTERRUPTED: Final = 130

_WHOLE: Final = {
    "target_kbps": "--target-kbps",
    "target_size": "--target-size",
    "target_vmaf": "--target-vmaf",
    "max_kbps": "--max-kbps",
    "scheduler": "--scheduler",
    "cache": "--cache",
    "skip_existing": "--skip-existing",
    "many films": "a folder, or more than one video,",
}
"""What needs all of a film, or is for many."""


def transcode_live(source: str, output: str, options: dict[str, Any], *, as_json: bool) -> TranscodeResult:
    """Transcode while the source comes; an interrupt ends the film where it is, a second one cuts it.

    Raises UsageError for what needs the whole film.
    """
    from mtor_transcode import api

    chosen = _checked(dict(options))
    tell_of_compiling()
    with watching(as_json=as_json) as progress, _stopping() as stop:
        try:
            return api.transcode_live(source, output, stop=stop, progress=progress, **chosen)
        except KeyboardInterrupt:
            fail(f"interrupted: {output} has no end, and plays as far as it was written")
            raise SystemExit(INTERRUPTED) from None


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    """The options that are left for a live film."""
    for name, called in _WHOLE.items():
        if options.pop(name, None):
            raise UsageError(
                f"{called} cannot be had with --live, which never sees the whole film",
                where="options",
                remedy="leave it out, or transcode the film when it is whole",
            )
    if (options.pop("jobs", None) or 1) > 1:
        raise UsageError("--live works in one process", where="--jobs", remedy="leave it out")
    return {name: value for name, value in options.items() if name != "preset" or value is not None}


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that the first interrupt sets; the next one counts as usual."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(_: int, __: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        note("stopping: the film is brought to its end")

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
