# SPDX-License-Identifier: Apache-2.0
"""The lines of ``tokens.jsonl`` with their times in film ticks and their scene."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from mtor_transcode.codec.rfc_json import limits, types, units
from mtor_transcode.codec.rfc_json.files import TOKENS, read_lines
from mtor_transcode.codec.rfc_json.strict import plain_text
from mtor_transcode.errors import FormatError

_SCENE: Final = re.compile(r"scene_(\d{1,9})(?!\d)")


@dataclass(frozen=True, slots=True)
class Cue:
    """A token of the file: ``at`` and ``duration`` in ticks; ``scene`` by number if the token names one."""

    where: str
    at: int
    duration: int
    scene: int | None
    event: types.VideoEvent

    @property
    def closing(self) -> bool:
        """Whether it belongs to the span that ends at ``at``, not to the one that begins there."""
        return self.event.mtor is not None and self.event.mtor.closing


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are understood.

    With ``from_start`` time stamps count from the film's start, else from the first token's. ``ticks``
    says whether ticks under ``mtor`` may be believed (not without a manifest, which names their length).
    """

    time_base: Fraction
    from_start: bool
    ticks: bool


def read_cues(folder: Path, clock: Clock) -> Generator[Cue, None, None]:
    """The tokens of a folder in the file's order; FormatError at the first line that is wrong."""
    path = folder / TOKENS
    epoch: float | None = 0 if clock.from_start else None
    for number, event in read_lines(path, types.VideoEvent, "token.schema.json"):
        where = f"{path} line {number}"
        plain_text(event.token_id, where)
        extra = event.mtor or types.TokenExtra()
        if epoch is None:
            epoch = event.timestamp
        named = _SCENE.match(event.token_id)
        yield Cue(
            where,
            _at(event, extra, epoch, clock, where),
            _duration(event, extra, clock),
            extra.scene if extra.scene is not None else int(named[1]) if named else None,
            event,
        )


def _at(event: types.VideoEvent, extra: types.TokenExtra, epoch: float, clock: Clock, where: str) -> int:
    if extra.at is not None and clock.ticks:
        return extra.at
    passed = event.timestamp - epoch
    if passed < 0:
        raise FormatError(
            "its time stamp is before the first token's", where=where, remedy="sort the lines by timestamp"
        )
    if passed > limits.HAND_SECONDS * 1000:
        raise FormatError(
            f"its time stamp is {passed / 3_600_000:.0f} hours after the film's start",
            where=where,
            remedy=f"a film may last {limits.HAND_SECONDS // 3600} hours; time stamps are milliseconds",
        )
    return units.from_milliseconds(passed, clock.time_base)


def _duration(event: types.VideoEvent, extra: types.TokenExtra, clock: Clock) -> int:
    if extra.duration is not None and clock.ticks:
        return extra.duration
    shown = min(float(event.parameters.duration_ms), limits.HAND_SECONDS * 1000.0)
    return units.from_milliseconds(shown, clock.time_base)
