# SPDX-License-Identifier: Apache-2.0
"""Films over bad links, and many viewers at once: loopback only.

``python benchmarks/delivery.py start FILM.mtor ...``: from the request to play, the connection open, to a
picture like the full first state (SSIM 0.8 or more) and to that state, at 16 kbit/s with 100 ms one way.

``python benchmarks/delivery.py viewers [--count 1000]``: viewers of 500 bytes each 2 s; the server's share of
one core, its memory, how late sections come.

``python benchmarks/delivery.py json FILM.mtor ...``: bytes of both subprotocols.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import websockets

from mtor_transcode.codec.container import MAGIC, VERSION, SectionKind, sealed
from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.series_files import series_for
from mtor_transcode.errors import MtorError
from mtor_transcode.measure.ssim import window_ssim
from mtor_transcode.model import FilmHeader, SceneStart, Solid
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.stream.links import Shape, shaped
from mtor_transcode.stream.messages import BINARY, JSON
from mtor_transcode.stream.server import StreamServer
from mtor_transcode.stream.settings import Settings

LIKE = 0.8
"""SSIM to the full first state from which a picture is recognisable."""

SAME = 0.9995
CONNECTS_A_SECOND = 40

ASK = 0.1
"""Seconds between words to the server of how much has come."""


@dataclass
class Came:
    """A section: its number, its bytes, the seconds from the request to its last byte."""

    number: int
    data: bytes
    at: float


def part_of(message: bytes) -> tuple[int, int, bytes]:
    """Number of the section, place, bytes."""
    fields = Payload(message, "message")
    number = fields.varint(2**20)
    fields.take(1)
    fields.varint(2**24)
    return number, fields.varint(2**24), fields.rest()


def whole(data: bytes) -> bool:
    """Whether the bytes are a whole section."""
    fields = Payload(data, "section")
    fields.take(1)
    return len(data) == fields.varint(2**24) + fields.place + 2


async def watch(socket: Any, key: str, seconds: float) -> tuple[list[Came], int]:
    """What comes within so many seconds of the request to play, and all bytes."""
    clock = asyncio.get_running_loop().time
    found: list[Came] = []
    parts: dict[int, bytes] = {}
    count = size = 0
    begun = clock()
    await socket.send(json.dumps({"type": "play", "film": key, "ahead": 30}))
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await socket.recv()
                size += len(message)
                if isinstance(message, str):
                    if json.loads(message)["type"] == "end":
                        break
                    continue
                number, _, data = part_of(message)
                parts[number] = parts.get(number, b"") + data
                if whole(parts[number]):
                    found.append(Came(number, parts.pop(number), clock() - begun))
                count += 1
                if count % 3 == 0:
                    at = {"type": "at", "tick": 0, "got": count - 1}
                    await socket.send(json.dumps(at))
    except TimeoutError:
        pass
    return found, size


def luma_of(data: bytes, path: Path, tick: int) -> np.ndarray[Any, Any] | None:
    """Luma of a film's picture, None if there is none yet."""
    try:
        reader = FilmReader(io.BytesIO(data), path.name, series_for(path, None))
        return FrameRenderer(reader).frame(tick)[..., 0] if reader.heads() else None
    except MtorError:
        return None


async def start(paths: Sequence[Path], rate: float, delay: float) -> None:
    """The table of starts."""
    print(f"{rate / 1000:g} kbit/s, {1000 * delay:g} ms one way; SSIM {LIKE} to the first state; that state")
    print(f"{'film':<36} {'kbps':>7} {'first state':>12} {'like it':>8} {'whole':>8}")
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / path.name).write_bytes(path.read_bytes())
            for other in path.parent.glob("*.mtordict"):
                (Path(folder) / other.name).write_bytes(other.read_bytes())
            async with StreamServer(Settings(Path(folder), port=0)) as server:
                key = server.library.films()[0].key
                async with (
                    shaped(server.port, Shape(rate=rate, delay=delay)) as port,
                    connected(port, BINARY) as socket,
                ):
                    found, _ = await watch(socket, key, 25)
        print(row(path, found), flush=True)


