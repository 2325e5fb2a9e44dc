# SPDX-License-Identifier: Apache-2.0
"""Peers through an FFmpeg program: encoders that PyAV does not bring. Frames go in by a pipe, with times."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from mtor_transcode.measure.codecs.peer import CodecError, Coded, Feed, Peer
from mtor_transcode.measure.codecs.recipe import Recipe
from mtor_transcode.measure.ffmpeg import find_ffmpeg

LONGEST = 3600.0
"""Seconds after which an encoder is given up."""


def missing(encoder: str) -> str:
    """Why the program cannot encode with ``encoder``; empty if it can."""
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        return "no FFmpeg program was found"
    return "" if encoder in _encoders(ffmpeg.path) else f"FFmpeg {ffmpeg.version} has no {encoder}"


def version() -> str:
    """The program's version."""
    ffmpeg = find_ffmpeg()
    return f"FFmpeg {ffmpeg.version}" if ffmpeg else "none"


@lru_cache(maxsize=4)
def _encoders(program: str) -> frozenset[str]:
    try:
        done = subprocess.run(
            [program, "-hide_banner", "-encoders"], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=20, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(re.findall(r"^ V\S+ (\S+)", done.stdout.decode("utf-8", "replace"), re.MULTILINE))


def encode(peer: Peer, feed: Feed, recipe: Recipe, path: Path) -> Coded:
    """Codes what ``feed`` gives for ``recipe`` to ``path``. Raises CodecError."""
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        raise CodecError("no FFmpeg program was found", where=peer.name)
    began = time.perf_counter()
    options = [word for key, value in peer.options(recipe).items() for word in (f"-{key}", value)]
    command = [
        ffmpeg.path, "-hide_banner", "-nostats", "-loglevel", "error", "-y", "-f", "nut", "-i", "pipe:0",
        "-fps_mode", "passthrough", "-enc_time_base", "demux", "-c:v", peer.encoder, *options,
        "-f", "mp4", str(path),
    ]  # fmt: skip
    with _running(command, peer, recipe) as pipe:
        kept = _fed(pipe, feed, recipe)
    if not kept:
        raise CodecError(f"{peer.title} was given no frame", where=peer.name)
    spent = time.perf_counter() - began
    return Coded(_stream_bytes(path), path.stat().st_size, tuple(kept), feed.count(), round(spent, 3))


@contextmanager
def _running(command: list[str], peer: Peer, recipe: Recipe) -> Iterator[Any]:
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=messages)
        broken: Exception | None = None
        try:
            yield process.stdin
        except (FFmpegError, OSError) as error:
            broken = error
        except BaseException:
            process.kill()
            raise
        finally:
            try:
                if process.stdin is not None:
                    process.stdin.close()
            except OSError as error:
                broken = broken or error
            code = _ended(process)
        if code or broken:
            messages.seek(0)
            said = messages.read(20_000).decode("utf-8", "replace").strip().splitlines()
            what = re.sub(r"^(\[[^\]]*\]\s*)+", "", said[0]) if said else str(broken or f"exit code {code}")
            raise CodecError(f"{peer.title} failed at {recipe.label}: {what[:200]}", where=peer.name)


def _ended(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _fed(pipe: Any, feed: Feed, recipe: Recipe) -> list[int]:
    kept: list[int] = []
    with av.open(pipe, "w", format="nut") as container:
        stream: Any = container.add_stream("rawvideo", rate=feed.frame_rate)
        stream.width, stream.height = feed.size(recipe)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = feed.time_base
        for number, frame in feed.frames(recipe):
            kept.append(number)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return kept


def _stream_bytes(path: Path) -> int:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = sum(packet.size for packet in container.demux(stream))
        extra = stream.codec_context.extradata or b""
        return packets + (0 if stream.codec_context.name in {"av1", "libdav1d"} else len(extra))
