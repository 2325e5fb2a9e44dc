# SPDX-License-Identifier: Apache-2.0
"""Bearer tokens: who may see films, where the owner says so. Tokens are kept and compared as hashes."""

from __future__ import annotations

import hmac
import os
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
        self._changed = 0
        self._hashes: frozenset[bytes] = frozenset()
        self._read()

    def admits(self, token: str | None) -> bool:
        """Whether the token is one of those in the file; in time that does not depend on which."""
        self._follow()
        given = sha256((token or "").encode("utf-8", "replace")).digest()
        found = False
        for known in self._hashes:
            found |= hmac.compare_digest(known, given)
        return found

    def _follow(self) -> None:
        """Reads a file that has changed; one that has become unreadable or wrong keeps what it had."""
        try:
            if os.stat(self._path).st_mtime_ns != self._changed:
                self._read()
        except (OSError, InputError, UsageError):
            return

    def _read(self) -> None:
        try:
            self._changed = os.stat(self._path).st_mtime_ns
            with self._path.open("rb") as stream:
                text = stream.read(_MOST_BYTES).decode()
        except (OSError, UnicodeDecodeError) as error:
            reason = (getattr(error, "strerror", None) or "it is not text").lower()
            raise InputError(
                reason, where=str(self._path), remedy="name a file with a token a line"
            ) from error
        lines = [line.strip() for line in text.splitlines()]
        tokens = [line for line in lines if line and not line.startswith("#")]
        if not tokens or any(len(token) < LEAST or not _TOKEN.fullmatch(token) for token in tokens):
            raise UsageError(
                "has no tokens, or one that cannot serve",
                where=str(self._path),
                remedy=f"a token a line, each {LEAST} or more letters, digits and . _ ~ + / = -",
            )
        self._hashes = frozenset(sha256(token.encode()).digest() for token in tokens)


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
