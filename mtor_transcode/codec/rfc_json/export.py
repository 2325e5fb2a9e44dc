# SPDX-License-Identifier: Apache-2.0
"""From a film to a folder of RFC JSON: tokens and their vectors in one pass, as the scenes stream by.

In memory are the ids of outlines, the live shapes of a scene and the heads of scenes and spans.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec

from mtor_transcode.codec.rfc_json import files, types
from mtor_transcode.codec.rfc_json.dictionary_writer import DictionaryWriter
from mtor_transcode.codec.rfc_json.entries import camera_out, paint_out
from mtor_transcode.codec.rfc_json.ports import FilmSource
from mtor_transcode.codec.rfc_json.sound import sound_out
from mtor_transcode.codec.rfc_json.telling import SceneTelling
from mtor_transcode.files import staged_folder
from mtor_transcode.model import AudioPacket, FilmHeader, SceneStart, Subtitle, TexturePaint, Transition

_ENCODER = msgspec.json.Encoder()


def export_json(reader: FilmSource, directory: str | Path) -> list[Path]:
    """Write a film as RFC JSON into ``directory`` (made if missing) and return the paths of the files.

    ``tokens.jsonl``, ``dictionary.json``, ``manifest.json``, and ``audio.jsonl`` and ``subtitles.jsonl`` if
    the film has sound or text. All appear together or not at all. Raises OutputError, FormatError.
    """
    folder = Path(directory)
    written = [files.TOKENS, files.DICTIONARY, files.MANIFEST]
    with staged_folder(folder) as beside:
        with (beside / files.TOKENS).open("wb") as tokens, (beside / files.DICTIONARY).open("wb") as entries:
            scenes = _export_scenes(reader, tokens, entries)
        (beside / files.MANIFEST).write_bytes(manifest_bytes(reader.header, reader.duration, scenes))
        if reader.header.audio is not None:
            written.append(files.AUDIO)
            _write_lines(beside / files.AUDIO, (_packet(packet) for packet in reader.audio()))
        if reader.header.subtitles:
            written.append(files.SUBTITLES)
            _write_lines(beside / files.SUBTITLES, (_line(line) for line in reader.subtitles()))
        for older in {files.AUDIO, files.SUBTITLES} - {*written}:
            (folder / older).unlink(missing_ok=True)
    return [folder / name for name in written]


def _export_scenes(reader: FilmSource, tokens: BinaryIO, entries: BinaryIO) -> list[types.SceneHead]:
    dictionary = DictionaryWriter(entries)
    scenes = []
    for listed in reader.heads():
        head = listed.head
        telling = SceneTelling(head, reader.header, dictionary)
        spans = []
        for span in reader.spans(head.number):
            tokens.writelines(_json_line(telling.event(token, span.end)) for token in span.tokens)
            spans.append((span.start, span.end))
        scenes.append(scene_out(head, spans))
    dictionary.finish()
    return scenes


def scene_out(head: SceneStart, spans: list[tuple[int, int]]) -> types.SceneHead:
    """A scene in the manifest; ``spans`` are the ticks at which each starts and ends."""
    assert not isinstance(head.background, TexturePaint)
    return types.SceneHead(
        number=head.number,
        start=head.start,
        background=paint_out(head.background),
        spans=spans,
        camera=camera_out(head.camera),
        transition="dissolve" if head.transition is Transition.DISSOLVE else "cut",
        transition_ticks=head.transition_duration,
        softness=head.softness,
    )


def manifest_bytes(header: FilmHeader, duration: int, scenes: list[types.SceneHead]) -> bytes:
    """``manifest.json`` of a film of ``duration`` ticks."""
    return msgspec.json.format(_ENCODER.encode(manifest_out(header, duration, scenes)), indent=1) + b"\n"


def manifest_out(header: FilmHeader, duration: int, scenes: list[types.SceneHead]) -> types.Manifest:
    """The manifest of a film of ``duration`` ticks."""
    colour = header.colour
    return types.Manifest(
        format="mtor-rfc-json",
        version=1,
        width=header.width,
        height=header.height,
        time_base=header.time_base.as_integer_ratio(),
        frame_rate=header.frame_rate.as_integer_ratio(),
        pixel_aspect=header.pixel_aspect.as_integer_ratio(),
        colour=types.ColourCodes(colour.matrix, colour.primaries, colour.transfer, colour.full_range),
        duration=duration,
        scenes=scenes,
        sound=None if header.audio is None else sound_out(header.audio),
        subtitles=[types.SubtitleTrack(track.language) for track in header.subtitles],
    )


def _packet(packet: AudioPacket) -> types.Packet:
    return types.Packet(packet.pts, packet.duration, packet.data)


def _line(line: Subtitle) -> types.SubtitleLine:
    return types.SubtitleLine(line.track, line.start, line.end, line.text)


def _write_lines(path: Path, items: Iterable[msgspec.Struct]) -> None:
    with path.open("wb") as stream:
        stream.writelines(map(_json_line, items))


def _json_line(item: msgspec.Struct) -> bytes:
    return _ENCODER.encode(item) + b"\n"
