# SPDX-License-Identifier: Apache-2.0
"""The scenes of a film whose manifest lists them with their spans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mtor_transcode.codec.rfc_json import types
from mtor_transcode.codec.rfc_json.acting import SceneReading, Warn
from mtor_transcode.codec.rfc_json.cues import Cue
from mtor_transcode.codec.rfc_json.entries import camera_in, paint_in
from mtor_transcode.codec.rfc_json.states import States
from mtor_transcode.errors import FormatError
from mtor_transcode.model import ColourSpec, SceneStart, Span, Token, Transition


def check_scenes(scenes: Sequence[types.SceneHead], where: str) -> None:
    """Raise FormatError unless scenes are in order of number and time and their spans follow each other."""
    number, past = -1, 0
    for scene in scenes:
        place = f"{where}, scene {scene.number}"
        if scene.number <= number:
            raise FormatError(
                f"its number comes after {number}", where=place, remedy="number scenes in their order"
            )
        number = scene.number
        if scene.start < past:
            raise FormatError(
                "begins before the scene before it ends", where=place, remedy="order scenes by time"
            )
        past = scene.start
        for start, end in scene.spans:
            if start != past or end < start:
                raise FormatError(
                    f"its span [{start}, {end}) does not begin at {past} or ends before it begins",
                    where=place,
                    remedy="let spans follow each other without gaps from the scene's start",
                )
            past = end


def scene_start(scene: types.SceneHead, colour: ColourSpec) -> SceneStart:
    """The head of a scene."""
    return SceneStart(
        scene.number,
        scene.start,
        paint_in(scene.background, colour),
        camera_in(scene.camera),
        Transition.DISSOLVE if scene.transition == "dissolve" else Transition.CUT,
        scene.transition_ticks,
        scene.softness,
    )


def planned_scenes(
    cues: Iterator[Cue], scenes: Sequence[types.SceneHead], states: States, colour: ColourSpec, warn: Warn
) -> Iterator[SceneStart | Span]:
    """Heads and spans as the manifest has them, with the tokens that fall into them."""
    coming = _Coming(cues)
    for scene in scenes:
        head = scene_start(scene, colour)
        yield head
        reading = SceneReading(head, states, warn)
        for start, end in scene.spans:
            tokens: list[Token] = []
            while (cue := coming.next_in(scene, end)) is not None:
                if cue.at < start:
                    raise _misplaced(cue, "comes after a later one")
                tokens += reading.tokens(cue)
            yield Span(start, end, tuple(tokens))
    left = coming.first
    if left is not None:
        raise _misplaced(left, "is in no scene of the manifest, or after the end of its scene")


class _Coming:
    """The tokens to come, the first of them in sight."""

    def __init__(self, cues: Iterator[Cue]) -> None:
        self._cues = cues
        self.first = next(cues, None)

    def next_in(self, scene: types.SceneHead, end: int) -> Cue | None:
        """The first token if it belongs to ``scene`` before ``end``, and go on; else None."""
        cue = self.first
        if cue is None or cue.at > end or (cue.at == end and not cue.closing):
            return None
        if cue.scene is not None and cue.scene != scene.number:
            return None
        self.first = next(self._cues, None)
        return cue


def _misplaced(cue: Cue, what: str) -> FormatError:
    return FormatError(
        f"the token at tick {cue.at} {what}",
        where=cue.where,
        remedy="order tokens by time, or correct the scenes of manifest.json",
    )
