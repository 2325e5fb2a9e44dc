# SPDX-License-Identifier: Apache-2.0
"""Films in packets from end to end: made, rendered with packets lost, told of in reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cli_run import WRONG_USE, assert_one_line
from cli_run import mtor as command

import mtor_transcode as mtor
from mtor_transcode.api.options import parse_share
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.errors import UsageError
from mtor_transcode.measure.writers import read_json

SAMPLES = Path(__file__).parents[1] / "samples"
SLIDE = SAMPLES / "slide.mp4"
SHORT = {"duration": 1.0, "preset": "fast", "mode": "vector", "quality": 60}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A second of a slide in packets, and without."""
    folder = tmp_path_factory.mktemp("packets")
    mtor.transcode(SLIDE, folder / "packets.mtor", resilience=10, **SHORT)
    mtor.transcode(SLIDE, folder / "plain.mtor", **SHORT)
    return folder / "packets.mtor", folder / "plain.mtor"


def test_packets_show_what_the_film_without_shows(films: tuple[Path, Path]) -> None:
    from mtor_transcode.render.frames import FrameRenderer

    packets, plain = mtor.open(films[0]), mtor.open(films[1])
    assert packets.packets_sent > 0
    assert plain.packets_sent == 0
    for tick in range(0, plain.duration, max(1, plain.duration // 4)):
        assert np.array_equal(FrameRenderer(packets).frame(tick), FrameRenderer(plain).frame(tick))


def test_a_rate_counts_packets_and_repairs(tmp_path: Path) -> None:
    made = mtor.transcode(
        SLIDE, tmp_path / "out.mtor", resilience=10, target_size=1000, duration=1.0, preset="fast"
    )
    assert made.bytes <= 1000
    assert made.bytes == (tmp_path / "out.mtor").stat().st_size == sum(made.bytes_by_kind.values())


def test_render_shows_what_is_left(films: tuple[Path, Path], tmp_path: Path) -> None:
    def render(drop: str, seed: int) -> tuple[bytes, tuple[str, ...]]:
        made = mtor.render(films[0], tmp_path / "out.y4m", drop=drop, seed=seed)
        return (tmp_path / "out.y4m").read_bytes(), made.warnings

    whole, none = render("0%", 7)
    assert none == ()
    assert render("50%", 3) == render("0.5", 3)
    nothing, warnings = render("100%", 7)
    assert nothing != whole
    assert len(nothing) == len(whole)
    assert "packets were missing" in warnings[0]


def test_render_tells_of_damage(films: tuple[Path, Path], tmp_path: Path) -> None:
    data = bytearray(films[0].read_bytes())
    sections = mtor.open(films[0])._all
    victim = next(section for section in sections if section.kind == SectionKind.PACKET)
    data[victim.end - 1] ^= 1
    (tmp_path / "damaged.mtor").write_bytes(data)
    made = mtor.render(tmp_path / "damaged.mtor", tmp_path / "out.y4m")
    assert "1 packets or repairs were damaged" in made.warnings


def test_films_without_packets_say_what_to_do(films: tuple[Path, Path], tmp_path: Path) -> None:
    done = command("render", films[1], "-o", tmp_path / "out.mp4", "--drop", "10%")
    assert_one_line(done, WRONG_USE, "no packets", "--resilience")
    assert not (tmp_path / "out.mp4").exists()


def test_reports_tell_of_loss(films: tuple[Path, Path], tmp_path: Path) -> None:
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    found = mtor.report(SLIDE, films[0], duration=1.0, vmaf=False, html=page, json=data)
    assert [row.share for row in found.loss] == [0, 0.05, 0.1, 0.2]
    assert found.loss[0].missing == 0
    assert found.loss[0].ssim == pytest.approx(found.quality.pooled["ssim"].mean, abs=0.01)
    assert found.loss[3].missing > 0
    assert found.loss[3].ssim_worst <= found.loss[3].ssim < found.loss[0].ssim
    assert read_json(data).loss == found.loss
    assert "When packets get lost" in page.read_text(encoding="utf-8")
    assert mtor.report(SLIDE, films[1], duration=1.0, vmaf=False).loss == ()


@pytest.mark.parametrize(
    ("text", "share"),
    [("10%", 0.1), ("0.1", 0.1), (0.25, 0.25), (0.00001, 0.00001), ("100 %", 1.0), ("0", 0.0)],
)
def test_shares(text: str | float, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


def test_a_seed_without_drop_makes_no_sense(films: tuple[Path, Path], tmp_path: Path) -> None:
    done = command("render", films[0], "-o", tmp_path / "out.mp4", "--seed", "0")
    assert_one_line(done, WRONG_USE, "seed", "drop")
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("text", ["", "ten", "-1%", "101%", "1.5", "nan"])
def test_no_shares(text: str) -> None:
    with pytest.raises(UsageError, match="10%"):
        parse_share(text)


@pytest.mark.parametrize("wrong", [{"resilience": 11}, {"resilience": -1}, {"resilience": 3, "refresh": 2.0}])
def test_wrong_resilience(wrong: dict[str, float], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="resilience"):
        mtor.transcode(SLIDE, tmp_path / "out.mtor", **wrong)  # type: ignore[arg-type]
