# SPDX-License-Identifier: Apache-2.0
"""Known scenes written as films by the package's own syntax."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import AudioPacket, FilmHeader, Scene


def write_truth(
    path: Path, header: FilmHeader, scenes: Sequence[Scene], sound: Iterable[AudioPacket] = ()
) -> None:
    """Write the film of ``scenes`` (one or more, in order, without gaps) and its ``sound`` to ``path``.

    Raises OSError if the file cannot be written.
    """
    packets = list(sound)
    with path.open("wb") as stream:
        writer = FilmWriter(stream, header)
        for scene in scenes:
            writer.scene(scene.head)
            for span in scene.spans:
                writer.span(span)
        if packets:
            writer.audio(packets)
        writer.finish(scenes[-1].end)
