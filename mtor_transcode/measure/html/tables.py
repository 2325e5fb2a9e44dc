# SPDX-License-Identifier: Apache-2.0
"""The tables of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mtor_transcode.measure.html import words
from mtor_transcode.measure.result import Report, SceneRow

MOST_SCENES = 150
KINDS = {
    "outlines": "the dictionary: the outlines of shapes, each sent once",
    "paints": "their colours",
    "motion": "where they are, when, and how they and the camera move",
    "textures": "AV1 sequences: what is not drawn",
    "audio": "the sound",
    "subtitles": "the text",
    "container": "headers, times, checksums, the index",
}
METRICS = {
    "vmaf": ("VMAF", 2),
    "vmaf_neg": ("VMAF-NEG", 2),
    "ssim": ("SSIM (FFmpeg's filter)", 4),
    "float_ssim": ("SSIM (libvmaf's float_ssim)", 4),
    "psnr_y": ("PSNR-Y, dB", 2),
    "psnr_yuv": ("PSNR-YUV, dB", 2),
    "psnr_cb": ("PSNR-Cb, dB", 2),
    "psnr_cr": ("PSNR-Cr, dB", 2),
    "xpsnr": ("XPSNR, dB", 2),
}


def table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """A table whose cells are HTML already; the first column holds the names of the rows."""
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def loss_table(report: Report) -> str:
    """Quality by share of packets lost."""
    rows = [
        (
            words.percent(row.share),
            words.percent(row.missing),
            f"{row.ssim:.4f}",
            f"{row.ssim_worst:.4f}",
            f"{row.psnr_y:.2f}",
        )
        for row in report.loss
    ]
    return table(
        ("lost", "missing after repairs", "SSIM", "of the worst draw", "PSNR-Y, dB"), rows, "Loss of packets"
    )


def kind_table(report: Report) -> str:
    """Bytes by kind with a bar of their share."""
    rows = [
        (
            f'<i class="k-{escape(kind.kind)}"></i>{escape(kind.kind)}',
            f"{kind.bytes:,}",
            f"{kind.kbps:.2f}",
            f'<span class="bar"><i class="k-{escape(kind.kind)}" style="width:{100 * kind.share:.1f}%"></i>'
            f'</span><span class="figure">{words.percent(kind.share)}</span>',
            f'<span class="quiet">{escape(KINDS.get(kind.kind, ""))}</span>',
        )
        for kind in report.rates.kinds
    ]
    rows.append(("all", f"{report.film.bytes:,}", f"{report.rates.kbps:.2f}", "100%", ""))
    return table(("kind", "bytes", "kbps", "share", "what it is"), rows, "Bytes by kind")


def scene_table(report: Report) -> str:
    """The scenes; of very many, those that took most bytes."""
    chosen: Sequence[SceneRow] = report.scenes
    note = ""
    if len(chosen) > MOST_SCENES:
        largest = sorted(chosen, key=lambda scene: -scene.bytes)[:MOST_SCENES]
        chosen = sorted(largest, key=lambda scene: scene.number)
        note = f'<p class="quiet">The {MOST_SCENES} largest of {len(report.scenes):,}; the JSON has all.</p>'
    rows = [
        (
            str(scene.number + 1),
            f"{words.clock(scene.start)} to {words.clock(scene.end)}",
            escape(scene.transition),
            escape(scene.camera),
            f"{scene.shapes:,}",
            f"{scene.tokens:,}",
            f"{scene.bytes:,}",
            _rate(scene),
            "–" if scene.ssim is None else words.similarity(scene.ssim),
            _optional(scene.psnr_y, 1),
            _optional(scene.vmaf, 1),
        )
        for scene in chosen
    ]
    about = ("scene", "time", "begins with", "camera", "shapes", "tokens")
    return note + table((*about, "bytes", "kbps", "SSIM", "PSNR-Y", "VMAF"), rows, "Scenes")


def metric_table(report: Report) -> str:
    """Pooled figures of each metric, and what could not be measured."""
    rows: list[Sequence[str]] = []
    for key, (name, decimals) in METRICS.items():
        pooled = report.quality.pooled.get(key)
        if pooled is not None:
            figures = (pooled.mean, pooled.harmonic, pooled.p5, pooled.min, pooled.max)
            rows.append((name, *(f"{figure:.{decimals}f}" for figure in figures)))
    quality = report.quality
    pooled_line = (
        f'<p class="quiet">PSNR of the mean error: Y {quality.psnr_y_mean_mse:.2f} dB, '
        f"YUV {quality.psnr_yuv_mean_mse:.2f} dB.</p>"
    )
    missing = "".join(
        f"<li>{escape(METRICS.get(key, (key, 0))[0])}: not measured: {escape(reason)}</li>"
        for key, reason in quality.missing.items()
    )
    return (
        table(("metric", "mean", "harmonic", "5%", "worst", "best"), rows, "Pooled metrics")
        + pooled_line
        + (f'<ul class="missing">{missing}</ul>' if missing else "")
    )


def rfc_table(report: Report) -> str:
    """The figures of section 7 of the RFC beside those of this film."""
    rfc = report.rfc
    rows = (
        ("tokens an hour", "1,800", f"{rfc.tokens_per_hour:,.0f}"),
        ("bytes a token", "500", words.three(rfc.bytes_per_token)),
        ("tokens, bytes an hour", "900 kB", words.size(rfc.token_bytes_per_hour)),
        ("raw video to tokens", "10,000 : 1", f"{rfc.token_ratio:,.0f} : 1"),
        ("dictionary", "100 MB, shared by a series", f"{words.size(rfc.dictionary_bytes)} in this file"),
        ("dictionary's share", "not said", words.percent(rfc.dictionary_share)),
        ("everything, bytes an hour", "5 MB", words.size(rfc.bytes_per_hour)),
    )
    return (
        '<p class="quiet">What the draft RFC hopes for, and what this film is. Here a token is one change of '
        "one shape, so tokens are many and small.</p>"
        + table(("figure", "RFC", "this film"), rows, "Figures of the RFC")
    )


def environment_table(report: Report) -> str:
    """Versions and machine."""
    rows = [(escape(name), escape(text)) for name, text in (report.versions | report.machine).items()]
    return (
        "<details><summary>Versions and machine</summary>" + table(("", ""), rows, "Versions") + "</details>"
    )


def _rate(scene: SceneRow) -> str:
    length = scene.end - scene.start
    return f"{scene.bytes * 8 / 1000 / length:.1f}" if length > 0 else "–"


def _optional(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"
