# SPDX-License-Identifier: Apache-2.0
"""The files of an RFC JSON folder: their names, sizes and lines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from mtor_transcode.codec.rfc_json import limits
from mtor_transcode.codec.rfc_json.strict import read_strict
from mtor_transcode.errors import FormatError, InputError

TOKENS: Final = "tokens.jsonl"
DICTIONARY: Final = "dictionary.json"
MANIFEST: Final = "manifest.json"
AUDIO: Final = "audio.jsonl"
SUBTITLES: Final = "subtitles.jsonl"

_WHICH_FOLDER: Final = "name a folder with tokens.jsonl and dictionary.json"

T = TypeVar("T")


@contextlib.contextmanager
def opened(path: Path, most: int) -> Iterator[BinaryIO]:
    """The file at ``path`` for reading.

    Raises InputError if it is no file that can be read, FormatError if it is larger than ``most`` bytes.
    """
    with contextlib.ExitStack() as stack:
        try:
            size = path.stat().st_size
            if not path.is_file():
                raise InputError("is not a file", where=str(path), remedy=_WHICH_FOLDER)
            stream = stack.enter_context(path.open("rb"))
        except OSError as error:
            what = f"cannot be read: {_reason(error)}"
            raise InputError(what, where=str(path), remedy=_WHICH_FOLDER) from None
        if size > most:
            remedy = f"at most {most} bytes are read; split the film"
            raise FormatError(f"{size} bytes", where=str(path), remedy=remedy)
        yield stream


def read_object(path: Path, kind: type[T], most: int, schema: str) -> T:
    """The one JSON object of a file."""
    with opened(path, most) as stream:
        return read_strict(stream.read(), kind, str(path), schema)


def read_lines(path: Path, kind: type[T], schema: str) -> Iterator[tuple[int, T]]:
    """(line number, object) of each line that is not blank."""
    with opened(path, limits.LINES_BYTES) as stream:
        number = 0
        while line := stream.readline(limits.LINE_BYTES + 1):
            number += 1
            where = f"{path} line {number}"
            if len(line) > limits.LINE_BYTES:
                raise FormatError(
                    "a line too long", where=where, remedy=f"at most {limits.LINE_BYTES} bytes are read"
                )
            if line.strip():
                yield number, read_strict(line, kind, where, schema)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
