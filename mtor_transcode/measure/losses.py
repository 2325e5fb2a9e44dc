# SPDX-License-Identifier: Apache-2.0
"""What loss on the way does to a film in packets: the same moments, seen with packets missing by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.loss import Loss
from mtor_transcode.measure.comparison import Pairing, TimedFrame
from mtor_transcode.measure.metrics import compare_planes
from mtor_transcode.measure.result import LossRow
from mtor_transcode.render.frames import FrameRenderer

SHARES: Final = (0.0, 0.05, 0.1, 0.2)
"""Shares of packets lost that a report tells of."""

SEEDS: Final = 5
"""Draws of chance for each share."""

EVERY: Final = 0.5
"""Seconds between the moments that are looked at."""

MOST: Final = 120
"""Moments of a film, about: a long film is looked at less often."""


@dataclass(slots=True)
class _View:
    """A film as one viewer gets it, and the scores so far."""

    share: float
    film: FilmReader
    painter: FrameRenderer
    ssim: float = 0.0
    psnr: float = 0.0


def losses(
    frames: Iterator[TimedFrame], opened: Callable[[Loss | None], FilmReader], pairing: Pairing
) -> tuple[LossRow, ...]:
    """Returns a row for each of ``SHARES``, from one pass over a source's ``frames``.

    ``opened`` opens the film anew. Nothing if the film has no packets.
    """
    whole = opened(None)
    if not whole.in_packets:
        return ()
    views = [_view(0.0, whole)]
    views += [_view(share, opened(Loss(share, seed))) for share in SHARES[1:] for seed in range(SEEDS)]
    step = max(EVERY / float(whole.header.time_base), whole.duration / MOST)
    due, count = 0.0, 0
    for frame in frames:
        when = pairing.film_tick(frame.tick)
        if when >= pairing.end:
            break
        if when < due:
            continue
        due, count = float(when) + step, count + 1
        for view in views:
            scores = compare_planes(frame.planes, pairing.to_planes(view.painter.frame(when)), pairing.depth)
            view.ssim += scores.ssim
            view.psnr += scores.psnr_y
    return tuple(_row([view for view in views if view.share == share], count) for share in SHARES if count)


def _view(share: float, film: FilmReader) -> _View:
    return _View(share, film, FrameRenderer(film))


def _row(views: list[_View], count: int) -> LossRow:
    ssims = [view.ssim / count for view in views]
    missing = [1 - view.film.packets_at_hand / max(1, view.film.packets_sent) for view in views]
    return LossRow(
        share=views[0].share,
        missing=round(sum(missing) / len(views), 6),
        ssim=round(sum(ssims) / len(views), 6),
        ssim_worst=round(min(ssims), 6),
        psnr_y=round(sum(view.psnr for view in views) / count / len(views), 6),
    )
