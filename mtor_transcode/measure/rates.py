# SPDX-License-Identifier: Apache-2.0
"""Bytes turned into rates, ratios, the RFC's figures and a course over time."""

from __future__ import annotations

import math
from fractions import Fraction

from mtor_transcode.analyze.rate.flow import flow_of
from mtor_transcode.codec.accounts import KINDS
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.measure.anatomy import Anatomy
from mtor_transcode.measure.measured import MeasuredFilm
from mtor_transcode.measure.pooling import DIGITS
from mtor_transcode.measure.result import KindRate, Rates, RfcFigures, Second

MOST_SECONDS = 7200
"""Longest timeline; films beyond it get longer steps than a second."""


def seconds_of(film: MeasuredFilm) -> float:
    """The film's duration in seconds; never zero, so that rates exist."""
    return max(float(film.duration * film.header.time_base), 1e-6)


def source_kbps(info: SourceInfo, whole: bool, sound: bool) -> float:
    """The source's rate: of the whole file when all of it is asked for, else of the tracks in use.

    ``whole`` tells that no part was chosen, ``sound`` that the film has sound. A track whose rate the
    container does not tell is taken as part of the file's.
    """
    file = info.byte_size * 8 / 1000 / max(float(info.duration), 1e-6) if whole else 0.0
    tracks = [info.bit_rate] + ([track.bit_rate for track in info.audio[:1]] if sound else [])
    known = sum(tracks) / 1000 if all(tracks) else 0.0
    if whole and (sound or not info.audio):
        return file
    return known or file or info.bit_rate / 1000


def rates(film: MeasuredFilm, info: SourceInfo, whole: bool, frames_per_second: float) -> Rates:
    """The film's rates beside the source's; ``frames_per_second`` is that of the frames measured."""
    seconds = seconds_of(film)
    total = sum(film.bytes_by_kind.values())
    names = [*KINDS, *(kind for kind in film.bytes_by_kind if kind not in KINDS)]
    kinds = tuple(
        KindRate(
            kind=kind,
            bytes=film.bytes_by_kind.get(kind, 0),
            kbps=_round(film.bytes_by_kind.get(kind, 0) * 8 / 1000 / seconds),
            share=_round(film.bytes_by_kind.get(kind, 0) / max(total, 1)),
        )
        for kind in names
    )
    kbps = total * 8 / 1000 / seconds
    raw = raw_frame_bits(info) * frames_per_second / 1000
    source = source_kbps(info, whole, film.header.audio is not None)
    most, at = flow_of(film, total).most()
    return Rates(
        kbps=_round(kbps),
        most_kbps=_round(most),
        most_at=_round(at),
        kinds=kinds,
        raw_kbps=_round(raw),
        raw_ratio=_round(raw / max(kbps, 1e-9)),
        source_kbps=_round(source),
        source_ratio=_round(source / max(kbps, 1e-9)),
    )


def raw_frame_bits(info: SourceInfo) -> int:
    """Bits of one uncompressed picture of the source at its own chroma and depth."""
    across, down = info.chroma
    chroma = -(-info.width >> across) * -(-info.height >> down)
    return (info.width * info.height + 2 * chroma) * info.bit_depth


def rfc_figures(film: MeasuredFilm, anatomy: Anatomy, raw_kbps: float) -> RfcFigures:
    """The figures of the RFC's section 7: tokens are paints and motion, the dictionary is the outlines."""
    seconds = seconds_of(film)
    kinds = film.bytes_by_kind
    total = sum(kinds.values())
    token_bytes = kinds.get("paints", 0) + kinds.get("motion", 0)
    hours = seconds / 3600
    return RfcFigures(
        tokens=anatomy.tokens,
        tokens_per_hour=_round(anatomy.tokens / hours),
        bytes_per_token=_round(token_bytes / max(anatomy.tokens, 1)),
        token_bytes_per_hour=_round(token_bytes / hours),
        dictionary_bytes=kinds.get("outlines", 0),
        dictionary_share=_round(kinds.get("outlines", 0) / max(total, 1)),
        bytes_per_hour=_round(total / hours),
        token_ratio=_round(raw_kbps * 1000 / 8 * seconds / max(token_bytes, 1)),
    )


def timeline(film: MeasuredFilm, anatomy: Anatomy) -> tuple[Second, ...]:
    """The file's bytes by kind, step by step (a second each, the last one shorter).

    Pictures count where their tokens begin, sound and text where they are heard and seen, and the container
    evenly. The steps sum to the file.
    """
    seconds = seconds_of(film)
    step = max(1, math.ceil(seconds / MOST_SECONDS))
    count = max(1, math.ceil(seconds / step - 1e-9))
    spent: list[dict[str, float]] = [{} for _ in range(count)]

    def spend(at: float, kind: str, amount: float) -> None:
        here = spent[min(max(int(at / step), 0), count - 1)]
        here[kind] = here.get(kind, 0.0) + amount

    for cost in anatomy.costs:
        for kind, amount in cost.bytes.items():
            spend(float(cost.at * film.header.time_base), kind, amount)
    audio = film.header.audio
    if audio is not None:
        for packet in film.audio():
            spend(float(Fraction(packet.pts, audio.sample_rate)), "audio", len(packet.data))
    for line in film.subtitles():
        spend(line.start / 1000, "subtitles", len(line.text.encode()))
    lengths = [min(step, seconds - number * step) for number in range(count)]
    _scale(spent, lengths, film.bytes_by_kind)
    return tuple(
        Second(float(number * step), _round(lengths[number]), {kind: _round(v) for kind, v in here.items()})
        for number, here in enumerate(spent)
    )


def _scale(spent: list[dict[str, float]], lengths: list[float], totals: dict[str, int]) -> None:
    """Makes the steps of each kind sum to its total; a kind that was not seen is spread evenly."""
    for kind, total in totals.items():
        seen = sum(here.get(kind, 0.0) for here in spent)
        for here, length in zip(spent, lengths, strict=True):
            here[kind] = here.get(kind, 0.0) * total / seen if seen else total * length / sum(lengths)


def _round(value: float) -> float:
    return round(value, DIGITS)
