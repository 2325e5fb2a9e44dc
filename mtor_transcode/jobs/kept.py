# SPDX-License-Identifier: Apache-2.0
"""What is learnt of a source once and kept: its scenes, and its sound and text, coded."""

from __future__ import annotations

import msgspec

from mtor_transcode.analyze.film.encode import look_over, side_tracks
from mtor_transcode.analyze.film.film_parts import Survey, Tracks
from mtor_transcode.analyze.film.options import EncodeOptions
from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.ingest.source import Source
from mtor_transcode.jobs.store import Done, Store
from mtor_transcode.jobs.tasks import Part, check_source, code_digest, key_of


class SurveyTask(msgspec.Struct, frozen=True):
    """Look a source over."""

    source: Part
    code: str = msgspec.field(default_factory=code_digest)


class TracksTask(msgspec.Struct, frozen=True):
    """Code sound and text of a source."""

    source: Part
    audio_track: str | int | None
    audio: str
    kbps: float
    code: str = msgspec.field(default_factory=code_digest)


def kept_survey(store: Store, part: Part, source: Source, tell: ProgressCallback) -> Survey:
    """What ``look_over`` tells, from the store if it is there. Raises InputError, OutputError."""
    key = key_of(SurveyTask(part))
    done = store.done(key)
    if done is not None:
        _warn(source, done)
        return msgspec.msgpack.decode(store.get(done.result), type=Survey)
    survey = look_over(source, tell)
    check_source(source, part)
    store.put(key, msgspec.msgpack.encode(survey), source.warnings)
    return survey


def kept_tracks(
    store: Store, part: Part, source: Source, options: EncodeOptions, tell: ProgressCallback
) -> Tracks:
    """What ``side_tracks`` makes, from the store if it is there. Raises InputError, OutputError."""
    key = key_of(TracksTask(part, source.audio_choice, options.audio, options.audio_kbps))
    done = store.done(key)
    if done is not None:
        _warn(source, done)
        return msgspec.msgpack.decode(store.get(done.result), type=Tracks)
    tell(Progress("coding sound"))
    tracks = side_tracks(source, options)
    check_source(source, part)
    store.put(key, msgspec.msgpack.encode(tracks), source.warnings)
    return tracks


def _warn(source: Source, done: Done) -> None:
    source.warnings += [text for text in done.warnings if text not in source.warnings]
