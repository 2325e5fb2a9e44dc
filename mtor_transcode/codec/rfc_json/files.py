# SPDX-License-Identifier: Apache-2.0
"""The files of an RFC JSON folder: their names, sizes, lines, and writing them beside and renaming."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from mtor_transcode.codec.rfc_json import limits
from mtor_transcode.codec.rfc_json.strict import read_strict
from mtor_transcode.errors import FormatError, InputError, OutputError

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


class Folder:
    """Writes files into a folder under other names and renames them all when the block ends well."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._made_folder = False
        self._streams: dict[Path, BinaryIO] = {}

    def __enter__(self) -> Folder:
        with _told(self.path):
            self._made_folder = not self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
        return self

    def open(self, name: str) -> BinaryIO:
        """A new file of that name."""
        final = self.path / name
        with _told(final):
            stream = (self.path / f".{name}.{os.getpid()}.part").open("wb")
        self._streams[final] = stream
        return stream

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            with _told(self.path):
                for stream in self._streams.values():
                    stream.close()
                if error is None:
                    for final, stream in self._streams.items():
                        os.replace(stream.name, final)
        finally:
            self._clean()
        if isinstance(error, OSError) and not isinstance(error, OutputError):
            raise _output_error(error, self.path) from error

    def remove(self, name: str) -> None:
        """Take away a file that an earlier export may have left."""
        with _told(self.path):
            (self.path / name).unlink(missing_ok=True)

    def _clean(self) -> None:
        for stream in self._streams.values():
            with contextlib.suppress(OSError):
                Path(stream.name).unlink(missing_ok=True)
        if self._made_folder:
            with contextlib.suppress(OSError):
                self.path.rmdir()


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _output_error(error, path) from error


def _output_error(error: OSError, path: Path) -> OutputError:
    return OutputError(f"cannot be written: {_reason(error)}", where=str(path), remedy="name another folder")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
