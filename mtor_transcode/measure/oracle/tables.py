# SPDX-License-Identifier: Apache-2.0
"""The distance to the limit in tables: rows of text, and a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_transcode.measure.oracle.result import (
    PSNR_TARGET,
    SSIM_TARGET,
    Distance,
    OraclePoint,
    OracleReport,
    OracleScene,
)

Row = tuple[str, ...]

HEAD: Row = (
    "scene", "MP4", "truth B", f"B at SSIM {SSIM_TARGET:g}", "times", f"B at {PSNR_TARGET:g} dB", "times",
    "best SSIM", "best dB",
)  # fmt: skip
NEVER = "never"

ABOUT = f"""\
Scenes that our own generator makes from known vectors, rendered to MP4, and transcoded again: at how many
times the bytes of the truth (in our own syntax) the transcode reaches SSIM {SSIM_TARGET:g} (libvmaf's
`float_ssim` on luma) and {PSNR_TARGET:g} dB (PSNR-Y of the mean MSE), measured against the MP4's frames and
interpolated between qualities. The lossless MP4 is the one that counts; the lossy one shows what a codec's
noise does. "<": even the smallest transcode was better than asked.
"""


def distance_rows(scenes: Sequence[OracleScene]) -> list[Row]:
    """A head and a row for each scene: the truth's bytes, ours at the targets, the ratios."""
    return [HEAD, *(_distance_row(scene) for scene in scenes)]


def split_rows(scenes: Sequence[OracleScene]) -> list[Row]:
    """A head and a row for each scene: bytes by kind, transcode over truth, at the quality of the split."""
    kinds = list(dict.fromkeys(gap.kind for scene in scenes for gap in scene.split))
    rows: list[Row] = [("scene", "MP4", "quality", *kinds)]
    for scene in scenes:
        gaps = {gap.kind: f"{gap.film} / {gap.truth}" for gap in scene.split}
        at = "-" if scene.split_quality is None else f"{scene.split_quality:g}"
        rows.append((scene.name, scene.source, at, *(gaps.get(kind, "-") for kind in kinds)))
    return rows


def point_rows(scene: OracleScene) -> list[Row]:
    """A head, the truth, and a row for each transcode of one scene."""
    head: Row = (
        "quality",
        "bytes",
        "times",
        "SSIM",
        "window SSIM",
        "PSNR-Y dB",
        "VMAF",
        "worst SSIM",
        "worst frame",
        "s",
    )
    return [head, *(_point_row(p, scene.truth.bytes) for p in (scene.truth, *scene.points))]


def markdown(found: OracleReport) -> str:
    """The whole report as a page."""
    parts = [
        "# The distance to the limit\n",
        ABOUT,
        _table(distance_rows(found.scenes)),
        "## Where the bytes are\n",
        "Transcode / truth, of the smallest transcode that reaches the SSIM (else the best).\n",
        _table(split_rows(found.scenes)),
        "## All points\n",
    ]
    for scene in found.scenes:
        parts += [f"### {scene.name}, {scene.source}: {scene.about}\n", _table(point_rows(scene))]
    ran = ", ".join(found.machine.values())
    used = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    parts.append(f"Preset {found.preset}. {ran}. {used}.\n")
    return "\n".join(parts)


def _distance_row(scene: OracleScene) -> Row:
    ssim, decibels = scene.at_ssim, scene.at_psnr
    return (
        scene.name,
        scene.source,
        str(scene.truth.bytes),
        *_distance_cells(ssim),
        *_distance_cells(decibels),
        f"{max(p.ssim for p in scene.points):.4f}",
        f"{max(p.psnr_y for p in scene.points):.2f}",
    )


def _distance_cells(distance: Distance) -> Row:
    if distance.bytes is None or distance.ratio is None:
        return NEVER, "-"
    less = "<" if distance.bound else ""
    return f"{less}{distance.bytes:.0f}", f"{less}{distance.ratio:.2f}"


def _point_row(point: OraclePoint, truth: int) -> Row:
    return (
        "truth" if point.quality is None else f"{point.quality:g}",
        str(point.bytes),
        f"{point.bytes / truth:.2f}",
        f"{point.ssim:.4f}",
        f"{point.window_ssim:.4f}",
        f"{point.psnr_y:.2f}",
        "-" if point.vmaf is None else f"{point.vmaf:.1f}",
        f"{point.worst_ssim:.4f}",
        str(point.worst_frame),
        "-" if point.seconds is None else f"{point.seconds:.1f}",
    )


def _table(rows: Sequence[Row]) -> str:
    head, *rest = rows
    lines = [head, tuple("---" if n == 0 else "---:" for n in range(len(head))), *rest]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
