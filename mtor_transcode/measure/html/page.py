# SPDX-License-Identifier: Apache-2.0
"""The page: headline figures in plain words first, then plots, pictures and tables.

It asks nothing of the network (a content security policy in it says so to the browser) and reads well on a
phone, on paper, without scripts and to a screen reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files

from mtor_transcode.measure.html import words
from mtor_transcode.measure.html.images import Triple
from mtor_transcode.measure.html.plots import plots
from mtor_transcode.measure.html.tables import (
    environment_table,
    kind_table,
    loss_table,
    metric_table,
    rfc_table,
    scene_table,
)
from mtor_transcode.measure.result import Report

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_PICKS = (
    ("worst", "The worst frame"),
    ("median", "An average frame"),
    ("best", "The best frame"),
)


def html_page(report: Report, pictures: Mapping[int, Triple]) -> str:
    """The page of a report; ``pictures`` by frame number, as ``images.triples`` makes them."""
    body = "".join(
        [
            _head(report),
            _what_is_mtor(),
            _cards(report),
            _gained_and_lost(report),
            _notes(report),
            _section("pictures", "What it looks like", _pictures(report, pictures)),
            _section("time", "Over time", plots(report)),
            _section("bytes", "What the bytes went into", kind_table(report)),
            _section("scenes", "Scene by scene", scene_table(report)),
            _section("metrics", "All measurements", metric_table(report) + _explained()),
            _section("loss", "When packets get lost", loss_table(report)) if report.loss else "",
            _section("rfc", "Beside the RFC", rfc_table(report)),
            _section("how", "How it was measured", _how(report) + environment_table(report)),
        ]
    )
    title = escape(f"{report.film.name}: MTOR report")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>'
        f"<style>{_resource('style.css')}</style></head><body><main>{body}</main>"
        f"<script>{_resource('script.js')}</script></body></html>\n"
    )


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _section(name: str, title: str, content: str) -> str:
    return f'<section id="{name}"><h2>{title}</h2>{content}</section>' if content else ""


def _head(report: Report) -> str:
    film, source = report.film, report.source
    return (
        f'<header><p class="kicker">MTOR report</p><h1>{escape(film.name)}</h1>'
        f"<p>measured beside its source, <b>{escape(source.name)}</b> "
        f"({escape(source.codec)}, {source.width}×{source.height}, "
        f"{source.frame_rate:.5g} frames a second, {words.clock(source.duration)})</p></header>"
    )


def _what_is_mtor() -> str:
    return (
        '<p class="lead"><b>MTOR sends a video as drawings, not as pictures.</b> The shapes seen in it are '
        "sent once as outlines; after that, short tokens tell how they move and change, and the player draws "
        "every frame from them, sharp at any size.</p>"
    )


def _cards(report: Report) -> str:
    rates, pooled = report.rates, report.quality.pooled
    vmaf = pooled.get("vmaf")
    quality = (
        (f"{vmaf.mean:.1f}", "VMAF, of 100")
        if vmaf
        else (words.similarity(pooled["float_ssim"].mean), "SSIM, of 1")
    )
    cards = [
        (f"{words.three(rates.kbps)}<small> kbps</small>", "everything included"),
        (f"{words.three(rates.source_ratio)}<small>×</small>", "smaller than the source"),
        (f"{words.three(rates.raw_ratio)}<small>×</small>", "smaller than raw video"),
        (words.size(report.rfc.bytes_per_hour), "for an hour of it"),
        (quality[0], f"{quality[1]}: {_verdict(report)}"),
    ]
    items = "".join(f"<li><b>{value}</b><span>{about}</span></li>" for value, about in cards)
    return f'<ul class="cards">{items}</ul>'


def _verdict(report: Report) -> str:
    vmaf = report.quality.pooled.get("vmaf")
    return words.verdict(vmaf.mean if vmaf else None, report.quality.pooled["float_ssim"].mean)


def _gained_and_lost(report: Report) -> str:
    film, rates, quality = report.film, report.rates, report.quality
    link = words.link(rates.kbps)
    plays = f" On average that fits {link}." if link else ""
    worst = report.frames[quality.picks.worst]
    bad = sum(frame.ssim < 0.9 for frame in report.frames) / len(report.frames)
    below = f"it is below 0.9 in {words.percent(bad)} of the frames, and" if bad else "it is"
    vmaf = quality.pooled.get("vmaf")
    scored = f"VMAF, which predicts what viewers say, gives {vmaf.mean:.1f} of 100. " if vmaf else ""
    return (
        '<div class="two"><div class="gain"><h2>Gained</h2>'
        f"<p>{words.clock(film.duration)} of {film.width}×{film.height} video in "
        f"<b>{words.size(film.bytes)}</b>: {words.three(rates.kbps)} kbps, where the source has "
        f"{words.three(rates.source_kbps)}.{plays} The film is {_count(film.scenes, 'scene')}, "
        f"{_count(film.shapes, 'shape')} and {_count(film.tokens, 'token')}; "
        f"{_count(film.outlines, 'outline')} in its dictionary.</p></div>"
        '<div class="loss"><h2>Lost</h2>'
        f"<p>Overall the picture is <b>{_verdict(report)}</b>. {scored}"
        f"Structure is kept to an SSIM of {words.similarity(quality.pooled['ssim'].mean)} "
        f"(1 would be equal); {below} at its worst ({words.similarity(worst.ssim)}) "
        f"at {words.clock(worst.seconds)}.</p></div></div>"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _notes(report: Report) -> str:
    if not report.notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    return f'<aside class="notes" aria-label="Notes"><ul>{items}</ul></aside>'


def _pictures(report: Report, pictures: Mapping[int, Triple]) -> str:
    blocks: list[str] = []
    shown: set[int] = set()
    for name, title in _PICKS:
        number = getattr(report.quality.picks, name)
        if number not in pictures or number in shown:
            continue
        shown.add(number)
        blocks.append(_picked(report, number, title, pictures[number]))
    if not blocks:
        return ""
    return (
        '<p class="quiet">Picked by SSIM, blank frames left out. Click a picture to see it large; there, '
        "the arrow keys or clicks go between source, render and difference in place.</p>" + "".join(blocks)
    )


def _picked(report: Report, number: int, title: str, triple: Triple) -> str:
    frame = report.frames[number]
    figures = [f"SSIM {words.similarity(frame.ssim)}", f"PSNR {frame.psnr_y:.1f} dB"]
    figures += [f"VMAF {frame.vmaf:.0f}"] if frame.vmaf is not None else []
    at = words.clock(frame.seconds)
    views = (
        ("Source", triple.source, f"The source at {at}"),
        ("MTOR", triple.render, f"The MTOR render at {at}"),
        (
            "Difference ×4",
            triple.difference,
            f"Where the two differ at {at}: black is equal, bright is far off",
        ),
    )
    drawn = "".join(
        f'<figure><button type="button"><img src="{uri}" width="{triple.width}" height="{triple.height}" '
        f'alt="{escape(alt)}"></button><figcaption>{name}</figcaption></figure>'
        for name, uri, alt in views
    )
    return (
        f'<div class="pick"><h3>{title} <span>{at}, frame {number + 1}: {", ".join(figures)}</span></h3>'
        f'<div class="triple">{drawn}</div></div>'
    )


def _explained() -> str:
    return (
        "<details><summary>What these measures mean</summary><dl>"
        "<dt>VMAF</dt><dd>predicts the opinion of viewers, 0 to 100; trained on TV-like distortions. "
        "VMAF-NEG is the same without reward for sharpening.</dd>"
        "<dt>SSIM</dt><dd>compares local structure of luma, up to 1. The first is FFmpeg's ssim filter (8×8 "
        "windows at full size), the second libvmaf's float_ssim (at a viewer's distance).</dd>"
        "<dt>PSNR</dt><dd>is the error of samples in decibels: 30 is rough, 40 is fine; equal pictures get "
        "100. YUV takes in colour.</dd>"
        "<dt>XPSNR</dt><dd>is PSNR of luma weighted by how visible an error is.</dd>"
        "<dt>Harmonic, 5%</dt><dd>lean towards the bad frames: a harmonic mean; the value that one frame in "
        "twenty does not reach.</dd></dl></details>"
    )


def _how(report: Report) -> str:
    return (
        f"<p>Each of the source's {report.quality.frames:,} frames was compared with the film drawn at that "
        "very frame's time, in memory, at the source's own size, chroma and depth "
        f"({report.source.bit_depth} bits); no video was coded again. Pooled figures count each frame "
        f"once. Rendering took {report.speed.render_seconds:.1f} s: "
        f"{words.three(report.speed.render_fps)} frames a second.</p>"
    )
