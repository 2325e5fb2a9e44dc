# SPDX-License-Identifier: Apache-2.0
"""Reports as files: JSON and CSV, and how every output of a report is put in its place."""

from __future__ import annotations

import csv
import io
import os
import secrets
from pathlib import Path

import msgspec

from mtor_transcode.errors import InputError, OutputError
from mtor_transcode.measure.result import SCHEMA, Frame, Report


def check_output(path: Path) -> None:
    """Raises OutputError, before any work is done, if nothing can be written at ``path``."""
    if path.is_dir():
        raise OutputError("is a folder", where=str(path), remedy="name a file inside it")
    if not path.resolve().parent.is_dir():
        raise OutputError("its folder does not exist", where=str(path), remedy=f"make {path.parent} first")


def write_output(path: Path, content: bytes) -> None:
    """Writes a file beside ``path`` and renames it, so that it is whole or not there. Raises OutputError."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            beside.write_bytes(content)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or "it failed"
        raise OutputError(
            f"cannot be written: {reason}", where=str(path), remedy="name another output or free some space"
        ) from error


def write_json(report: Report, path: Path) -> None:
    """The report as indented JSON (UTF-8). Raises OutputError."""
    write_output(path, msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


def read_json(path: Path) -> Report:
    """The report that ``write_json`` wrote. Raises InputError if the file is none, or of another version."""
    try:
        content = path.read_bytes()
        schema = msgspec.json.decode(content, type=_Versioned).schema
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(
            "is no MTOR report", where=str(path), remedy="write one: mtor report --json"
        ) from error
    if schema != SCHEMA:
        raise InputError(
            f"is a report of version {schema!r}, not {SCHEMA!r}", where=str(path), remedy="write it anew"
        )
    try:
        return msgspec.json.decode(content, type=Report)
    except msgspec.MsgspecError as error:
        raise InputError(f"is a broken report: {error}", where=str(path), remedy="write it anew") from error


class _Versioned(msgspec.Struct):
    schema: str


def write_csv(report: Report, path: Path) -> None:
    """One row a frame under the names of ``Frame``'s fields; empty where not measured. Raises OutputError."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(Frame.__struct_fields__)
    rows.writerows(msgspec.structs.astuple(frame) for frame in report.frames)
    write_output(path, text.getvalue().encode())
