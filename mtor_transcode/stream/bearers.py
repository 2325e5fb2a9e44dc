# SPDX-License-Identifier: Apache-2.0
"""Bearer tokens: who may see films, where the owner says so. Tokens are kept and compared as hashes."""

from __future__ import annotations

import contextlib
import hmac
import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from hashlib import sha256
from pathlib import Path
from typing import Final

from mtor_transcode.errors import InputError, UsageError

LEAST: Final = 16
"""Characters of a token."""

PROTOCOL: Final = "mtor.token."
"""In front of a token (base64url without padding) among the subprotocols that a browser offers.

A browser's WebSocket cannot send an Authorization header, and addresses with tokens are written to logs.
"""

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]+")
_MOST_BYTES: Final = 1 << 20


class Bearers:
    """The tokens in a file, one a line; lines that begin with # are remarks. Changes count at once.

    Raises InputError if it cannot be read, UsageError if it has no token or one that is too short.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = b""
        self._hashes: frozenset[bytes] = frozenset()
        self._read()

    def admits(self, token: str | None) -> bool:
        """Whether the token is one of those in the file; in time that does not depend on which."""
        # While the file is unreadable or wrong, what it had before counts.
        with contextlib.suppress(InputError, UsageError):
            self._read()
        given = sha256((token or "").encode("utf-8", "replace")).digest()
        found = False
        for known in self._hashes:
            found |= hmac.compare_digest(known, given)
        return found

    def _read(self) -> None:
        """Reads the file. It is small, and its times are too coarse to tell two writes in a row apart."""
        try:
            with self._path.open("rb") as stream:
                data = stream.read(_MOST_BYTES + 1)
            text = data.decode() if data != self._text else None
        except (OSError, UnicodeDecodeError) as error:
            reason = (getattr(error, "strerror", None) or "it is not text").lower()
            raise InputError(
                reason, where=str(self._path), remedy="name a file with a token a line"
            ) from error
        if text is not None:
            self._hashes = self._hashed(text)
            self._text = data

    def _hashed(self, text: str) -> frozenset[bytes]:
        lines = [line.strip() for line in text.splitlines()]
        tokens = [line for line in lines if line and not line.startswith("#")]
        wrong = any(len(token) < LEAST or not _TOKEN.fullmatch(token) for token in tokens)
        if not tokens or wrong or len(text) > _MOST_BYTES:
            raise UsageError(
                "has no tokens, one that cannot serve, or more than a MiB of them",
                where=str(self._path),
                remedy=f"a token a line, each {LEAST} or more letters, digits and . _ ~ + / = -",
            )
        return frozenset(sha256(token.encode()).digest() for token in tokens)


def of_header(header: str | None) -> str | None:
    """The token of an Authorization header, if it has one."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def of_protocols(offered: str | None) -> str | None:
    """The token among the subprotocols of a Sec-WebSocket-Protocol header, if there is one."""
    for each in (offered or "").split(","):
        name = each.strip()
        if name.startswith(PROTOCOL):
            text = name.removeprefix(PROTOCOL)
            try:
                return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            except (Base64Error, UnicodeDecodeError, ValueError):
                return None
    return None
