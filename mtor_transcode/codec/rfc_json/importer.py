# SPDX-License-Identifier: Apache-2.0
"""From a folder of RFC JSON to a film: our own exports without loss, and files written by hand.

``docs/json.md`` states the rules. Everything streams; what is in memory is the index of the dictionary, the
live shapes of a scene and the tokens of a span.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Protocol

from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.rfc_json import limits, types
from mtor_transcode.codec.rfc_json.cues import Clock, read_cues
from mtor_transcode.codec.rfc_json.dictionary import DictionaryFile
from mtor_transcode.codec.rfc_json.discovered import discovered_scenes
from mtor_transcode.codec.rfc_json.files import DICTIONARY, MANIFEST, TOKENS, read_object
from mtor_transcode.codec.rfc_json.planned import check_scenes, planned_scenes
from mtor_transcode.codec.rfc_json.ports import FilmSink
from mtor_transcode.codec.rfc_json.refusals import told
from mtor_transcode.codec.rfc_json.sound import Companions, sound_in, tracks_in
from mtor_transcode.codec.rfc_json.states import States
from mtor_transcode.codec.rfc_json.strict import plain_text
from mtor_transcode.errors import InputError
from mtor_transcode.files import staged_file
from mtor_transcode.model import ColourSpec, FilmHeader, SceneStart, Span

DEFAULT_HEADER: Final = FilmHeader(640, 360, Fraction(1, 1000), Fraction(25))
"""What holds without a manifest: 640x360, ticks of a millisecond, BT.709 limited, no sound."""

_MOST_WARNINGS: Final = 100


class MakeFilm(Protocol):
    """Begins a film with a header: ``FilmWriter`` on a stream, for example."""

    def __call__(self, header: FilmHeader) -> FilmSink:
        """The film to write to."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import has read: numbers of scenes and tokens, ticks, and what the user should know."""

    header: FilmHeader
    scenes: int
    tokens: int
    duration: int
    warnings: tuple[str, ...]


def import_json(folder: str | Path, target: str | Path | MakeFilm) -> ImportResult:
    """Read the RFC JSON in ``folder`` into a ``.mtor`` file, which appears whole or not at all.

    Instead of a path, ``target`` may begin a film by itself: ``target(header)`` returns what is then written
    to and finished. Raises InputError where a file is missing, FormatError (file, line or id, remedy) where
    one is wrong, OutputError where the film cannot be written.
    """
    if callable(target):
        return _import(Path(folder), target)
    with staged_file(Path(target)) as beside, beside.open("wb") as stream:
        return _import(Path(folder), lambda header: FilmWriter(stream, header))


def _import(folder: Path, make_film: MakeFilm) -> ImportResult:
    if not os.path.isdir(folder):
        what = "is not a folder" if os.path.lexists(folder) else "there is no such folder"
        raise InputError(
            what, where=str(folder), remedy="name a folder with tokens.jsonl and dictionary.json"
        )
    manifest = _manifest(folder)
    header = DEFAULT_HEADER if manifest is None else header_in(manifest, str(folder / MANIFEST))
    warnings: list[str] = []

    def warn(line: str) -> None:
        if len(warnings) < _MOST_WARNINGS:
            warnings.append(line)

    with DictionaryFile(folder / DICTIONARY) as dictionary:
        states = States(dictionary, header)
        planned = None if manifest is None else manifest.scenes
        clock = Clock(header.time_base, from_start=planned is not None, ticks=manifest is not None)
        with contextlib.closing(read_cues(folder, clock)) as cues:
            parts = (
                discovered_scenes(cues, header, states, warn, str(folder / TOKENS))
                if planned is None
                else planned_scenes(cues, planned, states, header.colour, warn)
            )
            length = None if manifest is None else manifest.duration
            with told(str(folder / MANIFEST)):
                film = make_film(header)
            return _write(parts, header, film, Companions(folder, header), length, warnings, folder)


def header_in(manifest: types.Manifest, where: str) -> FilmHeader:
    """The film's header of a manifest."""
    sound = None if manifest.sound is None else sound_in(manifest.sound)
    for text in (sound.codec, sound.language) if sound else ():
        plain_text(text, where)
    for track in manifest.subtitles:
        plain_text(track.language, where)
    codes = manifest.colour
    return FilmHeader(
        manifest.width,
        manifest.height,
        Fraction(*manifest.time_base),
        Fraction(*manifest.frame_rate),
        Fraction(*manifest.pixel_aspect),
        ColourSpec(codes.matrix, codes.primaries, codes.transfer, codes.full_range),
        sound,
        tracks_in(manifest.subtitles),
    )


def _manifest(folder: Path) -> types.Manifest | None:
    path = folder / MANIFEST
    if not path.exists():
        return None
    manifest = read_object(path, types.Manifest, limits.MANIFEST_BYTES, "manifest.schema.json")
    check_scenes(manifest.scenes or (), str(path))
    return manifest


def _write(
    parts: Iterable[SceneStart | Span],
    header: FilmHeader,
    film: FilmSink,
    companions: Companions,
    length: int | None,
    warnings: list[str],
    folder: Path,
) -> ImportResult:
    scenes, tokens, end = 0, 0, 0
    where = str(folder)
    for part in parts:
        if isinstance(part, SceneStart):
            where = f"{folder}, scene {part.number}"
            with told(where):
                film.scene(part)
            scenes += 1
        else:
            with told(f"{where}, ticks {part.start} to {part.end}"):
                companions.until(part.end, film)
                film.span(part)
            tokens += len(part.tokens)
            end = part.end
    duration = end if length is None else length
    with told(str(folder)):
        companions.until(None, film)
        film.finish(duration)
    return ImportResult(header, scenes, tokens, duration, tuple(warnings))
