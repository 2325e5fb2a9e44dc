# SPDX-License-Identifier: Apache-2.0
"""Whether the writer of a live film keeps up with its source."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

LATE: Final = 2.0
"""Seconds that the writer of a stream is behind before it does without searches and vectors."""

SLOW: Final = 6.0
"""Seconds behind after which users are told."""


class Pace:
    """How far the writer is behind a source that comes at its own pace (``paced``; a file never waits)."""

    def __init__(self, paced: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._paced = paced
        self._clock = clock
        self._nearest = math.inf
        self._last = 0.0
        self.most = 0.0
        """Seconds that it has been further behind than where it was nearest."""

    def written(self, seconds: float) -> None:
        """Tell up to where (s) the film is written."""
        if self._paced:
            self._last = self._clock() - seconds
            self._nearest = min(self._nearest, self._last)
            self.most = max(self.most, self._last - self._nearest)

    @property
    def late(self) -> bool:
        """Whether there is no time for what takes long."""
        return self._paced and self._last - self._nearest > LATE

    @property
    def warnings(self) -> tuple[str, ...]:
        """What users should know: that the encoder did not keep up."""
        if self.most < SLOW:
            return ()
        remedy = "a smaller picture or --mode textured is faster"
        return (f"the film was up to {self.most:.0f} s behind its source: {remedy}",)
