# SPDX-License-Identifier: Apache-2.0
"""How far a live film is behind its source, and its viewers behind the film: loopback only.

``python benchmarks/live.py CLIP [--seconds 20] [-- OPTIONS]``: the clip's packets go through a pipe at their
own pace to ``mtor transcode - --live OPTIONS``; ``mtor serve`` follows; a viewer joins once it is listed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import av
import numpy as np
from delivery import Came, connected, the_key, watch

from mtor_transcode.errors import MtorError
from mtor_transcode.stream.messages import BINARY
from mtor_transcode.stream.plan import PICTURES, Planning
from mtor_transcode.stream.server import StreamServer
from mtor_transcode.stream.settings import Settings

_LOOKS = 0.01
_OVER = 20.0
"""Seconds that the encoder has after the source's end."""


class Fed(threading.Thread):
    """Feeds a clip to a pipe at its own pace; ``begun`` is when (monotonic)."""

    def __init__(self, clip: Path, pipe: BinaryIO, seconds: float) -> None:
        super().__init__(daemon=True)
        self._clip, self._pipe, self._seconds = clip, pipe, seconds
        self.begun = 0.0

    def run(self) -> None:
        """Copies packets, each when it is due."""
        self.begun = time.monotonic()
        with av.open(self._clip) as source, av.open(cast("Any", self._pipe), "w", format="mpegts") as sink:
            streams = [*source.streams.video[:1], *source.streams.audio[:1]]
            made = {stream.index: sink.add_stream_from_template(stream) for stream in streams}
            for packet in source.demux(streams):
                if packet.dts is None:
                    continue
                at = float(packet.dts * packet.time_base)
                if at > self._seconds:
                    break
                time.sleep(max(0.0, self.begun + at - time.monotonic()))
                packet.stream = made[packet.stream.index]
                sink.mux(packet)
        self._pipe.close()


class Written(threading.Thread):
    """Looks at the film: when (monotonic) each section of pictures was there, how much film (s) by when."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._path = path
        self.sections: dict[int, float] = {}
        self.reached: list[tuple[float, float]] = []
        self.whole = threading.Event()
        self.over = threading.Event()

    def run(self) -> None:
        """Looks until the film is whole."""
        planning: Planning | None = None
        while not self.over.wait(_LOOKS):
            try:
                planning = planning or Planning(self._path.open("rb"), self._path.name)
                plan = planning.look()
            except (OSError, MtorError):
                continue
            now = time.monotonic()
            for piece in plan.pieces:
                if piece.kind in PICTURES:
                    self.sections.setdefault(piece.number, now)
            self.reached.append((now, float(plan.duration * plan.header.time_base)))
            if plan.whole:
                self.whole.set()
                return


async def follow(port: int, seconds: float) -> tuple[float, list[Came]]:
    """Watches the film from its beginning; when (monotonic) it was asked for, and what came."""
    key = await the_key(port)
    async with connected(port, BINARY) as socket:
        begun = time.monotonic()
        came, _ = await watch(socket, key, seconds)
    return begun, came


async def measured(clip: Path, seconds: float, options: Sequence[str]) -> None:
    """Prints the figures of a clip."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "live.mtor"
        command = [sys.executable, "-m", "mtor_transcode", "transcode", "-", "-o", str(path), "--live"]
        # The encoder starts before the source does, as it would beside a camera.
        process = subprocess.Popen([*command, *options], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        await asyncio.sleep(3)
        fed, written = Fed(clip, cast("BinaryIO", process.stdin), seconds), Written(path)
        async with StreamServer(Settings(library=Path(folder), port=0)) as server:
            fed.start()
            written.start()
            while not written.reached:
                await asyncio.sleep(_LOOKS)
            asked, came = await follow(server.port, seconds + _OVER)
            await asyncio.to_thread(written.whole.wait, _OVER)
        written.over.set()
        process.stdin = None  # It is closed by who fed it.
        _, said = await asyncio.to_thread(process.communicate)
        tell(clip, fed, written, asked, came, path.stat().st_size, said.decode())


def tell(
    clip: Path, fed: Fed, written: Written, asked: float, came: list[Came], size: int, said: str
) -> None:
    """Prints how far who is behind whom."""
    writer = [now - fed.begun - film for now, film in written.reached if film]
    waits = [
        asked + each.at - written.sections[each.number] for each in came if each.number in written.sections
    ]
    print(f"{clip.stem}: {size} bytes, {written.reached[-1][1]:.1f} s of film")
    for name, values in (("the film behind its source", writer), ("the viewer behind the film", waits)):
        p50, p95 = np.percentile(values, [50, 95])
        print(f"{name}: {p50:.2f} s median, {p95:.2f} s p95, {max(values):.2f} s at most")
    for line in said.splitlines():
        print(line)


def main() -> None:
    """Measures a clip."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("options", nargs="*", help="of mtor transcode, after --")
    asked = parser.parse_args()
    print(json.dumps({"clip": asked.clip.name, "options": asked.options}))
    asyncio.run(measured(asked.clip, asked.seconds, asked.options))


if __name__ == "__main__":
    main()
