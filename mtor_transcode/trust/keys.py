# SPDX-License-Identifier: Apache-2.0
"""Keys: Ed25519 to sign with, X25519 to seal to; their ids, and their files in PEM.

Private keys are in files that only their owner may read (mode 0600), as PKCS #8; public ones as
SubjectPublicKeyInfo. OpenSSL and WebCrypto read both. No error and no log shows a private key.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

from mtor_transcode.errors import InputError, OutputError, TrustError
from mtor_transcode.files import output_error
from mtor_transcode.trust.extra import crypto, invalid_signature
from mtor_transcode.trust.manifest import KEY_ID_BYTES

Kind = Literal["signing", "sealing"]

ALGORITHMS: Final[dict[Kind, str]] = {"signing": "ed25519", "sealing": "x25519"}
PRIVATE_SUFFIX: Final = ".key"
PUBLIC_SUFFIX: Final = ".pub"

_LABEL: Final = b"mtor key v1\0"
_MOST_BYTES: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: ``raw`` has its 32 bytes."""

    kind: Kind
    raw: bytes

    @property
    def id(self) -> bytes:
        """The key's id, 8 bytes: the start of the SHA-256 of a label, the algorithm and the key."""
        return sha256(_LABEL + ALGORITHMS[self.kind].encode() + b"\0" + self.raw).digest()[:KEY_ID_BYTES]

    def native(self) -> Any:
        """The key as ``cryptography`` has it."""
        module = crypto(f"asymmetric.{ALGORITHMS[self.kind]}")
        name = "Ed25519PublicKey" if self.kind == "signing" else "X25519PublicKey"
        return getattr(module, name).from_public_bytes(self.raw)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether ``signature`` is this key's (for signing) of ``message``."""
        invalid = invalid_signature()
        try:
            self.native().verify(signature, message)
        except invalid:
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """A private key; ``native`` is ``cryptography``'s. Its ``repr`` shows the id alone."""

    kind: Kind
    native: Any

    def __repr__(self) -> str:
        return f"PrivateKey({self.kind}, {self.public.id.hex()})"

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(self.kind, self.native.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The signature (64 bytes) of ``message``; the key is one for signing."""
        return bytes(self.native.sign(message))


MAKE: dict[Kind, str] = {"signing": "mtor keys new NAME", "sealing": "mtor keys new NAME --sealing"}
"""What makes a key of a kind, for those who name one of the other."""


def new_key(kind: Kind) -> PrivateKey:
    """A new key. Raises MissingExtraError."""
    module = crypto(f"asymmetric.{ALGORITHMS[kind]}")
    name = "Ed25519PrivateKey" if kind == "signing" else "X25519PrivateKey"
    return PrivateKey(kind, getattr(module, name).generate())


def write_key(key: PrivateKey, private: Path, public: Path, *more: tuple[Path, bytes]) -> None:
    """Write both halves to new files, the private one readable by its owner alone, and ``more`` files.

    All of them or none; files that exist are never replaced: a lost private key cannot be made again.
    Raises OutputError.
    """
    serial = crypto("serialization")
    secret = key.native.private_bytes(serial.Encoding.PEM, serial.PrivateFormat.PKCS8, serial.NoEncryption())
    made: list[Path] = []
    try:
        for path, data in ((private, secret), (public, public_pem(key.public)), *more):
            _create(path, data, 0o600 if path == private else 0o644)
            made.append(path)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise


def public_pem(key: PublicKey) -> bytes:
    """A public key as PEM."""
    serial = crypto("serialization")
    return bytes(key.native().public_bytes(serial.Encoding.PEM, serial.PublicFormat.SubjectPublicKeyInfo))


def is_private(path: Path) -> bool:
    """Whether a file holds a private key, by what it says. Raises InputError."""
    return b"PRIVATE KEY" in _read(path)


def read_private(path: Path, kind: Kind | None = None) -> PrivateKey:
    """The private key in a file. Raises InputError, TrustError (a file others may read, or another key)."""
    data = _read(path)
    if b"PRIVATE KEY" not in data:
        raise TrustError("is no private key", where=str(path), remedy=f"name a {PRIVATE_SUFFIX} file")
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise TrustError("is a private key that others may read", where=str(path), remedy=f"chmod 600 {path}")
    load = crypto("serialization").load_pem_private_key
    try:
        native = load(data, password=None)
    except Exception as error:  # Of many kinds, some of the library's own.
        # Not the error's own text: it may quote what it could not read.
        raise TrustError(
            "is no key that can be read", where=str(path), remedy="make one: mtor keys new"
        ) from error
    return PrivateKey(_checked_kind(native, kind, path), native)


def read_public(path: Path, kind: Kind | None = None) -> PublicKey:
    """The public key in a file. Raises InputError, TrustError."""
    data = _read(path)
    if b"PRIVATE KEY" in data:
        raise TrustError(
            "is a private key where a public one is wanted",
            where=str(path),
            remedy=f"name its {PUBLIC_SUFFIX} file",
        )
    load = crypto("serialization").load_pem_public_key
    try:
        native = load(data)
    except Exception as error:  # Of many kinds, some of the library's own.
        raise TrustError(
            "is no public key", where=str(path), remedy=f"name a {PUBLIC_SUFFIX} file"
        ) from error
    return PublicKey(_checked_kind(native, kind, path), native.public_bytes_raw())


def _checked_kind(native: Any, kind: Kind | None, path: Path) -> Kind:
    name = type(native).__name__.lower()
    for each, algorithm in ALGORITHMS.items():
        if algorithm in name:
            if kind is not None and kind != each:
                raise TrustError(
                    f"is a key for {each}, not for {kind}", where=str(path), remedy=f"make one: {MAKE[kind]}"
                )
            return each
    raise TrustError("is a key of an unknown kind", where=str(path), remedy="make one: mtor keys new")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "it cannot be read").lower()
        raise InputError(reason, where=str(path), remedy="name a key file") from error
    if len(data) > _MOST_BYTES:
        raise InputError("is too large for a key", where=str(path), remedy="name a key file")
    return data


def _create(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise OutputError(
            "exists, and keys are never replaced", where=str(path), remedy="choose another name"
        ) from error
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "it cannot be written").lower()
        raise OutputError(
            f"cannot be written: {reason}", where=str(path), remedy="choose another place"
        ) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            if os.name == "posix":
                os.fchmod(handle, mode)
            stream.write(data)
            stream.flush()
            os.fsync(handle)
    except BaseException as error:
        path.unlink(missing_ok=True)
        raise output_error(error, path) or error from error
