# SPDX-License-Identifier: Apache-2.0
"""Series dictionaries: films that leave out what they share, the files themselves, and the commands."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from busy_films import busy_film
from cli_run import DONE, FAILED, WRONG_USE, assert_one_line
from cli_run import mtor as run
from codec_films import films, outlines
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_films import MemoryFilm, write_film
from test_codec_fuzz import mutated
from test_codec_golden import FILMS, as_json, check

import mtor_transcode as mtor
from mtor_transcode.codec.container import VERSION, SectionKind, sealed, unsealed
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.series import SERIES_MAGIC, SeriesDictionary, always, make_series, read_series
from mtor_transcode.codec.series_files import load_series
from mtor_transcode.errors import FormatError, MtorError, UsageError
from mtor_transcode.model import Edit, Enter, Outline

SAMPLES = Path(__file__).parents[1] / "samples"
HEAD = len(SERIES_MAGIC) + 1


def outlines_of(film: MemoryFilm) -> list[Outline]:
    """Each outline of a film, once."""
    tokens = (token for scene in film.scenes for span in scene.spans for token in span.tokens)
    return list(dict.fromkeys(token.state.outline for token in tokens if isinstance(token, Enter | Edit)))


def with_series(film: MemoryFilm, series: SeriesDictionary) -> MemoryFilm:
    return replace(film, header=replace(film.header, dictionary=series.digest))


@given(st.lists(outlines(), min_size=1, max_size=8))
def test_dictionaries_come_back(made: list[Outline]) -> None:
    series = make_series(made)
    assert series.outlines == tuple(dict.fromkeys(made))
    back = read_series(series.data, "here")
    assert back.outlines == series.outlines
    assert back.digest == series.digest


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(films(), st.randoms(use_true_random=False), outlines())
def test_films_with_a_dictionary_come_back(film: MemoryFilm, chance: random.Random, other: Outline) -> None:
    known = outlines_of(film)
    shared = chance.sample(known, chance.randint(0, len(known)))
    series = make_series([other, *shared])
    data, writer = write_film(with_series(film, series), series)
    reader = FilmReader(io.BytesIO(data), "", always(series))
    assert [reader.scene(scene.head.number) for scene in film.scenes] == film.scenes
    assert reader.header.dictionary == series.digest
    assert set(reader.dictionary()) == set(known) - {other, *shared}
    assert sum(writer.bytes_by_kind.values()) == len(data) == sum(reader.bytes_by_kind.values())


def test_what_is_shared_is_not_sent() -> None:
    film = busy_film(1)
    series = make_series(outlines_of(film))
    alone, _ = write_film(film)
    data, writer = write_film(with_series(film, series), series)
    assert len(data) < len(alone) - 200
    assert len(FilmReader(io.BytesIO(data), "", always(series)).dictionary()) == 0
    assert writer.bytes_by_kind["outlines"] < 0.3 * write_film(film)[1].bytes_by_kind["outlines"]


def test_another_dictionary_is_refused() -> None:
    film = busy_film(1)
    series, other = make_series(outlines_of(film)), make_series(outlines_of(film)[1:])
    data, _ = write_film(with_series(film, series), series)
    with pytest.raises(FormatError, match="needs the series dictionary"):
        FilmReader(io.BytesIO(data), "film")
    with pytest.raises(FormatError, match="not the one given"):
        FilmReader(io.BytesIO(data), "film", always(other))
    with pytest.raises(UsageError, match="another dictionary"):
        write_film(film, series)


def test_golden() -> None:
    """A dictionary and a film that needs it, for decoders in other languages."""
    film = FILMS["elements"]()
    series = make_series(outlines_of(film)[::2])
    film = with_series(film, series)
    data, _ = write_film(film, series)
    told = {"dictionary": series.data.hex(), "bytes": data.hex(), "film": as_json(film)}
    check("series", {**told, "outlines": as_json(series.outlines)})


def mutated_inside(data: bytes, chance: random.Random) -> bytes:
    """The payload mutated, its checksum made right again."""
    payload = mutated(unsealed(SectionKind.DICT, data[HEAD:], ""), chance)
    return SERIES_MAGIC + bytes([VERSION]) + sealed(SectionKind.DICT, payload)


@pytest.mark.parametrize("mutate", [mutated, mutated_inside])
def test_damaged_dictionaries(mutate: Callable[[bytes, random.Random], bytes]) -> None:
    series = make_series(outlines_of(busy_film(1)))
    refused = 0
    for seed in range(400):
        try:
            read_series(mutate(series.data, random.Random(seed)), "damaged")
        except MtorError:
            refused += 1
    assert refused > 100
    for end in range(len(series.data)):
        with pytest.raises(FormatError):
            read_series(series.data[:end], "cut")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two episodes: ``one.mtor``, its dictionary ``s.mtordict``, ``two.mtor`` with it, ``alone.mtor``."""
    made = tmp_path_factory.mktemp("series")
    slide = SAMPLES / "slide.mp4"
    mtor.transcode(slide, made / "one.mtor", duration=0.5, mode="vector", quality=50)
    mtor.build_dictionary([made / "one.mtor"], made / "s.mtordict", least_uses=1)
    late = {"start": 0.5, "duration": 0.5, "mode": "vector", "quality": 50}
    mtor.transcode(slide, made / "two.mtor", dictionary=made / "s.mtordict", **late)
    mtor.transcode(slide, made / "alone.mtor", **late)
    return made


