# SPDX-License-Identifier: Apache-2.0
"""What has been done of a film, in a hidden folder beside its output, so that the same command goes on.

The folder goes when the film is there, and when the work is called off; it stays when the process is killed,
the machine stops, the disk is full, or a source or worker is not to be had any more.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec

from mtor_transcode.errors import InputError, MissingExtraError, OutputError, WorkerLost
from mtor_transcode.files import move_whole, output_error, write_whole
from mtor_transcode.jobs.store import Store

_NAME_KEPT = 40
_KEEPS = (InputError, MissingExtraError, OutputError, WorkerLost, MemoryError, SystemExit)
"""Ends after which the work is kept, as far as any was done: it may well go on later."""


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
        lock = _hold(folder, output)
    with lock:
        made = Journal(folder, cache)
        try:
            with _written(output, folder, cache):
                made.store.folder.mkdir(parents=True, exist_ok=True)
                yield made
                move_whole(made.film, output)
        except BaseException as error:
            if not (isinstance(error, _KEEPS) and Store(folder).holds_any):
                _remove(folder, lock)
            raise
        _remove(folder, lock)


def folder_of(output: Path) -> Path:
    """Where the work for an output lies: beside the file itself, wherever links lead."""
    final = Path(os.path.realpath(output))
    sign = sha256(final.name.encode()).hexdigest()[:8]
    return final.with_name(f".{final.stem[:_NAME_KEPT]}.{sign}.work")


@contextlib.contextmanager
def _written(output: Path, folder: Path, cache: Path | None) -> Iterator[None]:
    """Errors of the system about these folders are OutputError; those about ``folder`` name the output."""
    try:
        yield
    except OutputError as error:
        if Path(error.where).is_relative_to(folder):
            raise OutputError(error.what, where=str(output), remedy=error.remedy) from error
        raise
    except Exception as error:
        said = output_error(error, output, folder)
        if said is None and cache is not None:
            said = output_error(error, cache)
        if said is None:
            raise
        raise said from error


def _hold(folder: Path, output: Path) -> BinaryIO:
    """Make the folder, and hold it as long as the stream that is returned is open."""
    while True:
        folder.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # whoever held it until now takes it away
            lock = (folder / "lock").open("wb")
            try:
                _lock(lock, output)
                if os.path.samestat(os.fstat(lock.fileno()), (folder / "lock").stat()):
                    return lock
            except BaseException:
                lock.close()
                raise
            lock.close()


def _remove(folder: Path, lock: BinaryIO) -> None:
    """Take the folder away while it is held: from then on it may be another's."""
    if sys.platform == "win32":
        lock.close()  # nothing that is open can be removed there
    shutil.rmtree(folder, ignore_errors=True)


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
