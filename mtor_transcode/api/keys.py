# SPDX-License-Identifier: Apache-2.0
"""Keys made, shown and rotated."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from mtor_transcode.api.films import StrPath
from mtor_transcode.api.results import KeyResult
from mtor_transcode.files import write_whole
from mtor_transcode.trust.keys import (
    PRIVATE_SUFFIX,
    PUBLIC_SUFFIX,
    Kind,
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

    Raises OutputError (also if a file of that name exists: keys are never replaced), MissingExtraError.
    """
    key = new_key("sealing" if sealing else "signing")
    private, public = _files(name)
    write_key(key, private, public)
    return _result(key.public, public, private)


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
    before = read_private(Path(old))
    made = new_keys(name, sealing=before.kind == "sealing")
    if before.kind == "signing":
        assert made.public is not None
        said = rotation(before, read_public(made.public, "signing"), datetime.now(UTC).date())
        write_whole(Path(f"{Path(name)}{SUFFIX}"), said)
    return made


def _files(name: StrPath) -> tuple[Path, Path]:
    return Path(f"{Path(name)}{PRIVATE_SUFFIX}"), Path(f"{Path(name)}{PUBLIC_SUFFIX}")


def _result(key: PublicKey, public: Path | None, private: Path | None) -> KeyResult:
    kind: Kind = key.kind
    return KeyResult(id=key.id.hex(), kind=kind, raw=key.raw.hex(), public=public, private=private)
