# SPDX-License-Identifier: Apache-2.0
"""MTOR as a codec of the bench: one pass at a quality, sound off, every byte of the file charged."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import mtor_transcode
from mtor_transcode.analyze.film.encode import EncodeOptions, Survey, encode_film, look_over
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.ingest.source import Source
from mtor_transcode.measure.comparison import Ycc
from mtor_transcode.measure.metrics import Planes
from mtor_transcode.measure.report import like_source
from mtor_transcode.render.frames import FrameRenderer

NAME, TITLE = "mtor", "MTOR"

_MAKES_FILMS = ("analyze", "codec", "ingest", "model", "render")
"""Folders of the package that films and their pictures depend on."""


@lru_cache(maxsize=1)
def version() -> str:
    """The package's version and a digest of the code that makes and shows films."""
    root = Path(mtor_transcode.__file__).parent
    digest = hashlib.sha256()
    for folder in _MAKES_FILMS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".py", ".json"}:
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return f"{mtor_transcode.__version__} {digest.hexdigest()[:12]}"


def analysed(source: Source) -> Survey:
    """What all qualities share: scenes, frames, the end. Raises MtorError."""
    return look_over(source, lambda _: None)


def encode(source: Source, quality: float, path: Path, survey: Survey | None = None) -> float:
    """Transcode ``source`` to ``path`` without sound; seconds it took. Raises MtorError.

    With a ``survey`` (of ``analysed``) the source is not analysed again.
    """
    began = time.perf_counter()
    with contextlib.ExitStack() as opened:

        def fresh() -> BinaryIO:
            return opened.enter_context(path.open("w+b"))

        encode_film(source, fresh, EncodeOptions(quality=quality, audio="none"), survey=survey)
    return time.perf_counter() - began


def shown(path: Path, source: Source, times: Sequence[int] | None = None) -> Iterator[Planes]:
    """What a viewer sees at the time of each frame of ``source``; the same object means the same picture.

    ``times`` are those of ``ticks``, if they are known.
    """
    info = source.info
    with path.open("rb") as stream:
        film = FilmReader(stream, str(path))
        painter = FrameRenderer(film)
        ratio = info.time_base / film.header.time_base
        painted: Ycc | None = None
        planes: Planes = ()
        for tick in ticks(source) if times is None else times:
            picture = painter.frame(tick * ratio)
            if picture is not painted:
                painted, planes = picture, like_source(picture, info)
            yield planes


def ticks(source: Source) -> list[int]:
    """The times of the source's frames, from its packets' decoding."""
    return [frame.tick for frame in source.frames()]
