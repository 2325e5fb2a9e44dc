# SPDX-License-Identifier: Apache-2.0
"""The panes of a scene of vectors: held still in what its coder sees, textures that move in what it writes.

To the coder a pane is a picture that never changes: in each frame the pane's rectangle shows what it showed
first, and in the target what its texture begins with. So nothing is drawn there, and what is around it is
drawn as if nothing moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture
from mtor_transcode.analyze.patches.preview import PaneWindow, Preview
from mtor_transcode.analyze.patches.stills import box
from mtor_transcode.analyze.scene.scene_coder import SceneCoder
from mtor_transcode.analyze.textures.probe import Window
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.planes import Planes
from mtor_transcode.model import UNITS_PER_PX, ShapeState, Texture, TexturePaint, Transform
from mtor_transcode.render.rasterizer import Rect

Coded = Callable[[Window, Rect, float], Texture]
"""The texture of a rectangle's window at a lambda."""


@dataclass(frozen=True, slots=True)
class _Pane:
    """A shape that shows a pane, and the px that the coder sees there."""

    number: int
    pixels: Picture


class PaneLayer:
    """The panes that ``preview`` finds; ``coded`` makes their textures.

    If the scene begins with some they are shown only if ``begun`` says so, and so are all that follow.
    """

    def __init__(self, preview: Preview, time_base: Fraction, coded: Coded, *, begun: bool) -> None:
        self._preview = preview
        self._begun = begun
        self._time_base = time_base
        self._coded = coded
        self._renewed = 0
        self._panes: dict[Rect, _Pane] = {}
        self._held: dict[Rect, Planes] = {}

    def frames(self, frames: Iterator[SourceFrame]) -> Iterator[SourceFrame]:
        """Frames with all panes held still."""
        for frame in frames:
            panes = self._shown(self._window_of(frame.tick))
            self._held = {rect: self._held.get(rect) or _cut(frame, rect) for rect in panes}
            yield _with(frame, self._held)

    @property
    def end(self) -> int | None:
        """The tick up to which the textures of the panes go that are there now; None if there are none."""
        return self._preview.windows[self._renewed - 1].end if self._panes else None

    def next_start(self, tick: int) -> int | None:
        """The first tick after ``tick`` at which panes come, go or go on, as far as frames have come."""
        windows = self._preview.windows[self._renewed :]
        starts = (window.start for window in windows if self._shown(window) or self._panes)
        return next((start for start in starts if start > tick), None)

    def covered(self, tick: int, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        """Which px (H, W) are panes at a tick; None if none are."""
        panes = self._shown(self._window_of(tick))
        if not panes:
            return None
        there = np.zeros(shape[:2], dtype=bool)
        for x0, y0, x1, y1 in panes:
            there[y0:y1, x0:x1] = True
        return there

    def renew(self, coder: SceneCoder, tick: int) -> bool:
        """Let the panes of the windows that begin up to a tick come, go on and go; whether there were any.

        Windows that are over are closed, unless another beginning of the scene may show them still.
        """
        changed = False
        windows = self._preview.windows
        while self._renewed < len(windows) and windows[self._renewed].start <= tick:
            changed |= self._renew(coder, windows[self._renewed])
            if self._renewed and self._shows:
                windows[self._renewed - 1].close()
            self._renewed += 1
        return changed

    def patched(self, target: Picture) -> Picture:
        """A target with what the coder shows in the panes."""
        if not self._panes:
            return target
        target = target.copy()
        for (x0, y0, x1, y1), pane in self._panes.items():
            target[y0:y1, x0:x1] = pane.pixels
        return target

    @property
    def _shows(self) -> bool:
        """Whether panes are shown at all."""
        return self._begun or not self._preview.windows[0].panes

    def _shown(self, window: PaneWindow) -> tuple[Rect, ...]:
        return window.panes if self._shows else ()

    def _window_of(self, tick: int) -> PaneWindow:
        return next(window for window in reversed(self._preview.windows) if window.start <= tick)

    def _renew(self, coder: SceneCoder, window: PaneWindow) -> bool:
        before, self._panes = self._panes, {}
        shown = self._shown(window)
        for rect, pane in before.items():
            if rect not in shown:
                coder.lift_pane(pane.number, window.start)
        for rect in shown:
            texture = self._texture(window, rect, coder.lam)
            old = before.get(rect)
            state = _state(rect, TexturePaint(texture, window.start))
            number = coder.lay_pane(state, window.start, None if old is None else old.number)
            x0, y0, x1, y1 = rect
            self._panes[rect] = _Pane(number, coder.live.shown[y0:y1, x0:x1].copy())
        return bool(before or self._panes)

    def _texture(self, window: PaneWindow, rect: Rect, lam: float) -> Texture:
        assert window.spool is not None
        with Spool() as spool:
            for frame in window.spool.again():
                spool.add(replace(frame, planes=_cut(frame, rect)))
            size = (rect[2] - rect[0], rect[3] - rect[1])
            return self._coded(Window(spool, size, self._time_base), rect, lam)


def _state(rect: Rect, paint: TexturePaint) -> ShapeState:
    """A texture over a rectangle of even sides."""
    x0, y0, x1, y1 = rect
    place = Transform((x0 + x1) * UNITS_PER_PX // 2, (y0 + y1) * UNITS_PER_PX // 2)
    return ShapeState(box(x1 - x0, y1 - y0), paint, place)


def _cut(frame: SourceFrame, rect: Rect) -> Planes:
    """A rectangle (on even px) of a frame's planes, copied."""
    luma, first, second = (
        plane[part].copy() for plane, part in zip(frame.planes, _parts(frame, rect), strict=True)
    )
    return luma, first, second


def _with(frame: SourceFrame, cuts: dict[Rect, Planes]) -> SourceFrame:
    """A frame that shows ``cuts`` where they were cut."""
    if not cuts:
        return frame
    luma, first, second = (plane.copy() for plane in frame.planes)
    for rect, planes in cuts.items():
        for plane, part, cut in zip((luma, first, second), _parts(frame, rect), planes, strict=True):
            plane[part] = cut
    return replace(frame, planes=(luma, first, second))


def _parts(frame: SourceFrame, rect: Rect) -> tuple[tuple[slice, slice], ...]:
    """Where a rectangle lies in each of a frame's planes."""
    across, down = frame.chroma
    x0, y0, x1, y1 = rect
    whole = (slice(y0, y1), slice(x0, x1))
    half = (slice(y0 >> down, y1 >> down), slice(x0 >> across, x1 >> across))
    return whole, half, half
