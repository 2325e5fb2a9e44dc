# SPDX-License-Identifier: Apache-2.0
"""Keys made, shown and rotated."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from mtor_transcode.api.films import StrPath
from mtor_transcode.api.results import KeyResult
from mtor_transcode.errors import UsageError
from mtor_transcode.trust.keys import (
    PRIVATE_SUFFIX,
    PUBLIC_SUFFIX,
    PrivateKey,
    PublicKey,
    is_private,
    new_key,
    read_private,
    read_public,
    write_key,
)
from mtor_transcode.trust.rotation import SUFFIX, rotation


def new_keys(name: StrPath, *, sealing: bool = False) -> KeyResult:
    """Make a pair of keys in ``name.key`` (mode 0600) and ``name.pub``: to sign with, or to seal to.

    Raises UsageError for what is no name, OutputError (also if a file of that name exists: keys are never
    replaced), MissingExtraError.
    """
    _check_name(name)
    return _written(new_key("sealing" if sealing else "signing"), name)


def show_key(path: StrPath) -> KeyResult:
    """Tell what key is in a file, public or private; of a private one only its public half is told.

    Raises InputError, TrustError, MissingExtraError.
    """
    file = Path(path)
    if is_private(file):
        return _result(read_private(file).public, None, file)
    return _result(read_public(file), file, None)


def rotate_keys(old: StrPath, name: StrPath) -> KeyResult:
    """Make a new pair as ``new_keys`` to take the place of the private key in ``old``.

    For keys to sign with also ``name.rotation`` is written, the old key's word for the new one: with it
    ``verify`` takes the new key's signatures where only the old one is known. Raises as ``new_keys``, and
    InputError, TrustError.
    """
    _check_name(name)
    before = read_private(Path(old))
    key = new_key(before.kind)
    if before.kind == "sealing":
        return _written(key, name)
    said = rotation(before, key.public, datetime.now(UTC).date())
    return _written(key, name, (Path(f"{os.fspath(name)}{SUFFIX}"), said))


def _check_name(name: StrPath) -> None:
    """UsageError for a name that files of keys would not be found by."""
    text = os.fspath(name)
    last = os.path.basename(text)
    if last in ("", ".", ".."):
        raise UsageError("is no name for keys", where=text or "name", remedy="name the files to write: me")
    stem, ending = os.path.splitext(last)
    if ending in (PRIVATE_SUFFIX, PUBLIC_SUFFIX, SUFFIX):
        raise UsageError("has an ending", where=text, remedy=f"leave it out: {stem}")


def _written(key: PrivateKey, name: StrPath, *more: tuple[Path, bytes]) -> KeyResult:
    private, public = (Path(f"{os.fspath(name)}{suffix}") for suffix in (PRIVATE_SUFFIX, PUBLIC_SUFFIX))
    write_key(key, private, public, *more)
    return _result(key.public, public, private)


def _result(key: PublicKey, public: Path | None, private: Path | None) -> KeyResult:
    return KeyResult(id=key.id.hex(), kind=key.kind, raw=key.raw.hex(), public=public, private=private)
