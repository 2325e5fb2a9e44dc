# SPDX-License-Identifier: Apache-2.0
"""``mtor inspect``: what a .mtor holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_transcode.cli.console import emit, say, warn
from mtor_transcode.cli.options import AsJson, Dictionary, Film
from mtor_transcode.cli.words import bytes_of, counted, seconds_of, table

if TYPE_CHECKING:
    from mtor_transcode.api.results import Inspection, SceneSummary

SCENES_SHOWN = 20


def inspect_film(film: Film, dictionary: Dictionary = None, as_json: AsJson = False) -> None:
    """Show what a .mtor holds: scenes, tokens, bytes by kind."""
    from mtor_transcode import api

    found = api.inspect(film, dictionary)
    if found.truncated:
        warn(f"{film} is cut; this is what can be read")
    if as_json:
        emit("result", found.to_json())
        return
    for line in lines(found):
        say(line)


def lines(found: Inspection) -> list[str]:
    """The inspection as lines of text."""
    shape = "" if found.pixel_aspect == 1 else f", pixels {found.pixel_aspect}"
    sound = found.audio or "no sound"
    subtitles = f", {counted(len(found.subtitles), 'subtitle track')}" if found.subtitles else ""
    dictionary = found.dictionary
    return [
        f"{found.path}",
        f"  {found.width}x{found.height}{shape}, {float(found.frame_rate):.6g} fps, "
        f"{seconds_of(found.duration)}, {bytes_of(found.bytes)}, {found.kbps:.2f} kbps",
        f"  {sound}{subtitles}",
        "",
        f"{counted(len(found.scenes), 'scene')}, {counted(found.shapes, 'shape')}, {_tokens(found.tokens)}",
        *_scenes(found.scenes),
        "",
        f"dictionary: {counted(dictionary.outlines, 'outline')} ({counted(dictionary.nodes, 'node')}), "
        f"each used {dictionary.uses_per_outline:.1f} times",
        "",
        "bytes by kind",
        *_kinds(found.bytes_by_kind),
    ]


def _scenes(scenes: tuple[SceneSummary, ...]) -> list[str]:
    if not scenes:
        return []
    head = ("scene", "start", "length", "begins with", "shapes", "outlines", "tokens", "camera", "softness")
    rows = [
        (
            str(scene.number),
            seconds_of(scene.start),
            seconds_of(scene.duration),
            scene.transition,
            f"{scene.shapes:,}",
            f"{scene.outlines:,}",
            f"{sum(scene.tokens.values()):,}",
            "moves" if scene.camera_moves else "still",
            f"{scene.softness:g} px" if scene.softness else "sharp",
        )
        for scene in scenes[:SCENES_SHOWN]
    ]
    left_out = len(scenes) - len(rows)
    more = [f"  ... and {counted(left_out, 'scene')} more (--json lists all)"] if left_out else []
    return [*table([head, *rows]), *more]


def _tokens(tokens: dict[str, int]) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in tokens.items() if count)
    return counted(sum(tokens.values()), "token") + (f" ({kinds})" if kinds else "")


def _kinds(by_kind: dict[str, int]) -> list[str]:
    total = sum(by_kind.values()) or 1
    rows = [
        (kind, f"{count:,}", f"{100 * count / total:.1f}%")
        for kind, count in sorted(by_kind.items(), key=lambda item: -item[1])
    ]
    return table([*rows, ("total", f"{sum(by_kind.values()):,}", "")])
