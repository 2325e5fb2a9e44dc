# SPDX-License-Identifier: Apache-2.0
"""What a run of the bench found, as data: the JSON is these structures."""

from __future__ import annotations

from typing import Any

import msgspec

from mtor_transcode.measure.pooling import Pooled

SCHEMA = "mtor-bench/1"
BEST = "best"
"""The name of the envelope of all peers together."""

Curve = list[tuple[float, float]]
"""(kbps, quality), both rising."""


class Row(msgspec.Struct, frozen=True):
    """One measured point. ``kbps`` is the elementary stream's (MTOR: the file's), ``file_kbps`` the file."""

    label: str
    parameters: dict[str, Any]
    kbps: float
    file_kbps: float
    stream_bytes: int
    file_bytes: int
    encode_seconds: float
    pooled: dict[str, Pooled]


class Compared(msgspec.Struct, frozen=True):
    """MTOR beside one peer in one metric.

    ``bd_rate`` (%, negative is a win) is against elementary streams, ``bd_rate_files`` against files;
    None where the curves share no quality. ``covered`` is the share of the peer's range between 1 and 50 kbps
    that both cover, and ``comparable`` whether that is enough. ``at`` has ``[rate, MTOR, peer]`` with None
    outside a curve; ``crossings`` the rates from which on MTOR is better (true) or worse;
    ``moved`` is the most (points of per cent) by which leaving out any one inner point of the peer's curve
    changes ``bd_rate``; ``ahead`` tells that MTOR is better (worse) at every rate of both curves, else None.
    """

    peer: str
    metric: str
    bd_rate: float | None
    bd_rate_files: float | None
    covered: float
    comparable: bool
    at: list[tuple[float, float | None, float | None]]
    crossings: list[tuple[float, bool]]
    ahead: bool | None = None
    moved: float | None = None


class Cost(msgspec.Struct, frozen=True):
    """What one point took in a process of its own to code and to show it.

    ``seconds`` by the clock, ``work`` in processor seconds of all cores (which other load on the machine
    moves less), ``bytes`` the peak of memory. The source's decoding is part of coding. ``others`` is how many
    cores other programs used meanwhile, None where that is not known.
    """

    label: str
    kbps: float
    encode_seconds: float
    decode_seconds: float
    encode_work: float
    decode_work: float
    encode_bytes: int
    decode_bytes: int
    others: float | None = None


class Failure(msgspec.Struct, frozen=True):
    """What could not be done; ``clip`` or ``point`` is empty where all are meant."""

    clip: str
    codec: str
    point: str
    reason: str


class ClipResult(msgspec.Struct, frozen=True):
    """One clip: points by codec, curves by codec and metric, comparisons, costs by codec.

    ``density`` is the most (%) by which one inner point's absence moves a peer's curve, by codec and metric.
    """

    name: str
    family: str
    digest: str
    width: int
    height: int
    frame_rate: float
    frames: int
    seconds: float
    points: dict[str, list[Row]]
    curves: dict[str, dict[str, Curve]]
    density: dict[str, dict[str, float]]
    compared: list[Compared]
    costs: dict[str, Cost]
    missing: dict[str, str]


class ClassRow(msgspec.Struct, frozen=True):
    """A class of clips against a peer in a metric: the mean BD-rate of the comparable ones.

    ``measured`` counts the clips of which both codecs have figures in the metric.
    """

    family: str
    peer: str
    metric: str
    bd_rate: float | None
    comparable: int
    clips: int
    wins: int
    measured: int = 0


class Move(msgspec.Struct, frozen=True):
    """Where one point of a peer matters most: leaving it out moves the BD-rate by ``points`` of per cent."""

    clip: str
    peer: str
    metric: str
    points: float


class Codec(msgspec.Struct, frozen=True):
    """A codec of the run; ``missing`` says why it could not be used."""

    name: str
    title: str
    version: str
    missing: str = ""


class Bench(msgspec.Struct, frozen=True):
    """All of a run."""

    codecs: list[Codec]
    clips: list[ClipResult]
    classes: list[ClassRow]
    failures: list[Failure]
    rates: list[float]
    quick: bool
    cached: int
    made: int
    peer_seconds: float
    our_seconds: float
    versions: dict[str, str]
    machine: dict[str, str]
    largest_move: Move | None = None
    schema: str = SCHEMA
