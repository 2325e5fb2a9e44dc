# SPDX-License-Identifier: Apache-2.0
"""What a film writer refuses is, for who imports a file, a fault of the file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mtor_transcode.errors import FormatError, UsageError


@contextlib.contextmanager
def told(where: str) -> Iterator[None]:
    """Turn UsageError into FormatError that names the place in the JSON."""
    try:
        yield
    except UsageError as error:
        remedy = error.remedy or "see docs/json.md for what a film may hold"
        raise FormatError(error.what, where=where, remedy=remedy) from error
