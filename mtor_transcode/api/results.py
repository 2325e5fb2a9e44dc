# SPDX-License-Identifier: Apache-2.0
"""What the jobs return: frozen, typed, and as JSON with a version."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

JSON_VERSION = 1
"""Rises when a field of a result's JSON changes its meaning or goes away."""


@dataclass(frozen=True)
class Result:
    """What every result can do."""

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values, with ``version`` and the result's ``type``; fractions as ``"a/b"``."""
        plain = {name: _plain(value) for name, value in asdict(self).items()}
        return {"version": JSON_VERSION, "type": type(self).__name__, **plain}


@dataclass(frozen=True)
class TranscodeResult(Result):
    """A film that was written.

    ``kbps`` is 1000 bit/s over the whole file, sound included; ``quality`` is the 0-100 setting that the rate
    control ended with; ``bytes_by_kind`` sums to ``bytes``; ``elapsed`` is seconds of work.
    """

    source: str
    output: Path
    bytes: int
    duration: float
    kbps: float
    frames: int
    width: int
    height: int
    scenes: int
    quality: float
    bytes_by_kind: dict[str, int]
    elapsed: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class FailedFilm(Result):
    """A source of which no film was made, and ``error`` in one line."""

    source: Path
    error: str


@dataclass(frozen=True)
class BatchResult(Result):
    """Films that were made, those that were there already, and sources that failed."""

    films: tuple[TranscodeResult, ...]
    skipped: tuple[Path, ...]
    failed: tuple[FailedFilm, ...]


@dataclass(frozen=True)
class JobsResult(Result):
    """A film written as ``jobs`` jobs, ``bytes`` in all."""

    source: str
    folder: Path
    jobs: int
    bytes: int


@dataclass(frozen=True)
class JobResult(Result):
    """A job that was done: the SHA-256 (hex) of the task and of what it made."""

    job: Path
    task: str
    sha256: str


@dataclass(frozen=True)
class JobsVerifyResult(Result):
    """Names of the jobs that were done again, and of those whose result was another."""

    folder: Path
    checked: tuple[str, ...]
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class DictionaryResult(Result):
    """A series dictionary; films name it by its ``sha256`` (hex). ``nodes`` counts its outlines' points."""

    path: Path
    sha256: str
    bytes: int
    outlines: int
    masks: int
    nodes: int


@dataclass(frozen=True)
class RenderResult(Result):
    """A film that was rendered: ``frames`` pictures of ``width`` x ``height`` px at ``fps``."""

    source: Path
    output: Path
    bytes: int
    duration: float
    frames: int
    width: int
    height: int
    fps: Fraction
    elapsed: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class SceneSummary(Result):
    """One scene: times in seconds, how it begins, how many shapes it ever shows, its tokens by kind.

    ``softness`` is the standard deviation of the blur of its picture, in px of the film's size.
    """

    number: int
    start: float
    duration: float
    transition: str
    shapes: int
    outlines: int
    tokens: dict[str, int]
    camera_moves: bool
    softness: float


@dataclass(frozen=True)
class DictionarySummary(Result):
    """The dictionary: its outlines, their nodes, how many are strokes or masks, how often one is used."""

    outlines: int
    nodes: int
    strokes: int
    masks: int
    uses: int

    @property
    def uses_per_outline(self) -> float:
        """How many shapes (or later states) an outline serves on average."""
        return self.uses / self.outlines if self.outlines else 0.0


@dataclass(frozen=True)
class Inspection(Result):
    """What a ``.mtor`` file holds. ``duration`` in seconds, ``audio`` and ``subtitles`` in words or empty."""

    path: Path
    bytes: int
    duration: float
    kbps: float
    width: int
    height: int
    time_base: Fraction
    frame_rate: Fraction
    pixel_aspect: Fraction
    audio: str
    subtitles: tuple[str, ...]
    scenes: tuple[SceneSummary, ...]
    dictionary: DictionarySummary
    bytes_by_kind: dict[str, int]
    truncated: bool

    @property
    def tokens(self) -> dict[str, int]:
        """Tokens of the whole film by kind."""
        total: dict[str, int] = {}
        for scene in self.scenes:
            for kind, count in scene.tokens.items():
                total[kind] = total.get(kind, 0) + count
        return total

    @property
    def shapes(self) -> int:
        """Shapes of all scenes."""
        return sum(scene.shapes for scene in self.scenes)

    def to_json(self) -> dict[str, Any]:
        """As ``Result.to_json``, with the totals of ``tokens`` and ``shapes``."""
        return {**super().to_json(), "tokens": self.tokens, "shapes": self.shapes}


@dataclass(frozen=True)
class KeyResult(Result):
    """A key: its ``id``, what it is for (``signing`` or ``sealing``), its public half in hex, its files."""

    id: str
    kind: str
    raw: str
    public: Path | None = None
    private: Path | None = None


@dataclass(frozen=True)
class SignResult(Result):
    """A film was signed by the key of id ``key``; ``signature_bytes`` of its ``bytes`` are signatures."""

    source: Path
    output: Path
    key: str
    bytes: int
    signature_bytes: int
    signatures: int
    sections: int


@dataclass(frozen=True)
class SealResult(Result):
    """A film was sealed to keys of these ids; ``added_bytes`` of its ``bytes`` are what that takes."""

    source: Path
    output: Path
    bytes: int
    added_bytes: int
    recipients: tuple[str, ...]
    title: str


@dataclass(frozen=True)
class UnsealResult(Result):
    """A sealed film was opened with the key of id ``key``; ``title`` is what it told everyone."""

    source: Path
    output: Path
    bytes: int
    key: str
    title: str


@dataclass(frozen=True)
class VerifyResult(Result):
    """A film is as the key of id ``key`` signed it."""

    path: Path
    key: str
    signatures: int
    sections: int


@dataclass(frozen=True)
class Track(Result):
    """A track of sound or subtitles, numbered from 0 among its kind; ``detail`` in words."""

    number: int
    codec: str
    language: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Info(Result):
    """What a source is, and what the transcoder would do with it (``plan``, one sentence each)."""

    path: str
    container: str
    codec: str
    width: int
    height: int
    pixel_aspect: Fraction
    rotation: int
    frame_rate: Fraction
    variable_rate: bool
    duration: float
    frames: int
    bit_depth: int
    colour: dict[str, Any]
    interlaced: bool
    alpha: bool
    still: bool
    kbps: float
    bytes: int
    audio: tuple[Track, ...] = ()
    subtitles: tuple[Track, ...] = ()
    plan: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class ExchangeResult(Result):
    """An export or an import: what was read, what was written, the files made (or the one file)."""

    source: Path
    output: Path
    files: tuple[str, ...]
    bytes: int
    warnings: tuple[str, ...] = ()


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
