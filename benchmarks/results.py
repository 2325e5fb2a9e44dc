# SPDX-License-Identifier: Apache-2.0
"""Transcodes, renders and measures every clip, and writes docs/results.md: ``make results``.

``--bench FILE`` measures nothing: it puts the tables of a ``bench.json`` at the page's end, and the README's
table (``make bench``).

Each result is kept in out/results under a name made of the clip, the settings and the package's own code, so
that an interrupted run goes on where it stopped, and a changed package is measured anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tables

import mtor_transcode as mtor
from mtor_transcode.measure.bench import markdown
from mtor_transcode.measure.bench.writers import read_json

ROOT = Path(__file__).parents[1]
CLIPS = ROOT.parent / "shared" / "clips"
KEPT = ROOT / "out" / "results"
PAGE = ROOT / "docs" / "results.md"
README = ROOT / "README.md"
WARM_UP_SECONDS = 0.2


@dataclass(frozen=True)
class Setting:
    """A way to transcode: its name in the tables, the options, and what the command line calls it."""

    name: str
    options: dict[str, Any]
    command: str


SETTINGS = (
    Setting("default", {}, "mtor transcode IN -o OUT"),
    Setting("10 kbps", {"target_kbps": 10, "audio": "none"}, "--target-kbps 10 --audio none"),
)


@dataclass(frozen=True)
class Row:
    """One clip at one setting. ``work`` and ``render`` are seconds of work per second of video."""

    clip: str
    setting: str
    kbps: float | None = None
    bytes: int | None = None
    vmaf: float | None = None
    ssim: float | None = None
    psnr: float | None = None
    work: float | None = None
    render: float | None = None
    failure: str = ""


def measure(clip: Path, setting: Setting, folder: Path) -> Row:
    """Transcode, render and report one clip; what the package refuses is a row that says why."""
    film = folder / f"{clip.stem}.mtor"
    try:
        made = mtor.transcode(clip, film, **setting.options)
        shown = mtor.render(film, film.with_suffix(".mp4"))
        found = mtor.report(clip, film)
    except mtor.MtorError as error:
        return Row(clip.stem, setting.name, failure=error.what)
    pooled = found.quality.pooled
    return Row(
        clip.stem,
        setting.name,
        made.kbps,
        made.bytes,
        pooled["vmaf"].mean if "vmaf" in pooled else None,
        pooled["ssim"].mean,
        pooled["psnr_y"].mean,
        made.elapsed / made.duration,
        shown.elapsed / shown.duration,
    )


def rows(clips: list[Path], settings: tuple[Setting, ...]) -> Iterator[Row]:
    """All rows, from what is kept or measured now."""
    code = code_digest()
    KEPT.mkdir(parents=True, exist_ok=True)
    warm = False
    for setting in settings:
        for clip in clips:
            kept = KEPT / f"{clip.stem}-{key(clip, setting, code)}.json"
            if not kept.exists():
                if not warm:
                    print("compiling kernels once", file=sys.stderr)
                    mtor.transcode(clip, KEPT / "warm-up.mtor", duration=WARM_UP_SECONDS)
                    warm = True
                row = measure(clip, setting, KEPT)
                kept.write_text(json.dumps(asdict(row)))
                print(f"{setting.name:8} {tables.line(row)}", file=sys.stderr)
            yield Row(**json.loads(kept.read_text()))


def key(clip: Path, setting: Setting, code: str) -> str:
    """Names what a result depends on."""
    facts = json.dumps([clip.stat().st_size, setting.options, code], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:12]


def code_digest() -> str:
    """The package's own sources in one number."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "mtor_transcode").rglob("*")):
        if path.suffix in {".py", ".json"}:
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def machine() -> str:
    """What it ran on, in words."""
    python = platform.python_version()
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {python}, mtor {mtor.__version__}"


def put_bench(file: Path) -> int:
    """The page with the tables of a run of ``mtor bench``. 1 if the file is none."""
    try:
        found = read_json(file)
    except mtor.MtorError as error:
        print(error, file=sys.stderr)
        return 1
    PAGE.write_text(tables.with_bench(PAGE.read_text(), tables.deeper(markdown.page(found))))
    tables.fill(README, found)
    print(f"wrote {PAGE.relative_to(ROOT)} and the table of {README.name}")
    return 0


def main() -> int:
    """Measure all, then write the page; a choice is only printed. 1 without clips."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--clips", type=Path, default=CLIPS, help="folder of clips")
    arguments.add_argument("--setting", action="append", choices=[setting.name for setting in SETTINGS])
    arguments.add_argument("names", nargs="*", help="only these clips (without suffix)")
    arguments.add_argument("--bench", type=Path, help="only put the tables of this bench.json into the page")
    asked = arguments.parse_args()
    if asked.bench:
        return put_bench(asked.bench)
    clips = [
        path for path in sorted(asked.clips.glob("*.mp4")) if not asked.names or path.stem in asked.names
    ]
    if not clips:
        print(f"no clips in {asked.clips}", file=sys.stderr)
        return 1
    settings = tuple(setting for setting in SETTINGS if not asked.setting or setting.name in asked.setting)
    found = list(rows(clips, settings))
    if asked.names or asked.setting:
        print(tables.page(found, settings, machine()))
        return 0
    before = PAGE.read_text() if PAGE.exists() else ""
    PAGE.write_text(tables.with_bench(tables.page(found, settings, machine()), tables.bench_of(before)))
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
