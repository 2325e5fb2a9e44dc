# SPDX-License-Identifier: Apache-2.0
"""Conditional requests and ranges (RFC 9110, sections 13 and 14), as far as files by hash need them."""

from __future__ import annotations

import re
from typing import Final

_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class UnsatisfiableError(Exception):
    """A range lies outside of the bytes (416)."""


def etag_of(digest: str) -> str:
    """The strong entity tag of bytes with this SHA-256."""
    return f'"{digest}"'


def matches(asked: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names the tag (weak comparison)."""
    if asked is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in asked.split(",")]
    return "*" in tags or etag in tags


def asked_range(header: str | None, condition: str | None, etag: str, size: int) -> range | None:
    """The bytes that a Range header asks for, under its If-Range ``condition``; None for all of them.

    Several ranges, other units and nonsense count as no range, as a server may treat them. Raises
    UnsatisfiableError.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or (condition is not None and condition.strip() != etag):
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        count = min(int(last), size)
        if not count:
            raise UnsatisfiableError
        return range(size - count, size)
    if int(first) >= size:
        raise UnsatisfiableError
    end = min(int(last) + 1, size) if last else size
    if last and int(last) < int(first):
        return None
    return range(int(first), end)
