# SPDX-License-Identifier: Apache-2.0
"""RFC JSON both ways, and the formats of exporter plugins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mtor_transcode import plugins
from mtor_transcode.api.films import StrPath, cut_short, opened
from mtor_transcode.api.results import ExchangeResult
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.rfc_json import export_json, import_json
from mtor_transcode.errors import UsageError
from mtor_transcode.files import check_output, staged_file, staged_folder

JSON = "json"


def export(
    film: StrPath,
    folder: StrPath,
    *,
    to: str = JSON,
    options: Mapping[str, str] | None = None,
    dictionary: StrPath | None = None,
) -> ExchangeResult:
    """Write the film at ``film`` into ``folder`` as RFC JSON, or as what the exporter plugin ``to`` makes.

    ``options`` are the plugin's own, ``dictionary`` is as for ``open``. Files of other names in ``folder``
    stay as they are. Raises UsageError (no such format), InputError, FormatError, OutputError.
    """
    target = Path(folder)
    with opened(film, dictionary) as reader:
        if to == JSON:
            if options:
                raise UsageError("JSON has no options", where="option", remedy="leave them out")
            names = [path.name for path in export_json(reader, target)]
        else:
            names = _by_plugin(reader, target, to, options or {})
    size = sum((target / name).stat().st_size for name in names)
    return ExchangeResult(Path(film), target, tuple(names), size, cut_short(reader))


def import_(folder: StrPath, output: StrPath) -> ExchangeResult:
    """Read the RFC JSON in ``folder``, exported or hand-written, into the film ``output``.

    Raises InputError where a file is missing, FormatError (file, line or id, remedy) where one is wrong.
    """
    final = Path(output)
    check_output(final)
    with staged_file(final) as beside, beside.open("w+b") as stream:
        found = import_json(Path(folder), lambda header: FilmWriter(stream, header))
    return ExchangeResult(Path(folder), final, (final.name,), final.stat().st_size, found.warnings)


def _by_plugin(reader: FilmReader, target: Path, to: str, options: Mapping[str, str]) -> list[str]:
    exporter = plugins.get("exporter", to)
    with staged_folder(target) as beside, plugins.running(exporter):
        made = exporter.export(reader, beside, options)
        return [str(path.relative_to(beside)) for path in made]
