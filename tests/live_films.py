# SPDX-License-Identifier: Apache-2.0
"""A real ``mtor transcode --live`` that reads a pipe, fed piece by piece, for the tests of it."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cli_run import MTOR
from ingest_films import ffmpeg

from mtor_transcode.errors import MtorError
from mtor_transcode.stream.plan import Plan, plan_of

FRAMES = 150
RATE = 25


def stream_of(path: Path, *, seconds: float = FRAMES / RATE, size: str = "160x96") -> bytes:
    """A film that moves all over, as MPEG-TS; its sound ends after 2 s."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={RATE}:duration={seconds}")
    sound = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2")
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-g", RATE, "-bf", "0", "-c:a", "aac")
    ffmpeg(*picture, *sound, *coded, "-f", "mpegts", path)
    return path.read_bytes()


def planned(path: Path) -> Plan | None:
    """What there is of a film; None before its header."""
    try:
        with path.open("rb") as stream:
            return plan_of(stream, path.name)
    except (OSError, MtorError):
        return None


def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    """Waits for what has to come some time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


class LiveWriter:
    """A process that writes ``path``; ``data`` is its input, fed as the test says."""

    def __init__(self, path: Path, data: bytes, *options: str) -> None:
        self.path = path
        self._data = data
        self._fed = 0
        self.process = subprocess.Popen(
            [MTOR, "transcode", "-", "-o", path, "--live", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def feed(self, share: float) -> None:
        """Writes the input up to a share of it."""
        assert self.process.stdin is not None
        end = round(share * len(self._data))
        self.process.stdin.write(self._data[self._fed : end])
        self.process.stdin.flush()
        self._fed = end

    def pace(self, seconds: float) -> threading.Thread:
        """Feeds all that is left in so many seconds, beside the test, and ends the input."""
        pieces = round(seconds * RATE)
        begun = self._fed / len(self._data)

        def work() -> None:
            for piece in range(pieces):
                self.feed(begun + (1 - begun) * (piece + 1) / pieces)
                time.sleep(1 / RATE)
            self.close()

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def close(self) -> None:
        """Ends the input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait_for(self, seconds: float) -> Plan:
        """Waits until so much of the film is there."""

        def there() -> bool:
            assert self.process.poll() in (None, 0), self.told()
            plan = planned(self.path)
            return plan is not None and plan.duration * plan.header.time_base >= seconds

        until(there)
        plan = planned(self.path)
        assert plan is not None
        return plan

    def told(self) -> str:
        """What the process said, once it has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def end(self) -> tuple[int, str]:
        """The exit code, and what it said."""
        code = self.process.wait(90)
        return code, self.told()

    def __enter__(self) -> LiveWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None and not stream.closed:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
