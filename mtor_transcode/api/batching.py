# SPDX-License-Identifier: Apache-2.0
"""Many videos to MTOR, one after the other: what fails is told at the end, the rest is done."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.api.films import StrPath
from mtor_transcode.api.results import BatchResult, FailedFilm, TranscodeResult
from mtor_transcode.api.transcoding import PIPE, transcode
from mtor_transcode.errors import Cancelled, MtorError, OutputError, UsageError

SUFFIX = ".mtor"

Finished = Callable[[TranscodeResult | FailedFilm], None]
"""Told of each film when it is done or has failed."""


def transcode_all(
    sources: Sequence[StrPath],
    folder: StrPath,
    *,
    skip_existing: bool = False,
    progress: ProgressCallback | None = None,
    finished: Finished | None = None,
    **options: Any,
) -> BatchResult:
    """Transcode ``sources`` (paths and patterns such as ``*.mp4``) into ``folder`` as ``transcode`` does.

    Films are named after their sources; with ``skip_existing`` those that are there stay as they are. Stages
    that ``progress`` is told begin with the film's number and name.

    Raises UsageError if two sources would make one film or an option makes no sense, OutputError if the
    folder cannot be made; what ``progress`` and ``finished`` raise passes through. All else that goes wrong
    with a film is in the result.
    """
    paths = named_by(sources)
    outputs = _outputs(paths, Path(folder))
    _make(Path(folder))
    done: list[TranscodeResult] = []
    failed: list[FailedFilm] = []
    skipped: list[Path] = []
    for number, (path, output) in enumerate(outputs.items(), 1):
        if skip_existing and output.exists():
            skipped.append(output)
            continue
        tell = _Tell(f"{number} of {len(outputs)}, {path.name}: ", progress)
        try:
            made: TranscodeResult | FailedFilm = transcode(path, output, progress=tell, **options)
        except Exception as error:
            # Options that make no sense are refused before the first film is looked at.
            of_options = isinstance(error, UsageError) and not (tell.told or done or failed)
            if of_options or isinstance(error, Cancelled) or error is tell.raised:
                raise
            made = _failure(path, error)
        if isinstance(made, FailedFilm):
            failed.append(made)
        else:
            done.append(made)
        if finished is not None:
            finished(made)
    return BatchResult(tuple(done), tuple(skipped), tuple(failed))


def named_by(sources: Sequence[StrPath]) -> list[Path]:
    """The files that paths and patterns name, each once, in order; a pattern's by name.

    Raises UsageError if a pattern names nothing.
    """
    found: dict[Path, None] = {}
    for source in (os.fspath(each) for each in sources):
        if source == PIPE:
            raise UsageError("is no file of a folder", where=source, remedy="transcode it by itself")
        if not glob.has_magic(source) or Path(source).exists():
            found[Path(source)] = None
            continue
        matches = sorted(path for path in map(Path, glob.glob(source, recursive=True)) if path.is_file())
        if not matches:
            raise UsageError("there is no file of such a name", where=source, remedy="check the pattern")
        found.update(dict.fromkeys(matches))
    return list(found)


def _outputs(paths: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Where each film goes."""
    outputs: dict[Path, Path] = {}
    sources: dict[Path, Path] = {}
    for path in paths:
        output = outputs[path] = folder / (path.stem + SUFFIX)
        other = sources.setdefault(output, path)
        if other != path:
            raise UsageError(
                f"{other} and {path} would both become it", where=str(output), remedy="rename one"
            )
    return outputs


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder cannot be made: {error.strerror}", where=str(folder), remedy="name another"
        ) from error


def _failure(path: Path, error: Exception) -> FailedFilm:
    if isinstance(error, MtorError):
        return FailedFilm(path, str(error))
    return FailedFilm(path, f"{path}: a bug in mtor: {type(error).__name__}: {error}")


class _Tell:
    """Passes progress on under a film's name; remembers that it was told, and what passing on raised."""

    def __init__(self, name: str, progress: ProgressCallback | None) -> None:
        self._name = name
        self._progress = progress
        self.told = False
        self.raised: BaseException | None = None

    def __call__(self, progress: Progress) -> None:
        self.told = True
        if self._progress is None:
            return
        try:
            self._progress(replace(progress, stage=self._name + progress.stage))
        except BaseException as error:
            self.raised = error
            raise
