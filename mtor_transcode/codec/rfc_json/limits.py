# SPDX-License-Identifier: Apache-2.0
"""What an RFC JSON folder may hold at most, so that reading a hostile one stays cheap."""

from __future__ import annotations

from typing import Final

from mtor_transcode.codec import limits as film_limits
from mtor_transcode.model import SCALE_ONE, TURN, UNITS_PER_PX

MANIFEST_BYTES: Final = 8 << 20
DICTIONARY_BYTES: Final = 512 << 20
ENTRY_BYTES: Final = 4 << 20
"""Of one dictionary entry."""

LINES_BYTES: Final = 2 << 30
"""Of one ``.jsonl`` file."""

LINE_BYTES: Final = 1 << 20
"""Of one line in a ``.jsonl`` file."""

NAMED_ENTRIES: Final = 200_000
"""Dictionary entries whose ids are not numbered in order (``v0, v1, ...``); numbered ones are cheap."""

NUMBERED_ENTRIES: Final = 16_000_000

REFERENCE_DEPTH: Final = 16
"""How far a geometry may refer to an entry that refers to an entry and so on."""

FIGURES: Final = 4096
"""Figures of one state, references followed."""

LIVE_SHAPES: Final = film_limits.MAX_LIVE
"""Shapes on the screen at one time."""

NODES: Final = film_limits.MAX_NODES
"""Nodes of one outline."""

HAND_SECONDS: Final = 48 * 3600
"""Longest film whose times come from time stamps."""

PX: Final = film_limits.MAX_COORDINATE // UNITS_PER_PX
"""Largest coordinate, in px."""

FACTOR: Final = film_limits.MAX_COORDINATE // SCALE_ONE
"""Largest scale."""

DEGREES: Final = film_limits.MAX_COORDINATE * 360 // TURN
"""Largest angle."""

INTEGER: Final = film_limits.MAX_RATIO
"""Largest integer field."""

TICKS: Final = film_limits.MAX_TICK
"""Largest tick, sample or millisecond."""
