# SPDX-License-Identifier: Apache-2.0
"""MTOR in, MP4 out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.api import options as check
from mtor_transcode.api.films import StrPath, cut_short, opened
from mtor_transcode.api.results import RenderResult
from mtor_transcode.api.signing import read_keys
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.loss import Loss
from mtor_transcode.errors import UsageError
from mtor_transcode.files import check_output
from mtor_transcode.render.mp4 import render_mp4

SUFFIXES = (".mp4", ".m4v", ".mov", ".y4m")


def render(
    film: StrPath,
    output: StrPath,
    *,
    size: str | tuple[int, int] | None = None,
    fps: str | float | Fraction | None = None,
    lossless: bool = False,
    exact: bool = False,
    start: float | None = None,
    duration: float | None = None,
    dictionary: StrPath | None = None,
    require_signature: Sequence[StrPath] = (),
    drop: float | str | None = None,
    seed: int | None = None,
    progress: ProgressCallback | None = None,
) -> RenderResult:
    """Render the film at ``film`` to an MP4 at ``output`` with its sound and subtitles, or to a ``.y4m``.

    ``size`` is ``(width, height)`` in px or text such as ``1920x1080`` (default: the film's), ``fps`` frames
    per second (default: the film's), ``lossless`` means H.264 at qp 0, ``exact`` 4:4:4 colour with odd sizes
    kept; ``start`` and ``duration`` are seconds; ``dictionary`` as for ``open``. ``drop`` (a share, or
    text such as ``10%``) loses packets of the picture by chance from ``seed`` (default 0), and shows what a
    viewer would see. With ``require_signature`` (files of public keys) one of these keys must have signed the
    film (else TrustError). Raises UsageError, InputError, FormatError, OutputError.
    """
    picture = None if size is None else check.parse_picture_size(size)
    rate = check.parse_rate(fps)
    check.positive("start", start, zero=True)
    check.positive("duration", duration)
    if drop is None and seed is not None:
        raise UsageError("has no meaning without drop", where="seed", remedy="say how much to drop, like 10%")
    loss = None if drop is None else Loss(check.parse_share(drop), seed or 0)
    final = Path(output)
    if final.suffix.lower() not in SUFFIXES:
        raise UsageError("is no name of an MP4", where=str(final), remedy="let it end in .mp4")
    signers = read_keys(require_signature) if require_signature else ()
    with opened(film, dictionary, loss, signers) as reader:
        check_output(final, Path(film))
        made = render_mp4(
            reader,
            final,
            size=picture,
            fps=rate,
            lossless=lossless,
            exact=exact,
            start=start,
            duration=duration,
            progress=None if progress is None else _told(progress),
        )
    return RenderResult(
        source=Path(film),
        output=final,
        bytes=final.stat().st_size,
        duration=made.seconds,
        frames=made.frames,
        width=made.width,
        height=made.height,
        fps=made.fps,
        elapsed=made.elapsed,
        warnings=(*cut_short(reader), *_missing(reader), *made.warnings),
    )


def _missing(film: FilmReader) -> tuple[str, ...]:
    """How much of the film was missing or damaged."""
    told: list[str] = []
    lost = film.packets_sent - film.packets_at_hand
    if lost:
        told.append(f"{lost} of {film.packets_sent} packets were missing after repairs")
    if film.packets_damaged:
        told.append(f"{film.packets_damaged} packets or repairs were damaged")
    return tuple(told)


def _told(progress: ProgressCallback) -> Callable[[int, int], None]:
    def told(done: int, total: int) -> None:
        progress(Progress("render", done, total))

    return told
