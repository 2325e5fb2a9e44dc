# SPDX-License-Identifier: Apache-2.0
"""RFC JSON both ways, and the formats of exporter plugins."""

from __future__ import annotations

from pathlib import Path

from mtor_transcode.api.films import StrPath, opened
from mtor_transcode.api.output import check_output, staged_file
from mtor_transcode.api.results import ExchangeResult
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.rfc_json import export_json, import_json


def import_(folder: StrPath, output: StrPath) -> ExchangeResult:
    """Read the RFC JSON in ``folder``, exported or hand-written, into the film ``output``.

    Raises InputError where a file is missing, FormatError (file, line or id, remedy) where one is wrong.
    """
    final = Path(output)
    check_output(final)
    with staged_file(final) as beside, beside.open("w+b") as stream:
        found = import_json(folder, lambda header: FilmWriter(stream, header))
    return ExchangeResult(Path(folder), final, (final.name,), final.stat().st_size, found.warnings)
