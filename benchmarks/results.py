# SPDX-License-Identifier: Apache-2.0
"""Puts what ``mtor bench`` found into docs/results.md and the README: ``results.py BENCH.JSON``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import tables

import mtor_transcode as mtor
from mtor_transcode.measure.bench import markdown
from mtor_transcode.measure.bench.writers import read_json

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "results.md"
README = ROOT / "README.md"


def main() -> int:
    """Write both. 1 if the file is no result of the bench."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("bench", type=Path, metavar="BENCH.JSON")
    try:
        found = read_json(arguments.parse_args().bench)
    except mtor.MtorError as error:
        print(error, file=sys.stderr)
        return 1
    PAGE.write_text(tables.between_marks(PAGE.read_text(), tables.deeper(markdown.page(found))))
    README.write_text(tables.between_marks(README.read_text(), tables.short(found)))
    print(f"wrote {PAGE.relative_to(ROOT)} and the table of {README.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
