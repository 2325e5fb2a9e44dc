# SPDX-License-Identifier: Apache-2.0
"""Reports as files: JSON and CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec

from mtor_transcode.errors import InputError
from mtor_transcode.files import write_whole
from mtor_transcode.measure.result import SCHEMA, Frame, Report


def write_json(report: Report, path: Path) -> None:
    """The report as indented JSON (UTF-8). Raises OutputError."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


def read_json(path: Path) -> Report:
    """The report that ``write_json`` wrote. Raises InputError if the file is none, or of another version."""
    try:
        content = path.read_bytes()
        schema = msgspec.json.decode(content, type=_Versioned).schema
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(
            "is no MTOR report", where=str(path), remedy="write one: mtor report --json"
        ) from error
    if schema != SCHEMA:
        raise InputError(
            f"is a report of version {schema!r}, not {SCHEMA!r}", where=str(path), remedy="write it anew"
        )
    try:
        return msgspec.json.decode(content, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"is a broken report: {error}", where=str(path), remedy="write it anew") from error


class _Versioned(msgspec.Struct):
    schema: str


def write_csv(report: Report, path: Path) -> None:
    """One row a frame under the names of ``Frame``'s fields; empty where not measured. Raises OutputError."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(Frame.__struct_fields__)
    rows.writerows(msgspec.structs.astuple(frame) for frame in report.frames)
    write_whole(path, text.getvalue().encode())
