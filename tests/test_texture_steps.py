# SPDX-License-Identifier: Apache-2.0
"""Steps of arms, of windows in which little changes: what codes the same pictures is tried once."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from analyze_films import flat, frame_of

from mtor_transcode.analyze.textures.probe import Arm, Point, Window
from mtor_transcode.analyze.textures.search import TextureSearch
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.model import Texture


def test_steps_of_a_still_are_one_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Arm] = []
    plain = Window.tried

    def noted(self: Window, arm: Arm, crf: float, preset: int) -> tuple[Point, Texture]:
        tried.append(arm)
        return plain(self, arm, crf, preset)

    monkeypatch.setattr(Window, "tried", noted)
    picture = flat(192, 128)
    picture[30:90, 50:120, 0] = np.arange(70)
    spool = Spool()
    spool.add(frame_of(picture, 0))
    search = TextureSearch(Window(spool, (192, 128), Fraction(1, 24)), "fast")
    search.place(Arm(2, 2), math.log(900))
    search.walk(math.log(900))
    spool.close()
    assert {arm.step for arm in tried} == {1}
