# SPDX-License-Identifier: Apache-2.0
"""Rotation: the old key signs that a new one takes its place, so that who trusts the old one trusts it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from mtor_transcode.errors import InputError, TrustError
from mtor_transcode.trust.keys import PrivateKey, PublicKey

SUFFIX: Final = ".rotation"

_LABEL: Final = b"mtor rotation v1\0"
_MOST_BYTES: Final = 1 << 12
_FIELDS: Final = {"mtor_rotation", "old", "new", "day", "signature"}


def rotation(old: PrivateKey, new: PublicKey, day: date) -> bytes:
    """The statement, one line of JSON. Both keys are for signing; ``day`` is told, not checked."""
    said = day.isoformat()
    signature = old.sign(_message(old.public.raw, new.raw, said))
    fields = {
        "mtor_rotation": 1, "old": old.public.raw.hex(), "new": new.raw.hex(), "day": said,
        "signature": signature.hex(),
    }  # fmt: skip
    return (json.dumps(fields) + "\n").encode()


def read_rotation(path: Path) -> tuple[PublicKey, PublicKey]:
    """The old and the new key of a statement whose signature is right. Raises InputError, TrustError."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "it cannot be read").lower()
        raise InputError(reason, where=str(path), remedy=f"name a {SUFFIX} file") from error
    return parse_rotation(data, str(path))


def parse_rotation(data: bytes, where: str) -> tuple[PublicKey, PublicKey]:
    """As ``read_rotation``, of a file's bytes. Raises TrustError."""
    try:
        fields = json.loads(data)
        if set(fields) != _FIELDS or fields["mtor_rotation"] != 1:
            raise ValueError
        old, new = (PublicKey("signing", bytes.fromhex(fields[name])) for name in ("old", "new"))
        day, signature = str(fields["day"]), bytes.fromhex(fields["signature"])
        if len(old.raw) != 32 or len(new.raw) != 32 or not day.isascii():
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise TrustError(
            "is no rotation of keys", where=where, remedy="fetch it again from the publisher"
        ) from error
    if not old.verifies(signature, _message(old.raw, new.raw, day)):
        raise TrustError(
            f"is not signed by the key it replaces ({old.id.hex()})", where=where, remedy="do not trust it"
        )
    return old, new


def trusted(keys: Iterable[PublicKey], rotations: Sequence[tuple[PublicKey, PublicKey]]) -> list[PublicKey]:
    """The keys, and all keys that rotations lead to from them, in any number of steps."""
    found = list(keys)
    for key in found:  # Grows while it is walked.
        found += [new for old, new in rotations if old == key and new not in found]
    return found


def _message(old: bytes, new: bytes, day: str) -> bytes:
    return _LABEL + old + new + day.encode()
