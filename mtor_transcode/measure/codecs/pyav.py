# SPDX-License-Identifier: Apache-2.0
"""Peers through PyAV: encoded in this process, frame by frame."""

from __future__ import annotations

import os
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from mtor_transcode.measure.codecs.peer import CodecError, Coded, Feed, Peer
from mtor_transcode.measure.codecs.recipe import Recipe

NO_KEYFRAMES = 1_000_000
"""A group of pictures longer than any clip."""

# SVT-AV1 talks to stderr by itself; 1 lets only its errors through.
os.environ.setdefault("SVT_LOG", "1")


def encode(peer: Peer, feed: Feed, recipe: Recipe, path: Path) -> Coded:
    """Codes what ``feed`` gives for ``recipe`` to ``path``. Raises CodecError."""
    began = time.perf_counter()
    try:
        stream_bytes, kept = _coded(peer, feed, recipe, path)
    except (FFmpegError, OSError, ValueError) as error:
        what = getattr(error, "strerror", "") or str(error)
        raise CodecError(f"{peer.title} failed at {recipe.label}: {what}", where=peer.name) from error
    if not kept:
        raise CodecError(f"{peer.title} was given no frame", where=peer.name)
    spent = time.perf_counter() - began
    return Coded(stream_bytes, path.stat().st_size, tuple(kept), feed.count(), round(spent, 3))


def _coded(peer: Peer, feed: Feed, recipe: Recipe, path: Path) -> tuple[int, list[int]]:
    kept: list[int] = []
    total = 0
    with av.open(str(path), "w", format="mp4") as container:
        stream = _stream(container, peer, feed, recipe)
        strip = None
        for number, frame in feed.frames(recipe):
            kept.append(number)
            for packet in stream.encode(frame):
                strip = strip or _strip(peer, stream)
                total += _muxed(container, strip, packet)
        for packet in [*stream.encode(None), None]:
            strip = strip or _strip(peer, stream)
            total += _muxed(container, strip, packet)
        if peer.headers_apart:
            total += len(stream.codec_context.extradata or b"")
    return total, kept


def _stream(container: Any, peer: Peer, feed: Feed, recipe: Recipe) -> Any:
    rate = feed.frame_rate / (recipe.step or 1)
    stream = container.add_stream(
        peer.encoder, rate=rate.limit_denominator(60_000), options=dict(peer.options(recipe))
    )
    stream.width, stream.height = feed.size(recipe)
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(feed.time_base)
    context.gop_size = NO_KEYFRAMES
    return stream


def _strip(peer: Peer, stream: Any) -> Any:
    """A filter that takes out units without picture (x264 signs its name in 600 bytes)."""
    if not peer.units_out:
        return None
    from av.bitstream import BitStreamFilterContext

    return BitStreamFilterContext(f"filter_units=remove_types={peer.units_out}", stream)


def _muxed(container: Any, strip: Any, packet: Any) -> int:
    packets = strip.filter(packet) if strip is not None else ([] if packet is None else [packet])
    total = 0
    for each in packets:
        total += each.size
        container.mux(each)
    return total
