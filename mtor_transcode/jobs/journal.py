# SPDX-License-Identifier: Apache-2.0
"""What has been done of a film, in a hidden folder beside its output, so that the same command goes on.

The folder goes when the film is there, and when the work is called off; it stays when the process is killed,
the machine stops or the disk is full.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec

from mtor_transcode.errors import OutputError, WorkerLost
from mtor_transcode.files import move_whole, output_error, write_whole
from mtor_transcode.jobs.store import Store

_NAME_KEPT = 40
_KEEPS = (OutputError, WorkerLost, SystemExit)
"""Ends after which the work is kept."""


class Journal:
    """The folder's parts. ``store`` holds what was done; ``film`` is where the film is put together."""

    def __init__(self, folder: Path, cache: Path | None) -> None:
        self.folder = folder
        self.store = Store(folder if cache is None else cache)
        self.film = folder / "film"

    def changes(self, asked: Mapping[str, str]) -> list[str]:
        """What is asked for otherwise than when the work began: from now on it is as ``asked``."""
        manifest = self.folder / "asked.json"
        try:
            before = msgspec.json.decode(manifest.read_bytes(), type=dict[str, str])
        except (OSError, msgspec.DecodeError):
            before = dict(asked)
        write_whole(manifest, msgspec.json.encode(dict(asked)))
        return sorted(name for name in {*asked, *before} if asked.get(name) != before.get(name))


@contextlib.contextmanager
def journal(output: Path, cache: Path | None = None) -> Iterator[Journal]:
    """The journal of an output; ``cache`` is a folder where results are kept for other films as well.

    When the block ends the film takes its name. Raises OutputError, also while another process is at it.
    """
    folder = folder_of(output)
    with _written(output, folder, cache):
        folder.mkdir(exist_ok=True)
    with contextlib.ExitStack() as held:
        lock = held.enter_context((folder / "lock").open("wb"))
        _lock(lock, output)
        made = Journal(folder, cache)
        try:
            with _written(output, folder, cache):
                yield made
                move_whole(made.film, output)
        except _KEEPS:
            raise
        except BaseException:
            held.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
    shutil.rmtree(folder, ignore_errors=True)


def folder_of(output: Path) -> Path:
    """Where the work for an output lies."""
    sign = sha256(output.name.encode()).hexdigest()[:8]
    return output.with_name(f".{output.stem[:_NAME_KEPT]}.{sign}.work")


@contextlib.contextmanager
def _written(output: Path, *own: Path | None) -> Iterator[None]:
    """Errors of the system about these folders are OutputError, and all of them name the output."""
    try:
        yield
    except OutputError as error:
        if any(path is not None and Path(error.where).is_relative_to(path) for path in own):
            raise OutputError(error.what, where=str(output), remedy=error.remedy) from error
        raise
    except Exception as error:
        said = output_error(error, output, *(path for path in own if path is not None))
        if said is None:
            raise
        raise said from error


def _lock(stream: BinaryIO, output: Path) -> None:
    """Hold the folder as long as the stream is open, where the system knows how."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(
            "another process is at work on it", where=str(output), remedy="wait for it, or end it"
        ) from None
    except OSError:
        return
