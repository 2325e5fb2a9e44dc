# SPDX-License-Identifier: Apache-2.0
"""Keys: files that only their owner reads, ids, rotation, and what the commands say."""

from __future__ import annotations

import errno
import json
import os
import random
import stat
import subprocess
import sys
from base64 import b64encode
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from cli_run import DONE, FAILED, WRONG_USE, assert_one_line
from cli_run import mtor as run_alone
from signed_films import KEY, OTHER, Run, key_of
from signed_films import run as run  # noqa: PLC0414 - a fixture
from test_codec_fuzz import mutated

import mtor_transcode as mtor
from mtor_transcode import api
from mtor_transcode.errors import MtorError, OutputError, TrustError
from mtor_transcode.trust.keys import read_private, read_public
from mtor_transcode.trust.rotation import parse_rotation, rotation, trusted

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize("sealing", [False, True])
def test_key_files_come_back_and_only_their_owner_reads_them(tmp_path: Path, sealing: bool) -> None:
    old = os.umask(0)
    try:
        made = api.new_keys(tmp_path / "mine", sealing=sealing)
    finally:
        os.umask(old)
    private, public = tmp_path / "mine.key", tmp_path / "mine.pub"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    kind = "sealing" if sealing else "signing"
    assert read_private(private, kind).public == read_public(public, kind)  # type: ignore[arg-type]
    assert read_public(public).id.hex() == made.id
    assert api.show_key(private).id == api.show_key(public).id == made.id
    other = "signing" if sealing else "sealing"
    way = "mtor keys new NAME" + ("" if sealing else " --sealing")
    with pytest.raises(TrustError, match=rf"for {kind}, not for {other} \(make one: {way}\)"):
        read_private(private, other)  # type: ignore[arg-type]


def test_keys_are_never_replaced_and_half_a_pair_is_not_left(tmp_path: Path) -> None:
    api.new_keys(tmp_path / "mine")
    before = (tmp_path / "mine.key").read_bytes()
    with pytest.raises(OutputError, match="never replaced"):
        api.new_keys(tmp_path / "mine")
    assert (tmp_path / "mine.key").read_bytes() == before
    (tmp_path / "half.pub").write_bytes(b"")
    with pytest.raises(OutputError, match="never replaced"):
        api.new_keys(tmp_path / "half")
    assert not (tmp_path / "half.key").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "sub/", "me.key", "me.pub", "me.rotation"])
def test_names_that_nobody_would_find_are_wrong_use(tmp_path: Path, run: Run, name: str) -> None:
    where = f"{tmp_path}/{name}" if name else ""
    assert_one_line(run("keys", "new", where), WRONG_USE, "leave it out" if "me." in name else "no name")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("room", [0, 1])
def test_a_full_disk_leaves_no_half_of_a_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    calls: list[int] = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > room:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        api.new_keys(tmp_path / "mine")
    assert not list(tmp_path.iterdir())


def test_a_rotation_comes_with_its_keys_or_not_at_all(tmp_path: Path) -> None:
    api.new_keys(tmp_path / "old")
    (tmp_path / "new.rotation").write_bytes(b"another's")
    with pytest.raises(OutputError, match="never replaced"):
        api.rotate_keys(tmp_path / "old.key", tmp_path / "new")
    assert (tmp_path / "new.rotation").read_bytes() == b"another's"
    assert not list(tmp_path.glob("new.key")) + list(tmp_path.glob("new.pub"))
    sealing = api.new_keys(tmp_path / "box", sealing=True)
    assert api.rotate_keys(sealing.private or "", tmp_path / "box2").kind == "sealing"
    assert not (tmp_path / "box2.rotation").exists()


