# SPDX-License-Identifier: Apache-2.0
"""Writes ``dictionary.json`` entry by entry, one a line: outlines ``o0, o1, ...``, states ``v0, v1, ...``."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from mtor_transcode.codec.rfc_json import types
from mtor_transcode.codec.rfc_json.entries import (
    NOTHING,
    background_entry,
    camera_entry,
    nothing_entry,
    outline_entry,
    state_entry,
)
from mtor_transcode.model import Backdrop, Camera, Outline, ShapeState


class DictionaryWriter:
    """Gives ids to states and outlines, each with ``prefix`` in front, and writes each once to a stream."""

    def __init__(self, stream: BinaryIO, prefix: str = "") -> None:
        self._stream = stream
        self._prefix = prefix
        self._encoder = msgspec.json.Encoder()
        self._outlines: dict[Outline, str] = {}
        self._states = 1
        stream.write(b"{\n")
        self._write(NOTHING, nothing_entry(), first=True)

    def state(self, state: ShapeState, character: str) -> str:
        """The id of a new state of a shape, which goes by the name of ``character``."""
        return self._add(state_entry(state, self._outline(state.outline), character))

    def camera(self, camera: Camera) -> str:
        """The id of a new state of the camera."""
        return self._add(camera_entry(camera))

    def background(self, paint: Backdrop) -> str:
        """The id of a new state of the background."""
        return self._add(background_entry(paint))

    def finish(self) -> None:
        """Close the object."""
        self._stream.write(b"\n}\n")

    def _outline(self, outline: Outline) -> str:
        known = self._outlines.get(outline)
        if known is None:
            known = self._outlines[outline] = f"{self._prefix}o{len(self._outlines)}"
            self._write(known, outline_entry(outline))
        return known

    def _add(self, entry: types.Entry) -> str:
        entry_id = f"{self._prefix}v{self._states}"
        self._states += 1
        self._write(entry_id, entry)
        return entry_id

    def _write(self, entry_id: str, entry: types.Entry, *, first: bool = False) -> None:
        separator = b"" if first else b",\n"
        self._stream.write(separator + b'"' + entry_id.encode() + b'":' + self._encoder.encode(entry))
