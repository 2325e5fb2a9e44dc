# SPDX-License-Identifier: Apache-2.0
"""What every codec of the bench is: something that codes a clip at a recipe and shows what a viewer gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import msgspec

from mtor_transcode.errors import MtorError
from mtor_transcode.measure.codecs.recipe import Recipe

PYAV, PROGRAM = "PyAV", "FFmpeg"


class CodecError(MtorError):
    """A codec could not make or show one point; the bench names it and goes on."""


class Coded(msgspec.Struct, frozen=True):
    """What coding took. ``stream_bytes`` is the elementary stream, ``file_bytes`` the MP4 around it.

    ``kept`` are the numbers of the source's frames that were coded; ``seconds`` is the time it took, decoding
    the source included.
    """

    stream_bytes: int
    file_bytes: int
    kept: tuple[int, ...]
    frames: int
    seconds: float


class Feed(Protocol):
    """Frames for an encoder: upright 4:2:0 8 bit pictures of a source (``codecs.feeding.SourceFeed``)."""

    @property
    def time_base(self) -> Fraction: ...
    @property
    def frame_rate(self) -> Fraction: ...
    def size(self, recipe: Recipe) -> tuple[int, int]: ...
    def frames(self, recipe: Recipe) -> Iterator[tuple[int, av.VideoFrame]]: ...
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Peer:
    """A codec beside MTOR: how its encoder is called and what is worth trying.

    ``way`` is who runs the encoder, ``PYAV`` or ``PROGRAM``; ``options`` gives the encoder's options for a
    recipe; ``crfs`` are the best and the worst quantiser of its ladder; ``per_halving`` is by how much CRF
    grows when the rate halves, roughly; ``beyond`` is the worst quantiser that the encoder takes if it is
    above the ladder's, and ``step`` the least difference of two; ``screens`` tells that screen tools are a
    choice to try; ``units_out`` names bitstream units (``filter_units``) that carry no picture.
    """

    name: str
    title: str
    way: str
    encoder: str
    options: Callable[[Recipe], Mapping[str, str]]
    crfs: tuple[int, int]
    per_halving: float
    screens: bool = False
    units_out: str = ""
    headers_apart: bool = True
    beyond: float = 0.0
    step: float = 1.0

    def missing(self) -> str:
        """Why the encoder cannot be used here; empty if it can."""
        if self.way == PYAV:
            try:
                av.codec.Codec(self.encoder, "w")
            except Exception:
                return f"PyAV {av.__version__} has no {self.encoder}"
            return ""
        from mtor_transcode.measure.codecs.program import missing

        return missing(self.encoder)

    def version(self) -> str:
        """What made the bitstream, as text that changes when the encoder may have."""
        if self.way == PYAV:
            return f"PyAV {av.__version__}"
        from mtor_transcode.measure.codecs.program import version

        return version()

    def encode(self, feed: Feed, recipe: Recipe, path: Path) -> Coded:
        """Codes what ``feed`` gives to the MP4 ``path``. Raises CodecError."""
        if self.way == PYAV:
            from mtor_transcode.measure.codecs.pyav import encode
        else:
            from mtor_transcode.measure.codecs.program import encode
        return encode(self, feed, recipe, path)