def test_no_output_takes_a_keys_place(tmp_path: Path, run: Run) -> None:
    film, sealed = SAMPLES / "motion.mtor", tmp_path / "film.mtors"
    api.new_keys(tmp_path / "me")
    api.new_keys(tmp_path / "box", sealing=True)
    private, public = tmp_path / "box.key", tmp_path / "box.pub"
    assert run("seal", film, "-o", sealed, "--to", public).returncode == DONE
    for command, key in (
        (("sign", film, "--key"), tmp_path / "me.key"),
        (("seal", film, "--to"), public),
        (("unseal", sealed, "--key"), private),
    ):
        before = key.read_bytes()
        assert_one_line(run(*command, key, "-o", key), WRONG_USE, "both input and output")
        assert key.read_bytes() == before


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    api.new_keys(tmp_path / "mine")
    (tmp_path / "mine.key").chmod(0o640)
    with pytest.raises(TrustError, match="chmod 600"):
        read_private(tmp_path / "mine.key")


def test_no_text_shows_a_private_key(tmp_path: Path) -> None:
    secret = KEY.native.private_bytes_raw()
    assert secret.hex() not in repr(KEY)
    done = run_alone("--verbose", "keys", "new", tmp_path / "mine", "--json")
    body = "".join((tmp_path / "mine.key").read_text().splitlines()[1:-1])
    assert done.returncode == DONE
    assert body not in done.stdout + done.stderr
    raw = read_private(tmp_path / "mine.key").native.private_bytes_raw().hex()
    assert raw not in done.stdout + done.stderr


def test_hostile_key_files_make_one_kind_of_error(tmp_path: Path) -> None:
    api.new_keys(tmp_path / "mine")
    chance = random.Random(5)
    for name in ("mine.key", "mine.pub"):
        good = (tmp_path / name).read_bytes()
        bad = tmp_path / f"bad-{name}"
        bad.touch(0o600)
        for _ in range(150):
            bad.write_bytes(mutated(good, chance))
            with suppress(MtorError):
                api.show_key(bad)


