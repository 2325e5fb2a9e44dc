# SPDX-License-Identifier: Apache-2.0
"""The package ``cryptography``, which only signing and sealing need."""

from __future__ import annotations

import importlib
from typing import Any

from mtor_transcode.errors import MissingExtraError

_ROOT = "cryptography"


def crypto(module: str) -> Any:
    """A module below ``cryptography.hazmat.primitives``. Raises MissingExtraError."""
    return _loaded(f"{_ROOT}.hazmat.primitives.{module}")


def invalid_signature() -> type[Exception]:
    """What ``cryptography`` raises for a wrong signature. Raises MissingExtraError."""
    found: type[Exception] = _loaded(f"{_ROOT}.exceptions").InvalidSignature
    return found


def invalid_tag() -> type[Exception]:
    """What ``cryptography`` raises for altered or foreign sealed bytes. Raises MissingExtraError."""
    found: type[Exception] = _loaded(f"{_ROOT}.exceptions").InvalidTag
    return found


def _loaded(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            "signing and sealing need the package cryptography (50 or newer)",
            where="trust",
            remedy="pip install 'mtor-transcode[trust]'",
        ) from error
