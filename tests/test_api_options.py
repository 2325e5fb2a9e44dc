# SPDX-License-Identifier: Apache-2.0
"""What callers ask for is checked before any work."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_transcode.api import options as check
from mtor_transcode.errors import UsageError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500k", 500_000),
        ("5M", 5_000_000),
        ("1.5m", 1_500_000),
        ("1234", 1234),
        (77, 77),
        ("2 kB", 2000),
        ("1g", 10**9),
    ],
)
def test_sizes_are_decimal(text: int | str, size: int) -> None:
    assert check.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "k", "5x", "-5k", "0", "1e3", "nan", "5 k k", "0.1"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no size"):
        check.parse_size(text)


@given(st.integers(1, 10**12))
def test_bare_numbers_are_bytes(count: int) -> None:
    assert check.parse_size(str(count)) == check.parse_size(count) == count


def test_picture_sizes() -> None:
    assert check.parse_picture_size("1920x1080") == (1920, 1080)
    assert check.parse_picture_size("640X360") == check.parse_picture_size((640, 360)) == (640, 360)
    for wrong in ("1920", "0x5", "axb", "99999x2", (0, 1), "-1x5"):
        with pytest.raises(UsageError, match="no picture size"):
            check.parse_picture_size(wrong)


def test_rates() -> None:
    assert check.parse_rate("30000/1001") == Fraction(30000, 1001)
    assert check.parse_rate("23.976") == Fraction(23976, 1000)
    assert check.parse_rate(60) == 60
    assert check.parse_rate(None) is None
    for wrong in ("0", "-1", "abc", "1/0", "nan", float("inf"), float("nan"), 5000):
        with pytest.raises(UsageError, match="no frame rate"):
            check.parse_rate(wrong)


def test_targets_exclude_each_other() -> None:
    check.at_most_one(quality=0, target_kbps=None)
    with pytest.raises(UsageError, match="quality and target kbps exclude each other"):
        check.at_most_one(quality=0, target_kbps=10, target_size=None)


@pytest.mark.parametrize("value", [-0.1, 100.1, float("nan"), float("inf")])
def test_ranges(value: float) -> None:
    check.in_range("quality", 0, 0, 100)
    check.in_range("quality", None, 0, 100)
    with pytest.raises(UsageError, match="quality"):
        check.in_range("quality", value, 0, 100)


def test_positive() -> None:
    check.positive("start", 0, zero=True)
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="duration"):
            check.positive("duration", wrong)


def test_tracks_are_numbers_or_languages() -> None:
    assert check.parse_track("1") == 1
    assert check.parse_track("deu") == "deu"
    assert check.parse_track(None) is None


def test_sound_options_must_fit_together() -> None:
    check.check_audio("opus", 6, "deu")
    for wrong in (
        ("copy", 8.0, None),
        ("none", None, 1),
        ("mp3", None, None),
        ("opus", 2.0, None),
        ("opus", 129.0, None),
    ):
        with pytest.raises(UsageError):
            check.check_audio(*wrong)


@pytest.mark.parametrize(
    ("asked", "target", "wanted"),
    [(None, None, 8), (None, 11, 6), (None, 14, 7), (None, 50, 8), (24, 11, 24)],
)
def test_sound_leaves_room_for_the_picture(asked: float | None, target: float | None, wanted: float) -> None:
    assert check.audio_rate(asked, target) == wanted
