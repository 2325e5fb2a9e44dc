# SPDX-License-Identifier: Apache-2.0
"""Outputs that appear whole or not at all: written beside, synced, renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from mtor_transcode.errors import MtorError, OutputError, UsageError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def check_output(path: Path, *inputs: Path | None) -> None:
    """Refuse an output that cannot work, before any work is done.

    Raises UsageError if it is one of ``inputs``, OutputError if it is a folder, something other than a
    plain file, or in a folder that is missing.
    """
    for source in inputs:
        if source is not None and _same_file(path, source):
            raise UsageError("is both input and output", where=str(path), remedy="name another output")
    if path.is_dir():
        raise OutputError("is a folder", where=str(path), remedy="name a file inside it")
    if path.exists() and not path.is_file():
        raise OutputError("is not a plain file", where=str(path), remedy="name a file on a disk")
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError("exists and is write-protected", where=str(path), remedy="name another output")
    if not path.resolve().parent.is_dir():
        raise OutputError("its folder does not exist", where=str(path), remedy=f"make {path.parent} first")


@contextlib.contextmanager
def staged_file(path: Path) -> Iterator[Path]:
    """A new empty file beside ``path`` that takes its name when the block ends, and is removed when it fails.

    The suffix is kept, so that writers which choose a format by name work. Errors of the system become
    OutputError; a link is followed, not replaced.
    """
    final = path.resolve()
    beside = final.with_name(f".{final.stem}.{secrets.token_hex(4)}.part{final.suffix}")
    with _told(path), _removed_on_failure(beside):
        beside.touch(exist_ok=False)
        yield beside
        _sync(beside)
        os.replace(beside, final)
    _sync_folder(final.parent)


@contextlib.contextmanager
def staged_folder(path: Path) -> Iterator[Path]:
    """A new empty folder beside ``path`` whose files move into ``path`` when the block ends.

    ``path`` is made if it is missing; files already in it under other names stay.
    """
    final = path.resolve()
    beside = final.with_name(f".{final.name}.{secrets.token_hex(4)}.part")
    with _told(path), _removed_on_failure(beside):
        if final.exists() and not final.is_dir():
            raise OutputError("is a file, not a folder", where=str(path), remedy="name a folder")
        beside.mkdir()
        yield beside
        for made in beside.rglob("*"):
            if made.is_file():
                _sync(made)
        if final.exists():
            for made in sorted(beside.iterdir()):
                os.replace(made, final / made.name)
            beside.rmdir()
        else:
            os.replace(beside, final)
    _sync_folder(final.parent)


def output_error(error: BaseException, path: Path) -> OutputError | None:
    """The OutputError that says what ``error`` means for ``path``; None if it is not about writing."""
    number = getattr(error, "errno", None)
    if isinstance(error, (MtorError, BrokenPipeError)) or not isinstance(number, int):
        return None
    if number in _FULL:
        return OutputError("the disk is full", where=str(path), remedy="free some space or write elsewhere")
    if isinstance(error, OSError) and _about(error, path):
        return OutputError(
            f"cannot be written: {os.strerror(number).lower()}", where=str(path), remedy="name another output"
        )
    return None


def _about(error: OSError, path: Path) -> bool:
    """Whether the system's error may be about the output: it names no file, or one in the output's folder."""
    named = error.filename
    return named is None or Path(os.fsdecode(named)).parent in (path.parent, path.resolve().parent)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        said = output_error(error, path)
        if said is None:
            raise
        raise said from error


@contextlib.contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        raise


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sync_folder(path: Path) -> None:
    """Make the new name durable where the system knows how (not on Windows)."""
    with contextlib.suppress(OSError):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False
