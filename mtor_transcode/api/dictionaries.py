# SPDX-License-Identifier: Apache-2.0
"""Series dictionaries: what the films of a series share, so that each pays only for what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from mtor_transcode.api import options as check
from mtor_transcode.api.films import StrPath, opened
from mtor_transcode.api.results import DictionaryResult
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.series import SeriesDictionary, make_series
from mtor_transcode.codec.series_files import SUFFIX, load_series
from mtor_transcode.errors import FormatError, InputError, UsageError
from mtor_transcode.files import check_output, write_whole
from mtor_transcode.model import Edit, Enter, Mask, Outline

LEAST_USES = 2
"""How often an outline that is no letter must have been used to be worth keeping."""


def build_dictionary(
    films: Sequence[StrPath],
    output: StrPath,
    *,
    least_uses: int = LEAST_USES,
    dictionary: StrPath | None = None,
) -> DictionaryResult:
    """Gather the outlines of ``.mtor`` films that were used ``least_uses`` times or more into ``output``.

    Films that need a dictionary find theirs as ``open`` does, ``dictionary`` being one for all.
    Letters (coverage masks) are kept whatever their use: the next episode needs the whole alphabet. The same
    films give the same bytes. Raises UsageError (no films, nothing worth keeping), InputError, FormatError,
    OutputError.
    """
    check.in_range("least uses", least_uses, 1, 1 << 20)
    if not films:
        raise UsageError("no films are named", where="dict build", remedy="name .mtor files")
    final = _output(output, films)
    uses: Counter[Outline] = Counter()
    for path in films:
        with opened(path, dictionary) as film:
            uses.update(_uses(film))
    kept = [outline for outline, count in uses.items() if count >= least_uses or _is_letter(outline)]
    if not kept:
        raise UsageError(
            f"no outline is used {least_uses} times", where="dict build", remedy="name more films"
        )
    kept.sort(key=lambda outline: uses[outline])  # Stable; what is used most comes last, where ids are cheap.
    return _written(make_series(kept), final)


def merge_dictionaries(dictionaries: Sequence[StrPath], output: StrPath) -> DictionaryResult:
    """Write a dictionary of all outlines of others, each once, those of the last one last.

    Raises UsageError, InputError, FormatError, OutputError.
    """
    if len(dictionaries) < 2:
        raise UsageError("merging takes two dictionaries", where="dict merge", remedy=f"name {SUFFIX} files")
    final = _output(output, dictionaries)
    last_first: dict[Outline, None] = {}
    for path in reversed(dictionaries):
        last_first.update(dict.fromkeys(reversed(load_series(path).outlines)))
    return _written(make_series(reversed(list(last_first))), final)


def dictionary_info(path: StrPath) -> DictionaryResult:
    """Tell what a dictionary holds. Raises InputError, FormatError."""
    return _result(load_series(path), Path(path))


def verify_dictionary(path: StrPath, films: Sequence[StrPath] = ()) -> DictionaryResult:
    """Check that a dictionary is whole, and that ``films`` were made with it and decode.

    Raises FormatError at the first that is not so, InputError.
    """
    series = load_series(path)
    if make_series(series.outlines).data != series.data:
        raise FormatError("is not as mtor dict writes it", where=str(path), remedy="build it again")
    for name in films:
        with opened(name, path) as film:
            if film.series is None:
                raise FormatError("needs no dictionary", where=str(name), remedy="it plays without one")
            for entry in film.heads():
                for _ in film.spans(entry.head.number):
                    pass
    return _result(series, Path(path))


def _is_letter(outline: Outline) -> bool:
    """Whether it is a coverage mask, not a picture of its own as palette patches are."""
    return isinstance(outline, Mask) and not outline.colours


def _uses(film: FilmReader) -> Iterable[Outline]:
    """The outline of each token that brings one."""
    for entry in film.heads():
        shown: dict[int, Outline] = {}
        for span in film.spans(entry.head.number):
            for token in span.tokens:
                if isinstance(token, Enter | Edit):
                    outline = token.state.outline
                    if isinstance(token, Enter) or shown.get(token.shape) != outline:
                        yield outline
                    shown[token.shape] = outline


def _output(output: StrPath, inputs: Sequence[StrPath]) -> Path:
    final = Path(output)
    if final.suffix != SUFFIX:
        raise UsageError("is no name of a dictionary", where=str(final), remedy=f"let it end in {SUFFIX}")
    check_output(final, *map(Path, inputs))
    for path in inputs:
        if not Path(path).exists():
            raise InputError("there is no such file", where=str(path), remedy="check the name")
    return final


def _written(series: SeriesDictionary, final: Path) -> DictionaryResult:
    write_whole(final, series.data)
    return _result(series, final)


def _result(series: SeriesDictionary, path: Path) -> DictionaryResult:
    return DictionaryResult(
        path=path,
        sha256=series.digest.hex(),
        bytes=len(series.data),
        outlines=len(series.outlines),
        masks=sum(isinstance(outline, Mask) for outline in series.outlines),
        nodes=sum(outline.node_count for outline in series.outlines),
    )
