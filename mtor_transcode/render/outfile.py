# SPDX-License-Identifier: Apache-2.0
"""A file that appears whole or not at all: written beside under another name, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mtor_transcode.errors import OutputError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path in the same folder to write to; it takes the name ``path`` if the block ends well, else it goes.

    Errors of the system that name no file, or the new one, become ``OutputError``.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        if path.is_dir():
            raise OutputError("is a folder", where=str(path), remedy="name a file in it")
        beside.touch(exist_ok=False)
        yield beside
        os.replace(beside, path)
    except OSError as error:
        if isinstance(error, OutputError) or error.filename not in (None, "", str(beside)):
            raise
        raise _told(error, path) from error
    finally:
        beside.unlink(missing_ok=True)


def _told(error: OSError, path: Path) -> OutputError:
    if error.errno in _FULL:
        return OutputError("the disk is full", where=str(path), remedy="free some space or write elsewhere")
    reason = error.strerror or os.strerror(error.errno or errno.EIO)
    return OutputError(f"cannot be written: {reason}", where=str(path), remedy="name another output")
