# SPDX-License-Identifier: Apache-2.0
"""Where series dictionaries are found: the file that is named, or one beside the film, by its hash."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

from mtor_transcode.codec.limits import MAX_SECTION
from mtor_transcode.codec.series import FindSeries, SeriesDictionary, missing_series, read_series
from mtor_transcode.errors import FormatError, InputError

SUFFIX: Final = ".mtordict"

_MOST_BYTES: Final = MAX_SECTION + 16


def load_series(path: str | os.PathLike[str]) -> SeriesDictionary:
    """Returns the dictionary in a file. Raises InputError if it cannot be read, FormatError if it is none."""
    return read_series(_read(os.fspath(path)), os.fspath(path))


def series_for(film: str | os.PathLike[str], given: str | os.PathLike[str] | None) -> FindSeries:
    """Returns a way to find the dictionary of ``film``: ``given`` if it is named, else one in its folder."""

    def find(digest: bytes) -> SeriesDictionary:
        if given is not None:
            return load_series(given)
        for path in sorted(Path(film).absolute().parent.glob(f"*{SUFFIX}")):
            try:
                data = _read(os.fspath(path))
            except (InputError, FormatError):
                continue  # Somebody else's file, which this film may not need.
            if sha256(data).digest() == digest:
                return read_series(data, os.fspath(path))
        return missing_series(digest)

    return find


def _read(name: str) -> bytes:
    try:
        with open(name, "rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "it cannot be read").lower()
        raise InputError(reason, where=name, remedy=f"name a {SUFFIX} file") from error
    if len(data) > _MOST_BYTES:
        raise FormatError("too large for a series dictionary", where=name, remedy="fetch it again")
    return data
