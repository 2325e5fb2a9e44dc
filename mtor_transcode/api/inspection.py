# SPDX-License-Identifier: Apache-2.0
"""What a ``.mtor`` file holds, counted."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

from mtor_transcode.api.films import StrPath, opened
from mtor_transcode.api.results import DictionarySummary, Inspection, SceneSummary
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.model import AudioInfo, CameraMove, Edit, Enter, Mask, Outline, SceneStart

SOFTNESS_STEPS = 4
"""Steps of softness in a px."""

KINDS = {
    "Enter": "enter",
    "Edit": "edit",
    "Leave": "leave",
    "CameraMove": "camera",
    "Background": "background",
}
"""What each type of token is called in the counts."""


def inspect(path: StrPath, dictionary: StrPath | None = None) -> Inspection:
    """Read all of the film at ``path`` and count what is in it; ``dictionary`` as for ``open``.

    Raises InputError if there is no such file, FormatError if it is no film.
    """
    with opened(path, dictionary) as film:
        uses: Counter[Outline] = Counter()
        scenes = tuple(_scene(film, entry.head, uses) for entry in film.heads())
        header = film.header
        size = Path(path).stat().st_size
        seconds = film.duration * header.time_base
        return Inspection(
            path=Path(path),
            bytes=size,
            duration=float(seconds),
            kbps=float(size * 8 / (1000 * seconds)) if seconds else 0.0,
            width=header.width,
            height=header.height,
            time_base=header.time_base,
            frame_rate=header.frame_rate,
            pixel_aspect=header.pixel_aspect,
            audio=_sound(header.audio),
            subtitles=tuple(track.language or "und" for track in header.subtitles),
            scenes=scenes,
            dictionary=_dictionary(film, uses),
            bytes_by_kind=dict(film.bytes_by_kind),
            truncated=film.truncated,
        )


def _scene(film: FilmReader, head: SceneStart, uses: Counter[Outline]) -> SceneSummary:
    tokens = dict.fromkeys(KINDS.values(), 0)
    shapes: set[int] = set()
    outlines: set[Outline] = set()
    moves = False
    end = head.start
    for span in film.spans(head.number):
        end = span.end
        for token in span.tokens:
            tokens[KINDS[type(token).__name__]] += 1
            if isinstance(token, (Enter, Edit)):
                shapes.add(token.shape)
                outlines.add(token.state.outline)
            if isinstance(token, Enter):
                uses[token.state.outline] += 1
            moves = moves or isinstance(token, CameraMove)
    return _summary(head, end, film.header.time_base, tokens, len(shapes), len(outlines), moves)


def _summary(
    head: SceneStart,
    end: int,
    time_base: Fraction,
    tokens: dict[str, int],
    shapes: int,
    outlines: int,
    moves: bool,
) -> SceneSummary:
    return SceneSummary(
        number=head.number,
        start=float(head.start * time_base),
        duration=float((end - head.start) * time_base),
        transition=head.transition.name.lower(),
        shapes=shapes,
        outlines=outlines,
        tokens=tokens,
        camera_moves=moves,
        softness=head.softness / SOFTNESS_STEPS,
    )


def _dictionary(film: FilmReader, uses: Counter[Outline]) -> DictionarySummary:
    outlines = film.dictionary()
    return DictionarySummary(
        outlines=len(outlines),
        nodes=sum(outline.node_count for outline in outlines),
        strokes=sum(1 for outline in outlines if outline.stroke_width),
        masks=sum(1 for outline in outlines if isinstance(outline, Mask)),
        uses=sum(uses.values()),
    )


def _sound(audio: AudioInfo | None) -> str:
    if audio is None:
        return ""
    channels = {1: "mono", 2: "stereo"}.get(audio.channels, f"{audio.channels} channels")
    language = f", {audio.language}" if audio.language and audio.language != "und" else ""
    return f"{audio.codec}, {audio.sample_rate} Hz, {channels}{language}"