def row(path: Path, found: list[Came]) -> str:
    """One line of the table of starts."""
    reader = FilmReader(path.open("rb"), path.name, series_for(path, None))
    tick = reader.heads()[0].head.start
    wanted = luma_of(path.read_bytes(), path, tick)
    assert wanted is not None
    like, same = math.nan, math.nan
    here: dict[int, bytes] = {}
    size = 0
    for came in found:
        here[came.number] = came.data
        size += len(came.data)
        film = MAGIC + bytes([VERSION]) + b"".join(data for _, data in sorted(here.items()))
        picture = luma_of(film, path, tick)
        score = 0.0 if picture is None else window_ssim(picture, wanted)
        if math.isnan(like) and score >= LIKE:
            like = came.at
        if score >= SAME:
            same = came.at
            break
    kbps = path.stat().st_size * 8 / 1000 / float(reader.duration * reader.header.time_base)
    return f"{path.stem:<36} {kbps:7.2f} {size:10} B {like:6.2f} s {same:6.2f} s"


def connected(port: int, protocol: str) -> Any:
    """A connection to the socket."""
    return websockets.connect(
        f"ws://127.0.0.1:{port}/socket",
        subprotocols=[websockets.Subprotocol(protocol)],
        compression=None,
        proxy=None,
        max_size=None,
        ping_interval=None,
        close_timeout=1,
    )


