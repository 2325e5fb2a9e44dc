# SPDX-License-Identifier: Apache-2.0
"""A viewer of the socket by the package ``websockets``: collects sections and puts films together."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mtor_transcode.codec.container import MAGIC, VERSION, Section, SectionReader
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.stream.messages import BINARY

websockets = pytest.importorskip("websockets", reason="the extra 'dev' is not installed")


@dataclass
class Part:
    """A binary message: section, number of the message modulo 256, place in the section, bytes."""

    section: int
    message: int
    back: int
    place: int
    data: bytes


def part_of(message: bytes) -> Part:
    fields = Payload(message, "message")
    section = fields.varint(2**20)
    number = fields.take(1)[0]
    return Part(section, number, fields.varint(2**24), fields.varint(2**24), fields.rest())


def length_of(head: bytes) -> int:
    """The bytes of a section that begins so."""
    fields = Payload(head, "section")
    fields.take(1)
    payload = fields.varint(2**24)
    return fields.place + payload + 2


@dataclass
class Collected:
    """What came: parts in order, whole sections by number, messages in text."""

    parts: list[Part] = field(default_factory=list)
    sections: dict[int, bytes] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)

    def take(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.told.append(json.loads(message))
            return
        part = part_of(message)
        self.parts.append(part)
        mine = {each.place: each.data for each in self.parts if each.section == part.section}
        data = b"".join(mine[place] for place in sorted(mine))
        if 0 in mine and len(data) == length_of(mine[0]):
            self.sections[part.section] = data

    @property
    def order(self) -> list[int]:
        """Numbers of the sections by their first part."""
        return list(dict.fromkeys(part.section for part in self.parts))

    def kinds(self) -> set[str]:
        return {each["type"] for each in self.told}

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.told if each["type"] == kind]

    def film(self) -> bytes:
        """A cut film of the sections that came."""
        return MAGIC + bytes([VERSION]) + b"".join(data for _, data in sorted(self.sections.items()))

    def reader(self) -> FilmReader:
        return FilmReader(io.BytesIO(self.film()))


def sections_of(data: bytes) -> list[Section]:
    return SectionReader(io.BytesIO(data), "film").scan().sections


def connect(port: int, protocol: str = BINARY, **options: Any) -> Any:
    settings: dict[str, Any] = {"compression": None, "proxy": None, "close_timeout": 1, **options}
    return websockets.connect(f"ws://127.0.0.1:{port}/socket", subprotocols=[protocol], **settings)


async def say(socket: Any, kind: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


async def collect(
    socket: Any,
    until: Callable[[Collected], bool],
    found: Collected | None = None,
    seconds: float = 30,
    tick: int = 0,
) -> Collected:
    """Takes messages, and acknowledges them as a viewer at ``tick``, until there is what a test waits for."""
    found = found or Collected()
    async with asyncio.timeout(seconds):
        while not until(found):
            found.take(await socket.recv())
            if found.parts and len(found.parts) % 4 == 0:
                await say(socket, "at", tick=tick, got=len(found.parts) - 1)
    return found


def ended(found: Collected) -> bool:
    return bool(found.of("end"))
