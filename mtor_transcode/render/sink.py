# SPDX-License-Identifier: Apache-2.0
"""Where rendered frames go."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class FrameSink(Protocol):
    """Takes frames in order. ``warnings`` are for the user."""

    warnings: list[str]

    def write(self, frame: NDArray[np.uint8]) -> None:
        """The next frame, ``(H, W, 3)`` Y, Cb, Cr; the same array again is the same picture."""

    def finish(self) -> None:
        """Write what is left."""

    def abandon(self) -> None:
        """Close everything without caring for what was written."""
