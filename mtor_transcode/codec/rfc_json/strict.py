# SPDX-License-Identifier: Apache-2.0
"""Strict reading of JSON text into typed structs.

Duplicate keys, NaN and Infinity, lone surrogates, endless nesting and wrong types raise ``FormatError`` with
the place and what to do. The caller bounds the size of the text.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

from mtor_transcode.errors import FormatError

T = TypeVar("T")


def read_strict(text: bytes, kind: type[T], where: str, schema: str) -> T:
    """The value of ``text`` as ``kind``. ``where`` and the name of a ``schema`` go into the error."""
    remedy = f"see docs/json.md and schema/{schema}"
    try:
        value = _DECODER.decode(text.decode("utf-8"))
        return msgspec.convert(value, kind, strict=True, builtin_types=())
    except RecursionError:
        raise FormatError("nested too deeply", where=where, remedy=remedy) from None
    except msgspec.ValidationError as error:
        raise FormatError(str(error), where=where, remedy=remedy) from None
    except UnicodeDecodeError:
        raise FormatError("not UTF-8 text", where=where, remedy="save the file as UTF-8") from None
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg} at character {error.pos}"
        raise FormatError(what, where=where, remedy=remedy) from None
    except ValueError as error:
        raise FormatError(str(error), where=where, remedy=remedy) from None


def plain_text(text: str, where: str) -> str:
    """``text`` itself if it can be written as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise FormatError("text with half a surrogate pair", where=where, remedy="remove it") from None
    return text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key[:60]!r} stands twice in one object")
            seen.add(key)
    return made


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _int(text: str) -> int:
    if len(text) > 20:
        raise ValueError(f"the number {text[:24]}... is too large")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_constant, parse_float=_float, parse_int=_int
)