@pytest.mark.parametrize("algorithm", ["06032b6571", "06032b6566", "0603551d0f"])
def test_keys_of_other_algorithms_are_refused_in_one_line(tmp_path: Path, algorithm: str) -> None:
    """Ed448 of a wrong length, and kinds that nobody knows: the library has errors of its own for these."""
    name = bytes.fromhex(algorithm)
    for label, der, read in (
        ("PRIVATE KEY", bytes.fromhex("302e0201003005") + name + bytes.fromhex("04220420"), read_private),
        ("PUBLIC KEY", bytes.fromhex("302a3005") + name + bytes.fromhex("032100"), read_public),
    ):
        file = tmp_path / label
        file.touch(0o600)
        text = b64encode(der + bytes(32)).decode()
        file.write_text(f"-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
        with pytest.raises(TrustError, match=r"is no (public )?key"):
            read(file)


def test_rotations_lead_from_key_to_key_and_only_by_the_old_ones_word() -> None:
    third = key_of(3)
    day = date(2026, 11, 22)
    one = parse_rotation(rotation(KEY, OTHER.public, day), "here")
    two = parse_rotation(rotation(OTHER, third.public, day), "here")
    assert one == (KEY.public, OTHER.public)
    assert trusted([KEY.public], [two, one]) == [KEY.public, OTHER.public, third.public]
    assert trusted([OTHER.public], [one]) == [OTHER.public]
    fields = json.loads(rotation(KEY, OTHER.public, day))
    for name, value in (
        ("new", third.public.raw.hex()),
        ("day", "2027-01-01"),
        ("old", third.public.raw.hex()),
    ):
        with pytest.raises(TrustError, match="not signed by the key it replaces"):
            parse_rotation(json.dumps({**fields, name: value}).encode(), "here")
    for bad in (b"", b"[]", b"{}", b"[" * 3000, json.dumps({**fields, "old": "00"}).encode(), b"\xff"):
        with pytest.raises(TrustError, match="is no rotation"):
            parse_rotation(bad, "here")


def test_the_commands_sign_verify_and_rotate(tmp_path: Path, run: Run) -> None:
    film, signed = SAMPLES / "demo.mtor", tmp_path / "demo.mtor"
    assert run("keys", "new", tmp_path / "a").returncode == DONE
    assert run("keys", "rotate", tmp_path / "a.key", tmp_path / "b").returncode == DONE
    done = run("sign", film, "-o", signed, "--key", tmp_path / "b.key", "--json")
    assert done.returncode == DONE
    told = json.loads(done.stdout)
    assert told["signature_bytes"] == signed.stat().st_size - film.stat().st_size
    assert told["signature_bytes"] < 0.05 * film.stat().st_size
    assert_one_line(run("verify", signed, "--key", tmp_path / "a.pub"), FAILED, "signed by key", told["key"])
    right = run("verify", signed, "--key", tmp_path / "a.pub", "--rotation", tmp_path / "b.rotation")
    assert right.returncode == DONE
    assert told["key"] in right.stdout
    assert_one_line(run("verify", film, "--key", tmp_path / "a.pub"), FAILED, "is not signed")
    assert_one_line(run("verify", signed), WRONG_USE, "--key")
    assert_one_line(run("verify", signed, "--key", tmp_path / "a.key"), FAILED, "name its .pub file")
    assert_one_line(
        run("sign", signed, "-o", tmp_path / "c.mtor", "--key", tmp_path / "a.key"), WRONG_USE, "--replace"
    )
    assert_one_line(
        run("sign", film, "-o", signed, "--key", tmp_path / "a.key", "--strength", "7"), WRONG_USE, "96"
    )
    assert_one_line(
        run("sign", film, "-o", film, "--key", tmp_path / "a.key"), WRONG_USE, "both input and output"
    )


def test_jobs_can_ask_for_a_signature(tmp_path: Path, run: Run) -> None:
    film, signed = SAMPLES / "motion.mtor", tmp_path / "motion.mtor"
    api.new_keys(tmp_path / "a")
    api.new_keys(tmp_path / "b")
    api.sign(film, signed, tmp_path / "a.key")
    made = tmp_path / "made.y4m"
    ask = ("--require-signature", tmp_path / "b.pub")
    assert_one_line(run("render", film, "-o", made, "--duration", "0.1", *ask), FAILED, "is not signed")
    assert_one_line(run("report", SAMPLES / "motion.mp4", film, *ask), FAILED, "is not signed")
    assert_one_line(run("render", signed, "-o", made, *ask), FAILED, "is signed by key")
    assert not made.exists()
    right = ("--require-signature", tmp_path / "a.pub")
    assert run("render", signed, "-o", made, "--duration", "0.1", *ask, *right).returncode == DONE
    assert made.exists()


def test_a_swapped_dictionary_is_refused(tmp_path: Path) -> None:
    demo, other = SAMPLES / "demo.mtor", SAMPLES / "slide.mtor"
    keys = api.new_keys(tmp_path / "k")
    right = api.build_dictionary([demo], tmp_path / "one.mtordict").path
    wrong = api.build_dictionary([other], tmp_path / "two.mtordict", least_uses=1).path
    source = tmp_path / "plain.mtor"
    _with_dictionary(demo, source, right)
    signed = tmp_path / "signed.mtor"
    api.sign(source, signed, keys.private or "")
    assert api.verify(signed, [keys.public or ""], dictionary=right).sections
    with pytest.raises(MtorError, match="not the one given"):
        api.verify(signed, [keys.public or ""], dictionary=wrong)


def _with_dictionary(film: Path, output: Path, dictionary: Path) -> None:
    """The film written anew with a series dictionary."""
    from memory_films import MemoryFilm

    from mtor_transcode.codec.film_writer import FilmWriter
    from mtor_transcode.codec.series_files import load_series

    reader = mtor.open(film)
    series = load_series(dictionary)
    header = replace(reader.header, dictionary=series.digest)
    made = MemoryFilm(header, [reader.scene(entry.head.number) for entry in reader.heads()])
    with output.open("wb") as stream:
        writer = FilmWriter(stream, made.header, series=series)
        for scene in made.scenes:
            writer.scene(scene.head)
            for span in scene.spans:
                writer.span(span)
        writer.audio(list(reader.audio()))
        writer.finish(reader.duration)


def test_without_cryptography_the_remedy_is_told(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['cryptography'] = None; "
        f"sys.argv = ['mtor', 'keys', 'new', {str(tmp_path / 'k')!r}]; "
        "from mtor_transcode.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert_one_line(done, FAILED, "pip install 'mtor-transcode[trust]'")
    assert not list(tmp_path.iterdir())
