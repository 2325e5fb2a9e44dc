# SPDX-License-Identifier: Apache-2.0
"""Decoding one video stream, come what may: broken packets are skipped and counted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from av.codec.context import CodecContext, ThreadType
from av.container import InputContainer
from av.error import EOFError as AvEOFError
from av.error import FFmpegError
from av.filter.graph import Graph
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_MAX_THREADS = 4
# FFmpeg's own VP8 and VP9 decoders drop the alpha of WebM; libvpx keeps it.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_DEINTERLACER = "mode=send_frame:parity=auto:deint=interlaced"


@dataclass(slots=True)
class Damage:
    """What went wrong while decoding: packets that made no picture, and whether reading broke off."""

    bad_packets: int = 0
    cut: bool = False


def decoder_for(stream: VideoStream) -> VideoCodecContext:
    """The decoder to use for ``stream``, set to frame threads."""
    context: CodecContext = stream.codec_context
    name = _ALPHA_DECODERS.get(context.name)
    if name and stream.metadata.get("alpha_mode") == "1":
        context = CodecContext.create(name, "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_type = ThreadType.AUTO
    context.thread_count = min(_MAX_THREADS, os.cpu_count() or 1)
    return context


def packets(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[Packet[VideoStream]]:
    """The stream's packets up to the end or to where reading fails; without the empty one that flushes."""
    source = container.demux(stream)
    while True:
        try:
            packet = next(source, None)
        except AvEOFError:
            return
        except FFmpegError:
            damage.cut = True
            return
        if packet is None:
            return
        if packet.size:
            yield packet


def decode(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[VideoFrame]:
    """All pictures that can be had from where ``container`` stands, interlaced ones deinterlaced."""
    fields = _Deinterlacer(stream)
    for frame in _pictures(container, stream, damage):
        yield from fields.feed(frame)
    yield from fields.finish()


def _pictures(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[VideoFrame]:
    context = decoder_for(stream)
    for packet in packets(container, stream, damage):
        if packet.is_corrupt and packet.pos is not None and _is_last(container, packet):
            damage.cut = True
            continue
        try:
            pictures = context.decode(packet)
        except FFmpegError:
            damage.bad_packets += 1
            continue
        yield from pictures
    while True:
        # A decoder that meets an error while flushing may still hold pictures.
        try:
            pictures = context.decode(None)
        except AvEOFError:
            return
        except FFmpegError:
            damage.bad_packets += 1
            continue
        for picture in pictures:
            picture.time_base = stream.time_base  # PyAV knows it only from a packet, and there was none
            yield picture
        return


def _is_last(container: InputContainer, packet: Packet[VideoStream]) -> bool:
    """Whether a packet flagged corrupt is one that the end of the file cut short."""
    return packet.pos is not None and container.size > 0 and packet.pos + packet.size >= container.size


class _Deinterlacer:
    """bwdif from the first interlaced picture on; progressive pictures pass through untouched."""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._graph: Graph | None = None

    def feed(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        if self._graph is None:
            if not frame.interlaced_frame:
                yield frame
                return
            self._graph = _graph(frame)
        self._graph.vpush(frame)
        yield from self._pull()

    def finish(self) -> Iterator[VideoFrame]:
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._pull()

    def _pull(self) -> Iterator[VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                yield self._graph.vpull()
            except (BlockingIOError, AvEOFError):
                return


def _graph(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    graph.link_nodes(source, graph.add("bwdif", _DEINTERLACER), graph.add("buffersink")).configure()
    return graph
