# SPDX-License-Identifier: Apache-2.0
"""What a progress callback is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    ``stage`` names what is being done; ``done`` and ``total`` count frames of the whole job (``total`` 0 if
    unknown); ``bytes`` is what the output holds so far; ``note`` is a line for the user, else empty.
    """

    stage: str
    done: int = 0
    total: int = 0
    bytes: int = 0
    note: str = ""


ProgressCallback = Callable[[Progress], None]
"""Called often, on the caller's thread; raising from it cancels the job and removes what it wrote."""
