# SPDX-License-Identifier: Apache-2.0
"""Opening ``.mtor`` files."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.loss import Loss
from mtor_transcode.codec.series_files import series_for
from mtor_transcode.codec.signing import take_apart
from mtor_transcode.errors import InputError
from mtor_transcode.trust.film import check
from mtor_transcode.trust.keys import PublicKey

StrPath = str | os.PathLike[str]


def open(path: StrPath, dictionary: StrPath | None = None) -> FilmReader:
    """A reader of the film at ``path``; the file closes when the reader is let go of.

    ``dictionary`` is the series dictionary that the film needs, if it does not lie beside it. Raises
    InputError if there is no such file, FormatError if it is no film or the dictionary is another.
    """
    return FilmReader(builtins.open(found_film(path), "rb"), str(path), series_for(path, dictionary))


@contextlib.contextmanager
def opened(
    path: StrPath,
    dictionary: StrPath | None = None,
    loss: Loss | None = None,
    signers: Sequence[PublicKey] = (),
) -> Iterator[FilmReader]:
    """As ``open``, and the file is closed when the block ends; packets that ``loss`` takes are missing.

    If there are ``signers``, one of these keys must have signed the film (else TrustError).
    """
    with found_film(path).open("rb") as file:
        stream: BinaryIO = file
        if signers:
            # What was checked is what is read, whatever becomes of the file meanwhile.
            stream = io.BytesIO(file.read())
            check(take_apart(stream, str(path)), signers, str(path))
        yield FilmReader(stream, str(path), series_for(path, dictionary), loss)


def cut_short(film: FilmReader) -> tuple[str, ...]:
    """A warning if the film's file is cut, so that what is made of it ends early."""
    if not film.truncated:
        return ()
    seconds = float(film.duration * film.header.time_base)
    return (f"the film's file is cut; what can be read ends at {seconds:.2f} s",)


def found_film(path: StrPath) -> Path:
    """The path, if a file is there that may be read. Raises InputError."""
    # By os.path: pathlib raises for names that no disk takes.
    found = Path(path)
    if os.path.isdir(found):
        raise InputError("is a folder", where=str(path), remedy="name a .mtor file")
    if not os.path.exists(found):
        raise InputError("there is no such file", where=str(path), remedy="check the name")
    if not os.access(found, os.R_OK):
        raise InputError("may not be read", where=str(path), remedy="check its permissions")
    return found