def test_letters_are_kept_however_rare_and_patches_only_if_they_are_used(tmp_path: Path) -> None:
    film = tmp_path / "film.mtor"
    film.write_bytes(write_film(FILMS["palettes"]())[0])
    made = outlines_of(FILMS["palettes"]())
    letters = [outline for outline in made if not outline.colours]  # type: ignore[attr-defined]
    assert len(letters) == 1 < len(made)
    for least, kept in ((2, 3), (3, 1)):
        path = mtor.build_dictionary([film], tmp_path / f"{least}.mtordict", least_uses=least).path
        assert len(load_series(path).outlines) == kept
    assert list(load_series(path).outlines) == letters


def test_a_second_episode_pays_for_what_is_new(folder: Path) -> None:
    alone = mtor.inspect(folder / "alone.mtor").bytes_by_kind
    two = mtor.inspect(folder / "two.mtor").bytes_by_kind
    assert two["outlines"] < 0.5 * alone["outlines"]
    assert (folder / "two.mtor").stat().st_size < 0.8 * (folder / "alone.mtor").stat().st_size


def test_all_readers_take_it(folder: Path, tmp_path: Path) -> None:
    """Beside the film it is found; elsewhere it is named; JSON needs none."""
    film, series = folder / "two.mtor", folder / "s.mtordict"
    away = tmp_path / "two.mtor"
    away.write_bytes(film.read_bytes())
    (tmp_path / "broken.mtordict").write_bytes(b"MTOD")
    for command in (
        ["inspect", away],
        ["export", away, "-o", tmp_path / "no"],
        ["render", away, "-o", tmp_path / "a.mp4"],
    ):
        assert_one_line(run(*command), FAILED, "series dictionary", "--dictionary")
        assert run(*command[:2], "--dictionary", series, *command[2:]).returncode == DONE
    report = mtor.report(SAMPLES / "slide.mp4", away, start=0.5, duration=0.5, vmaf=False, dictionary=series)
    assert report.quality.pooled["ssim"].mean > 0.97
    mtor.export(film, tmp_path / "json")
    mtor.import_(tmp_path / "json", tmp_path / "back.mtor")
    with open(tmp_path / "back.mtor", "rb") as stream:
        back = FilmReader(stream)
        whole = mtor.open(film)
        assert back.header.dictionary == b""
        assert [back.scene(0)] == [whole.scene(0)]


def test_a_dictionary_of_films_that_need_one(folder: Path, tmp_path: Path) -> None:
    """The second generation: what the second episode took from the first one's dictionary is kept."""
    away = tmp_path / "two.mtor"
    away.write_bytes((folder / "two.mtor").read_bytes())
    output = tmp_path / "second.mtordict"
    assert_one_line(run("dict", "build", away, "-o", output), FAILED, "--dictionary")
    named = "--dictionary", folder / "s.mtordict"
    assert run("dict", "build", away, "-o", output, "--least-uses", "1", *named).returncode == DONE
    assert set(load_series(output).outlines) & set(load_series(folder / "s.mtordict").outlines)


def test_commands(folder: Path, tmp_path: Path) -> None:
    told = json.loads(run("dict", "info", folder / "s.mtordict", "--json").stdout)
    assert told["sha256"] == load_series(folder / "s.mtordict").digest.hex()
    assert run("dict", "verify", folder / "s.mtordict", folder / "two.mtor").returncode == DONE
    assert_one_line(run("dict", "verify", folder / "s.mtordict", folder / "one.mtor"), FAILED, "one.mtor")
    again = run("dict", "build", folder / "one.mtor", "--least-uses", "1", "-o", tmp_path / "t.mtordict")
    assert again.returncode == DONE
    assert (tmp_path / "t.mtordict").read_bytes() == (folder / "s.mtordict").read_bytes()
    merged = mtor.merge_dictionaries(
        [folder / "s.mtordict", tmp_path / "t.mtordict"], tmp_path / "m.mtordict"
    )
    assert (tmp_path / "m.mtordict").read_bytes() == (folder / "s.mtordict").read_bytes()
    assert merged.sha256 == told["sha256"]
    assert_one_line(
        run("dict", "merge", folder / "s.mtordict", "-o", tmp_path / "x.mtordict"), WRONG_USE, "two"
    )
    assert_one_line(run("dict", "info", folder / "one.mtor"), FAILED, "not a series dictionary")
    assert_one_line(
        run("dict", "build", tmp_path / "no.mtor", "-o", tmp_path / "x.mtordict"), FAILED, "no.mtor"
    )
    assert_one_line(
        run("dict", "build", folder / "one.mtor", "-o", tmp_path / "x.txt"), WRONG_USE, ".mtordict"
    )
    damaged = tmp_path / "d.mtordict"
    damaged.write_bytes((folder / "s.mtordict").read_bytes()[:-1])
    assert_one_line(run("dict", "verify", damaged), FAILED, "d.mtordict")
    assert not (tmp_path / "x.mtordict").exists()
