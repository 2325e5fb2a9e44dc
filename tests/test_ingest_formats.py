# SPDX-License-Identifier: Apache-2.0
"""Pixel formats, sizes, ranges, alpha, rotation, fields: the planes must be those that were put in."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from ingest_films import ffmpeg, numbered, raw_film, read
from numpy.typing import NDArray

from mtor_transcode.ingest.source import open_source

SHIFTS = {"420": (1, 1), "422": (1, 0), "444": (0, 0)}


def noise_planes(
    size: tuple[int, int], chroma: tuple[int, int], depth: int, count: int = 3, seed: int = 1
) -> list[list[NDArray]]:
    """Random planes with all codes."""
    random = np.random.default_rng(seed)
    columns, rows = size
    small = (-(-rows // (1 << chroma[1])), -(-columns // (1 << chroma[0])))
    dtype = np.uint8 if depth == 8 else np.uint16
    shapes = ((rows, columns), small, small)
    return [[random.integers(0, 1 << depth, shape).astype(dtype) for shape in shapes] for _ in range(count)]


@pytest.mark.parametrize("depth", [8, 9, 10, 12])
@pytest.mark.parametrize("layout", ["420", "422", "444"])
def test_planar_ycc_is_untouched(tmp_path: Path, layout: str, depth: int) -> None:
    planes = noise_planes((53, 37), SHIFTS[layout], depth)
    name = f"yuv{layout}p" + ("" if depth == 8 else f"{depth}le")
    path = raw_film(tmp_path / "film.nut", planes, name, 25, "-c:v", "rawvideo")
    with open_source(path) as source:
        frames = list(source.frames())
        assert (source.info.bit_depth, source.info.chroma) == (depth, SHIFTS[layout])
        assert (source.info.width, source.info.height) == (53, 37)
    assert len(frames) == len(planes)
    for frame, wanted in zip(frames, planes, strict=True):
        for plane, want in zip(frame.planes, wanted, strict=True):
            assert plane.dtype == want.dtype
            assert np.array_equal(plane, want)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5), (176, 144), (853, 479), (1142, 720)])
def test_odd_and_tiny_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    planes = noise_planes(size, (1, 1), 8, count=2)
    frames = read(raw_film(tmp_path / "film.y4m", planes, "yuv420p", 25, "-pix_fmt", "yuv420p"))
    assert len(frames) == 2
    for frame, wanted in zip(frames, planes, strict=True):
        assert all(np.array_equal(plane, want) for plane, want in zip(frame.planes, wanted, strict=True))
        assert frame.ycc8().shape == (size[1], size[0], 3)
        assert np.array_equal(frame.ycc8()[..., 0], wanted[0])


def test_ten_bits_are_rounded_to_eight(tmp_path: Path) -> None:
    ramp = np.arange(1024, dtype=np.uint16).reshape(1, 1024).repeat(2, axis=0)
    planes = [[ramp, np.full((1, 512), 512, np.uint16), np.full((1, 512), 512, np.uint16)]]
    frame = read(raw_film(tmp_path / "film.nut", planes, "yuv420p10le", 25, "-c:v", "rawvideo"))[0]
    assert frame.luma8().dtype == np.uint8
    assert np.array_equal(frame.luma8()[0], np.minimum((np.arange(1024) + 2) >> 2, 255))
    assert (frame.ycc8()[..., 1:] == 128).all()


def test_semi_planar_is_unpacked_without_loss(tmp_path: Path) -> None:
    luma, first, second = noise_planes((32, 24), (1, 1), 8, count=1)[0]
    both = np.stack([first, second], axis=-1).reshape(12, 32)
    frame = read(raw_film(tmp_path / "film.nut", [[luma, both]], "nv12", 25, "-c:v", "rawvideo"))[0]
    assert np.array_equal(frame.planes[0], luma)
    assert np.array_equal(frame.planes[1], first)
    assert np.array_equal(frame.planes[2], second)


@pytest.mark.parametrize(
    ("name", "shift", "wanted"),
    [("yuv411p", (2, 0), (1, 0)), ("yuv410p", (2, 2), (1, 1)), ("yuv440p", (0, 1), (0, 0))],
)
def test_rare_subsamplings_are_brought_to_common_ones(
    tmp_path: Path, name: str, shift: tuple[int, int], wanted: tuple[int, int]
) -> None:
    luma = noise_planes((32, 32), (0, 0), 8, count=1)[0][0]
    shape = (32 >> shift[1], 32 >> shift[0])
    planes = [[luma, np.full(shape, 90, np.uint8), np.full(shape, 200, np.uint8)]]
    path = raw_film(tmp_path / "film.nut", planes, name, 25, "-c:v", "rawvideo")
    with open_source(path) as source:
        frame = next(iter(source.frames()))
        assert source.info.chroma == wanted
    assert np.array_equal(frame.planes[0], luma)
    assert frame.planes[1].shape == (32 >> wanted[1], 32 >> wanted[0])
    assert (frame.planes[1] == 90).all()
    assert (frame.planes[2] == 200).all()


def test_gray_has_neutral_chroma(tmp_path: Path) -> None:
    luma = noise_planes((31, 17), (0, 0), 8, count=1)[0][0]
    frame = read(raw_film(tmp_path / "film.mkv", [[luma]], "gray", 25, "-c:v", "ffv1"))[0]
    assert np.array_equal(frame.planes[0], luma)
    assert (frame.ycc8()[..., 1:] == 128).all()


def write_png(path: Path, pixels: NDArray) -> Path:
    """An image from RGB(A) or gray pixels."""
    order = {2: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    code = order[2] if pixels.ndim == 2 else order[pixels.shape[2]]
    assert cv2.imwrite(str(path), pixels if code is None else cv2.cvtColor(pixels, code))
    return path


def bt601(rgb: NDArray) -> NDArray[np.float64]:
    """8-bit RGB as BT.601 limited Y, Cb, Cr (ITU-R BT.601, 2.5)."""
    red, green, blue = (rgb[..., k].astype(np.float64) / 255 for k in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    parts = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.772, 128 + 224 * (red - luma) / 1.402)
    return np.stack(parts, axis=-1)


def test_png_is_taken_as_bt601_limited(tmp_path: Path) -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (33, 47, 3)).astype(np.uint8)
    with open_source(write_png(tmp_path / "still.png", rgb)) as source:
        frames = list(source.frames())
        colour = source.info.colour
        assert (colour.matrix, colour.full_range, source.info.still) == (6, False, True)
        assert source.info.chroma == (0, 0)
    assert [(frame.tick, frame.duration) for frame in frames] == [(0, 1)]
    assert np.abs(frames[0].ycc8() - bt601(rgb)).max() <= 1.01


def test_gray_and_palette_pictures_are_rgb(tmp_path: Path) -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    frame = read(write_png(tmp_path / "gray.png", gray))[0]
    assert np.abs(frame.ycc8() - bt601(np.stack([gray] * 3, axis=-1))).max() <= 1.01
    flat = np.zeros((20, 30, 3), np.uint8)
    flat[:, 15:] = (250, 40, 90)
    write_png(tmp_path / "flat.png", flat)
    few = "split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse=dither=none"
    for name in ("flat.gif", "palette.png"):
        ffmpeg("-i", tmp_path / "flat.png", "-filter_complex", few, tmp_path / name)
    for name in ("flat.gif", "palette.png"):
        assert np.abs(read(tmp_path / name)[0].ycc8() - bt601(flat)).max() <= 3, name


def test_alpha_of_a_picture_is_over_black(tmp_path: Path) -> None:
    rgba = np.random.default_rng(4).integers(0, 256, (24, 32, 4)).astype(np.uint8)
    rgba[:4, :, 3], rgba[4:8, :, 3] = 0, 255
    path = write_png(tmp_path / "clear.png", rgba)
    with open_source(path) as source:
        assert source.info.has_alpha
        picture = next(iter(source.frames())).ycc8()
    over = rgba[..., :3] * (rgba[..., 3:] / 255)
    assert np.abs(picture - bt601(over)).max() <= 2
    assert np.array_equal(picture[:4], np.broadcast_to(np.uint8([16, 128, 128]), (4, 32, 3)))


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("clear.webm", ("-c:v", "libvpx-vp9", "-crf", "4", "-b:v", "0", "-pix_fmt", "yuva420p")),
        ("clear.mov", ("-c:v", "qtrle", "-pix_fmt", "argb")),
        ("prores.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
    ],
)
def test_alpha_of_a_video_is_over_black(tmp_path: Path, name: str, codec: tuple[str, ...]) -> None:
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[..., :3] = (220, 220, 220)
    rgba[:, 32:, 3] = 255
    write_png(tmp_path / "clear.png", rgba)
    ffmpeg("-loop", 1, "-i", tmp_path / "clear.png", "-frames:v", 5, *codec, tmp_path / name)
    with open_source(tmp_path / name) as source:
        assert source.info.has_alpha
        frames = list(source.frames())
    assert len(frames) == 5
    luma = frames[2].luma8().astype(int)
    assert np.abs(luma[8:56, 4:28] - 16).max() <= 4
    assert np.abs(luma[8:56, 36:60] - (16 + 219 * 220 / 255)).max() <= 6


def test_full_range_and_tags(tmp_path: Path) -> None:
    planes = numbered(3, (64, 48))
    full = raw_film(tmp_path / "full.mp4", planes, "yuvj420p", 25, "-c:v", "libx264", "-qp", 0)
    tags = ("-vf", "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv")
    wide = raw_film(tmp_path / "wide.mp4", planes, "yuv420p", 25, "-c:v", "libx264", "-qp", 0, *tags)
    with open_source(full) as source:
        assert source.info.colour.full_range
        assert [int(frame.luma8()[0, 0]) for frame in source.frames()] == [16, 18, 20]
    with open_source(wide) as source:
        colour = source.info.colour
        assert (colour.matrix, colour.primaries, colour.transfer, colour.full_range) == (9, 9, 16, False)


@pytest.mark.parametrize(("size", "matrix"), [((320, 240), 6), ((1280, 720), 1), ((640, 720), 1)])
def test_untagged_matrix_follows_the_size(tmp_path: Path, size: tuple[int, int], matrix: int) -> None:
    path = raw_film(tmp_path / "film.y4m", numbered(1, size), "yuv420p", 25)
    with open_source(path) as source:
        assert source.info.colour.matrix == matrix
        assert not source.info.colour.full_range


def test_pixel_aspect(tmp_path: Path) -> None:
    path = raw_film(
        tmp_path / "wide.mp4", numbered(2, (64, 48)), "yuv420p", 25, "-vf", "setsar=64/45", "-c:v", "libx264"
    )
    with open_source(path) as source:
        assert source.info.pixel_aspect == Fraction(64, 45)


@pytest.mark.parametrize(
    ("options", "upright"),
    [
        (("-display_rotation", "90"), lambda p: np.rot90(p, 1)),
        (("-display_rotation", "180"), lambda p: np.rot90(p, 2)),
        (("-display_rotation", "270"), lambda p: np.rot90(p, 3)),
        (("-display_hflip",), lambda p: p[:, ::-1]),
        (("-display_vflip",), lambda p: p[::-1]),
    ],
)
def test_rotated_video_is_upright(tmp_path: Path, options: tuple[str, ...], upright: object) -> None:
    planes = noise_planes((64, 48), (1, 1), 8, count=2)
    plain = raw_film(tmp_path / "plain.mp4", planes, "yuv420p", 25, "-c:v", "libx264", "-qp", 0)
    turned = tmp_path / "turned.mp4"
    ffmpeg(*options, "-i", plain, "-c", "copy", turned)
    assert callable(upright)
    for frame, wanted in zip(read(turned), planes, strict=True):
        for plane, want in zip(frame.planes, wanted, strict=True):
            assert np.array_equal(plane, upright(want))
    with open_source(turned) as source:
        rows, columns = upright(planes[0][0]).shape
        assert (source.info.width, source.info.height) == (columns, rows)


def test_rotated_4_2_2_keeps_a_known_layout(tmp_path: Path) -> None:
    luma = noise_planes((64, 48), (0, 0), 8, count=1)[0][0]
    chroma = np.full((48, 32), 77, np.uint8)
    plain = raw_film(tmp_path / "a.mp4", [[luma, chroma, chroma]], "yuv422p", 25, "-c:v", "libx264", "-qp", 0)
    ffmpeg("-display_rotation", "90", "-i", plain, "-c", "copy", tmp_path / "b.mp4")
    with open_source(tmp_path / "b.mp4") as source:
        frame = next(iter(source.frames()))
        assert source.info.chroma in SHIFTS.values()
    assert np.array_equal(frame.planes[0], np.rot90(luma))
    assert (frame.ycc8()[..., 1] == 77).all()


def test_interlaced_video_loses_its_combs_not_its_frames(tmp_path: Path) -> None:
    path = tmp_path / "fields.mkv"
    moving = "color=black:s=96x64:r=50:d=2[b];color=white:s=16x64:r=50:d=2[w];[b][w]overlay=x=n*2:shortest=1"
    ffmpeg(
        *("-filter_complex", moving + ",tinterlace=interleave_top,fieldorder=tff,format=yuv420p"),
        *("-c:v", "libx264", "-flags", "+ildct+ilme", "-x264opts", "tff=1", "-qp", 8, "-r", 25, path),
    )
    with open_source(path) as source:
        assert source.info.interlaced
        frames = list(source.frames())
    assert [frame.tick for frame in frames] == list(range(50))
    combs = [comb(frame.luma8()) for frame in frames[5:40]]
    raw = comb(raw_luma(path, 20))
    assert raw > 2
    assert np.mean(combs) < raw / 3


def comb(luma: NDArray[np.uint8]) -> float:
    """How much rows differ from the mean of their neighbours."""
    rows = luma.astype(float)
    return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean())


def raw_luma(path: Path, number: int) -> NDArray[np.uint8]:
    """A frame as it is coded, fields and all."""
    import av

    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index == number:
                return frame.to_ndarray()[: frame.height]
    raise AssertionError(number)
