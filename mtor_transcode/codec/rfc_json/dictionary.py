# SPDX-License-Identifier: Apache-2.0
"""``dictionary.json`` by id, without loading it: scanned once, entries decoded when asked for.

The scan checks every entry, finds ids that stand twice, and remembers where each entry lies; ids numbered in
order, as we write them (``v0, v1, ...``), cost 12 bytes of memory each.
"""

from __future__ import annotations

import json
import mmap
import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from mtor_transcode.codec.rfc_json import limits, types
from mtor_transcode.codec.rfc_json.files import opened
from mtor_transcode.codec.rfc_json.strict import plain_text, read_strict
from mtor_transcode.errors import FormatError

_MARK: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.DOTALL)
_FLAT_LEVELS: Final = 8
_NUMBERED: Final = re.compile(r"([a-z])(0|[1-9][0-9]{0,8})")
_SCHEMA: Final = "dictionary.schema.json"


def _flat_entry(levels: int) -> re.Pattern[bytes]:
    """Matches a bracket with all that it holds, up to so many levels deep, in one step."""
    string = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
    inner = rb"[{\[](?:[^{}\[\]\"]++|" + string + rb")*+[}\]]"
    for _ in range(levels - 1):
        inner = rb"[{\[](?:[^{}\[\]\"]++|" + string + rb"|" + inner + rb")*+[}\]]"
    return re.compile(inner, re.DOTALL)


_FLAT_ENTRY: Final = _flat_entry(_FLAT_LEVELS)


class DictionaryFile:
    """The entries of a dictionary file; a context manager. Raises FormatError if anything in it is wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with opened(path, limits.DICTIONARY_BYTES) as stream:
            if not stream.read(1):
                raise FormatError("empty", where=str(path), remedy="write at least {}")
            self._data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        self._starts: dict[str, array[int]] = {}
        self._sizes: dict[str, array[int]] = {}
        self._named: dict[str, tuple[int, int]] = {}
        try:
            self._scan()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> DictionaryFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._data.close()

    def __contains__(self, entry_id: str) -> bool:
        return self._place(entry_id) is not None

    def entry(self, entry_id: str) -> types.Entry:
        """The entry of that id; KeyError if there is none."""
        place = self._place(entry_id)
        if place is None:
            raise KeyError(entry_id)
        return self._decode(entry_id, *place)

    def where(self, entry_id: str) -> str:
        """How errors name an entry."""
        return f"{self._path}, entry {entry_id[:80]!r}"

    def _decode(self, entry_id: str, start: int, size: int) -> types.Entry:
        text = self._data[start : start + size]
        return read_strict(text, types.Entry, self.where(entry_id), _SCHEMA)

    def _place(self, entry_id: str) -> tuple[int, int] | None:
        numbered = _NUMBERED.fullmatch(entry_id)
        if numbered:
            letter, number = numbered[1], int(numbered[2])
            starts = self._starts.get(letter)
            if starts is not None and number < len(starts):
                return starts[number], self._sizes[letter][number]
        return self._named.get(entry_id)

    def _scan(self) -> None:
        for entry_id, start, size in self._spots():
            if entry_id in self:
                raise FormatError("stands twice", where=self.where(entry_id), remedy="give each its own id")
            self._decode(entry_id, start, size)
            self._remember(entry_id, start, size)

    def _remember(self, entry_id: str, start: int, size: int) -> None:
        numbered = _NUMBERED.fullmatch(entry_id)
        if numbered:
            letter, number = numbered[1], int(numbered[2])
            starts = self._starts.setdefault(letter, array("Q"))
            if number == len(starts) < limits.NUMBERED_ENTRIES:
                starts.append(start)
                self._sizes.setdefault(letter, array("L")).append(size)
                return
        if len(self._named) >= limits.NAMED_ENTRIES:
            raise FormatError(
                f"more than {limits.NAMED_ENTRIES} entries whose ids are not numbered from 0 in order",
                where=str(self._path),
                remedy="number the ids (v0, v1, v2, ...) or split the film",
            )
        self._named[entry_id] = (start, size)

    def _spots(self) -> Iterator[tuple[str, int, int]]:
        """(id, start, size) of each entry, by a walk over what stands between the entries."""
        inside, past = False, 0
        key: str | None = None
        separator = b""
        while mark := _MARK.search(self._data, past):
            sign, at = mark[0][:1], mark.start()
            if sign == b'"' and mark.end() - at < 2:
                raise self._broken("a string without its end", at)
            if inside and sign == b'"' and key is None:
                self._gap(past, at, separator)
                key, past = self._key(mark), mark.end()
            elif inside and sign == b"{" and key is not None:
                self._gap(past, at, b":")
                past = self._end_of_entry(at)
                yield key, at, past - at
                key, separator = None, b","
            elif (sign == b"{" and not past and not inside) or (sign == b"}" and inside and key is None):
                self._gap(past, at, b"")
                inside, past = not inside, mark.end()
            else:
                raise self._broken("not one object whose entries are objects", at)
        if inside or not past:
            raise self._broken("no whole JSON object", len(self._data))
        self._gap(past, len(self._data), b"")

    def _end_of_entry(self, start: int) -> int:
        """Where the object that begins at ``start`` ends."""
        most = start + limits.ENTRY_BYTES
        flat = _FLAT_ENTRY.match(self._data, start, most)
        if flat:
            return flat.end()
        depth = 0
        for mark in _MARK.finditer(self._data, start, most):
            sign = mark[0][:1]
            if sign == b'"' and mark.end() - mark.start() < 2:
                break
            depth += (sign in b"{[") - (sign in b"}]")
            if depth == 0:
                return mark.end()
        if most < len(self._data):
            raise self._broken(f"an entry of more than {limits.ENTRY_BYTES} bytes", start)
        raise self._broken("an entry without its end", start)

    def _key(self, mark: re.Match[bytes]) -> str:
        if mark.end() - mark.start() > 2000:
            raise self._broken("an id of more than 2000 bytes", mark.start())
        try:
            key = json.loads(mark[0]) if b"\\" in mark[0] else mark[0][1:-1].decode("utf-8")
        except ValueError:
            raise self._broken("an id that is no JSON string", mark.start()) from None
        return plain_text(str(key), str(self._path))

    def _gap(self, start: int, end: int, wanted: bytes) -> None:
        """What stands between two marks must be ``wanted`` and white space."""
        if end - start > limits.LINE_BYTES:
            raise self._broken("a stretch without an entry", start)
        if self._data[start:end].strip(b" \t\r\n") != wanted:
            raise self._broken(f"expected {wanted.decode() or 'nothing'!r} between entries", start)

    def _broken(self, what: str, at: int) -> FormatError:
        return FormatError(
            f"{what} (byte {at})", where=str(self._path), remedy=f"see docs/json.md and schema/{_SCHEMA}"
        )