def ticking_film(seconds: int) -> bytes:
    """A film whose scene has a section of about 500 bytes every 2 s."""
    stream = io.BytesIO()
    writer = FilmWriter(stream, FilmHeader(320, 180, Fraction(1, 25), Fraction(25)))
    writer.scene(SceneStart(0, 0, Solid((16, 128, 128))))
    spans = sealed(SectionKind.SPAN, varint(50) + bytes(490)) * (seconds // 2)
    return stream.getvalue() + spans


async def viewers(count: int, seconds: int) -> None:
    """The figures of many viewers."""
    with tempfile.TemporaryDirectory() as folder:
        ramp = count // CONNECTS_A_SECOND + 1
        (Path(folder) / "ticking.mtor").write_bytes(ticking_film(seconds + 10))
        os.utime(Path(folder) / "ticking.mtor", (0, 0))
        command = [sys.executable, "-m", "mtor_transcode", "serve", folder, "--port", "0", "--json"]
        server = await asyncio.create_subprocess_exec(
            *command, "--viewers", str(count + 100), stdout=asyncio.subprocess.PIPE
        )
        assert server.stdout is not None
        port = json.loads(await server.stdout.readline())["port"]
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(server.pid, {cores[0]})
        os.sched_setaffinity(0, set(cores[1:]) or {cores[0]})
        key = await the_key(port)
        late: list[float] = []
        begun = time.monotonic()
        go = asyncio.Event()
        tasks = []
        for _ in range(count):
            tasks.append(asyncio.create_task(view(port, key, go, seconds, late)))
            await asyncio.sleep(1 / CONNECTS_A_SECOND)
        await asyncio.sleep(1)
        rest = memory(server.pid)
        before = used(server.pid)
        go.set()
        await asyncio.sleep(seconds)
        busy = (used(server.pid) - before) / seconds
        full = memory(server.pid)
        await asyncio.gather(*tasks, return_exceptions=True)
        server.terminate()
        await server.wait()
    failed = sum(1 for task in tasks if task.exception() is not None)
    p50, p95, p99 = np.percentile(late, [50, 95, 99]) * 1000
    print(f"{count} viewers of 500 B / 2 s for {seconds} s (connected within {ramp} s), {failed} failed")
    print(f"server: {100 * busy:.0f}% of one core, {full:.0f} MB ({rest:.0f} MB before the first byte)")
    print(
        f"late: {p50:.0f} ms median, {p95:.0f} ms p95, {p99:.0f} ms p99, {max(late) * 1000:.0f} ms at most; "
    )
    print(f"{len(late)} sections, in {time.monotonic() - begun:.0f} s")


async def the_key(port: int) -> str:
    """The key of the one film there is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /catalogue.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    body = (await reader.read(-1)).partition(b"\r\n\r\n")[2]
    writer.close()
    return str(json.loads(body)["films"][0]["key"])


async def view(port: int, key: str, go: asyncio.Event, seconds: int, late: list[float]) -> None:
    """One viewer: plays in real time, and notes how late each section of its film comes."""
    clock = asyncio.get_running_loop().time
    async with connected(port, BINARY) as socket:
        await go.wait()
        await asyncio.sleep(2 * np.random.default_rng().random())
        await socket.send(json.dumps({"type": "play", "film": key, "ahead": 2}))
        begun = clock()
        await socket.send(json.dumps({"type": "at", "tick": 0, "playing": True}))
        count = 0
        while clock() - begun < seconds - 4:
            async with asyncio.timeout(10):
                message = await socket.recv()
            if isinstance(message, str):
                continue
            number, _, _ = part_of(message)
            count += 1
            if number > 3:
                # Sections 0 and 1 are the header and the scene's head; 2 starts at 0 s, 3 at 2 s.
                late.append(clock() - begun - 2 * (number - 3))
            if count % 4 == 0:
                tick = int((clock() - begun) * 25)
                at = {"type": "at", "tick": tick, "playing": True, "got": count - 1}
                await socket.send(json.dumps(at))
                begun = clock() - tick / 25


def used(process: int) -> float:
    """Seconds of a processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(process: int) -> float:
    """Megabytes of memory that a process holds."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def both(paths: Sequence[Path]) -> None:
    """Bytes of both subprotocols, film by film."""
    print(f"{'film':<36} {'scenes':>6} {'events':>7} {'bin/scene':>12} {'json/scene':>13} {'json/event':>13}")
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / path.name).write_bytes(path.read_bytes())
            async with StreamServer(Settings(Path(folder), port=0)) as server:
                key = server.library.films()[0].key
                async with connected(server.port, BINARY) as socket:
                    found, _ = await watch(socket, key, 60)
                binary = sum(len(came.data) for came in found)
                async with connected(server.port, JSON) as socket:
                    texts = await recited(socket, key)
        scenes = max(1, sum('"type":"scene"' in text[:20] for text in texts))
        events = sum('"video_event"' in text[:40] for text in texts)
        size = sum(len(text.encode()) for text in texts)
        told = sum(len(text.encode()) for text in texts if '"video_event"' in text[:40])
        print(
            f"{path.stem:<36} {scenes:6} {events:7} {binary / scenes:12.0f} {size / scenes:13.0f}"
            f" {told / max(events, 1):13.0f}",
            flush=True,
        )


async def recited(socket: Any, key: str) -> list[str]:
    """All messages of the subprotocol of events."""
    found: list[str] = []
    await socket.send(json.dumps({"type": "play", "film": key, "ahead": 600}))
    asked = time.monotonic()
    while not found or '"type":"end"' not in found[-1][:16]:
        with suppress(TimeoutError):  # the server may be waiting to hear how much has come
            found.append(await asyncio.wait_for(socket.recv(), ASK))
        if time.monotonic() - asked > ASK:
            asked = time.monotonic()
            await socket.send(json.dumps({"type": "at", "tick": 0, "got": len(found)}))
    return found


def main() -> None:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = parser.add_subparsers(dest="part", required=True)
    starts = parts.add_parser("start")
    starts.add_argument("films", nargs="+", type=Path)
    starts.add_argument("--rate", type=float, default=16_000)
    starts.add_argument("--delay", type=float, default=0.1)
    crowd = parts.add_parser("viewers")
    crowd.add_argument("--count", type=int, default=1000)
    crowd.add_argument("--seconds", type=int, default=40)
    sizes = parts.add_parser("json")
    sizes.add_argument("films", nargs="+", type=Path)
    asked = parser.parse_args()
    if asked.part == "start":
        asyncio.run(start(asked.films, asked.rate, asked.delay))
    elif asked.part == "viewers":
        asyncio.run(viewers(asked.count, asked.seconds))
    else:
        asyncio.run(both(asked.films))


if __name__ == "__main__":
    main()
