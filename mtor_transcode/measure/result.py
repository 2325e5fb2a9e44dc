# SPDX-License-Identifier: Apache-2.0
"""The report as data. Its JSON is a contract: fields may come, none change or go without a new ``SCHEMA``."""

from __future__ import annotations

from typing import Any

import msgspec

from mtor_transcode.measure.pooling import Pooled

SCHEMA = "mtor-report/1"


class VideoFacts(msgspec.Struct, frozen=True):
    """What the source is. ``duration`` in seconds of what was asked for, ``bytes`` of the whole file."""

    name: str
    container: str
    codec: str
    width: int
    height: int
    frame_rate: float
    variable_rate: bool
    bit_depth: int
    pixel_format: str
    duration: float
    bytes: int
    kbps: float
    video_kbps: float


class FilmFacts(msgspec.Struct, frozen=True):
    """What the film is. ``duration`` in seconds; ``shapes`` counts those that ever appear, scene by scene."""

    name: str
    width: int
    height: int
    frame_rate: float
    duration: float
    bytes: int
    scenes: int
    shapes: int
    outlines: int
    tokens: int
    truncated: bool


class KindRate(msgspec.Struct, frozen=True):
    """The bytes of one kind (outlines, paints, motion, audio, subtitles, container) and their share (0-1)."""

    kind: str
    bytes: int
    kbps: float
    share: float


class Rates(msgspec.Struct, frozen=True):
    """Bytes over the film's duration; kbps are 1000 bit/s.

    ``raw_kbps`` is the source's picture uncompressed, at its own size, chroma, depth and frames.
    ``raw_ratio`` and ``source_ratio`` say how many times smaller the film is; the source is taken without its
    sound if the film has none (``source_kbps`` is what was compared with). ``most_kbps`` is the largest rate
    over any 4 s, which begin at ``most_at`` (s).
    """

    kbps: float
    most_kbps: float
    most_at: float
    kinds: tuple[KindRate, ...]
    raw_kbps: float
    raw_ratio: float
    source_kbps: float
    source_ratio: float


class Picks(msgspec.Struct, frozen=True):
    """Frame numbers (of ``frames``) with the worst, the median and the best SSIM; the first among equals.

    Blank frames (as in a fade to black) are not picked, unless all are blank.
    """

    worst: int
    median: int
    best: int


class Quality(msgspec.Struct, frozen=True):
    """Pooled metrics by name (as in ``Frame``); ``missing`` says why a metric was not measured.

    ``psnr_y_mean_mse`` and ``psnr_yuv_mean_mse`` are the PSNR of the mean MSE, which is what FFmpeg prints.
    """

    frames: int
    pooled: dict[str, Pooled]
    psnr_y_mean_mse: float
    psnr_yuv_mean_mse: float
    picks: Picks
    missing: dict[str, str]


class RfcFigures(msgspec.Struct, frozen=True):
    """The figures of the RFC's section 7. A token's bytes are those of paints and motion, per token.

    ``dictionary_share`` is the outlines' share of the film (0-1); ``bytes_per_hour`` is the film's rate;
    ``token_ratio`` compares the token bytes with the raw picture (the RFC hopes for 10,000).
    """

    tokens: int
    tokens_per_hour: float
    bytes_per_token: float
    token_bytes_per_hour: float
    dictionary_bytes: int
    dictionary_share: float
    bytes_per_hour: float
    token_ratio: float


class SceneRow(msgspec.Struct, frozen=True):
    """One scene: seconds, how it begins, what it holds; quality is None where nothing was measured."""

    number: int
    start: float
    end: float
    transition: str
    shapes: int
    tokens: int
    bytes: int
    camera: str
    frames: int
    ssim: float | None
    psnr_y: float | None
    vmaf: float | None


class Second(msgspec.Struct, frozen=True):
    """Bytes by kind that a player needs for what begins in ``[start, start + length)`` (seconds)."""

    start: float
    length: float
    bytes: dict[str, float]


class Frame(msgspec.Struct, frozen=True):
    """One source frame. PSNR in dB (100 for equal pictures), SSIM to 1, VMAF 0-100; None is not measured."""

    number: int
    tick: int
    seconds: float
    psnr_y: float
    psnr_cb: float
    psnr_cr: float
    psnr_yuv: float
    ssim: float
    float_ssim: float
    vmaf: float | None = None
    vmaf_neg: float | None = None
    xpsnr: float | None = None


class LossRow(msgspec.Struct, frozen=True):
    """A film in packets, of which ``share`` (0-1) get lost: means over some draws of chance.

    ``missing`` is the share of packets that is not repaired either; ``ssim`` and ``psnr_y`` are means over
    moments half a second apart, so they differ a little from the pooled ones; ``ssim_worst`` is the worst
    draw's.
    """

    share: float
    missing: float
    ssim: float
    ssim_worst: float
    psnr_y: float


class Speed(msgspec.Struct, frozen=True):
    """Seconds spent rendering the frames measured (reading the film included), and the whole measurement."""

    render_seconds: float
    render_fps: float
    total_seconds: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found; ``notes`` are sentences for the user."""

    schema: str = SCHEMA
    source: VideoFacts
    film: FilmFacts
    rates: Rates
    quality: Quality
    rfc: RfcFigures
    scenes: tuple[SceneRow, ...]
    timeline: tuple[Second, ...]
    frames: tuple[Frame, ...]
    loss: tuple[LossRow, ...] = ()
    notes: tuple[str, ...]
    speed: Speed
    versions: dict[str, str]
    machine: dict[str, str]


def report_schema() -> dict[str, Any]:
    """The JSON Schema of a report's JSON."""
    return msgspec.json.schema(Report)
