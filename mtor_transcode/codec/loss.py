# SPDX-License-Identifier: Apache-2.0
"""Loss on the way: which packets of a film do not arrive, always the same for one seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mtor_transcode.codec.container import Section, SectionKind
from mtor_transcode.codec.packets import PACKET_BYTES

LOSSY: Final = (SectionKind.PACKET, SectionKind.REPAIR, SectionKind.FRAGMENT)
"""Sections that a link may lose. The header is what a stream is opened with."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Each packet is lost with the probability ``share`` (0 to 1), by chance from ``seed``."""

    share: float
    seed: int = 0

    def arrived(self, sections: Sequence[Section]) -> list[Section]:
        """Returns the sections that arrive. One larger than a packet travels in several."""
        chance = random.Random(self.seed)

        def lost(section: Section) -> bool:
            pieces = -(-(section.end - section.offset) // PACKET_BYTES)
            return sum(chance.random() < self.share for _ in range(pieces)) > 0

        return [section for section in sections if section.kind not in LOSSY or not lost(section)]
