# SPDX-License-Identifier: Apache-2.0
"""Cuts one scene out of a file: header, dictionary, textures and that scene's sections, as they are."""

from __future__ import annotations

from typing import BinaryIO

from mtor_transcode.codec.container import SectionKind, SectionReader, SectionWriter
from mtor_transcode.codec.loss import LOSSY
from mtor_transcode.errors import UsageError


def keep_scene(source: BinaryIO, target: BinaryIO, place: int) -> None:
    """Copies header, dictionary, textures and the scene at ``place`` (0 is the first) to ``target``.

    Raises UsageError for films in packets: their outlines lie in all packets, so no scene can be cut out.

    The result has no index, so it reads as a file that was cut.
    """
    sections = SectionReader(source, "")
    found = sections.scan().sections
    if any(section.kind in LOSSY for section in found):
        raise UsageError("no scene can be cut out of a film in packets", remedy="make it without resilience")
    writer = SectionWriter(target)
    scene = -1
    for section in found:
        scene += section.kind == SectionKind.SCENE
        shared = section.kind in (SectionKind.HEADER, SectionKind.DICT, SectionKind.TEXTURE)
        own = section.kind in (SectionKind.SCENE, SectionKind.SPAN, SectionKind.SNAPSHOT) and scene == place
        if shared or own:
            writer.write(SectionKind(section.kind), sections.payload(section))
