# SPDX-License-Identifier: Apache-2.0
"""Outputs appear whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from mtor_transcode.errors import FormatError, OutputError, UsageError
from mtor_transcode.files import check_output, output_error, staged_file, staged_folder, write_whole


def test_a_finished_file_takes_its_name_and_nothing_else_is_left(tmp_path: Path) -> None:
    final = tmp_path / "film.mp4"
    with staged_file(final) as beside:
        beside.write_bytes(b"whole")
        assert beside.suffix == ".mp4", "writers choose a format by the suffix"
        assert beside.parent == tmp_path, "a rename must not cross disks"
        assert not final.exists()
    assert final.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [final]


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    with staged_file(tmp_path / "film") as beside:
        beside.write_bytes(b"x")
    assert stat.S_IMODE((tmp_path / "film").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit, FormatError])
def test_a_failure_keeps_the_old_output_and_leaves_nothing_beside(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    final = tmp_path / "film.mtor"
    final.write_bytes(b"old")
    with pytest.raises(failure):
        _write_and_fail(final, failure("stop"))
    assert final.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [final]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_told_as_such(tmp_path: Path, number: int) -> None:
    with pytest.raises(OutputError, match="the disk is full"):
        _write_and_fail(tmp_path / "film.mtor", OSError(number, os.strerror(number)))
    assert not list(tmp_path.iterdir())


def test_errors_about_other_files_are_not_blamed_on_the_output(tmp_path: Path) -> None:
    elsewhere = FileNotFoundError(errno.ENOENT, "gone", "/somewhere/else.mp4")
    assert output_error(elsewhere, tmp_path / "film.mtor") is None
    neighbour = FileNotFoundError(errno.ENOENT, "gone", str(tmp_path / "source.mp4"))
    assert output_error(neighbour, tmp_path / "film.mtor") is None
    assert output_error(BrokenPipeError(errno.EPIPE, "pipe"), tmp_path / "film.mtor") is None


def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "real.mtor", tmp_path / "link.mtor"
    real.write_bytes(b"old")
    link.symlink_to(real)
    with staged_file(link) as beside:
        beside.write_bytes(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    final = tmp_path / "json"
    with staged_folder(final) as beside:
        (beside / "a").write_bytes(b"a")
        assert not (final / "a").exists()
    assert (final / "a").read_bytes() == b"a"
    (final / "own").write_bytes(b"mine")
    with staged_folder(final) as beside:
        (beside / "a").write_bytes(b"b")
    assert (final / "a").read_bytes() == b"b"
    assert (final / "own").read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [final]


def test_a_folder_is_made_with_those_above_it_and_folders_within_are_merged(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "json"
    for name in ("one", "two"):
        with staged_folder(final) as beside:
            (beside / "scenes").mkdir()
            (beside / "scenes" / name).write_text(name)
    assert sorted(path.name for path in (final / "scenes").iterdir()) == ["one", "two"]
    assert [path.name for path in final.iterdir()] == ["scenes"]


def test_a_folder_stages_within_itself_since_beside_it_may_be_another_disk(tmp_path: Path) -> None:
    with staged_folder(tmp_path / "json") as beside:
        assert beside.parent == tmp_path / "json"


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_folder_is_removed_on_failure(tmp_path: Path, failure: type[BaseException]) -> None:
    with pytest.raises(failure):
        _fill_and_fail(tmp_path / "deep" / "json", failure("stop"))
    assert not list(tmp_path.iterdir())
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "a").write_text("mine")
    with pytest.raises(failure):
        _fill_and_fail(tmp_path / "json", failure("stop"))
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


def test_a_long_name_leaves_room_for_the_file_beside(tmp_path: Path) -> None:
    final = tmp_path / ("n" * 250 + ".mtor")
    write_whole(final, b"x")
    assert final.read_bytes() == b"x"


def test_a_folder_does_not_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "json").write_bytes(b"mine")
    with pytest.raises(OutputError, match="not a folder"), staged_folder(tmp_path / "json"):
        pass
    assert (tmp_path / "json").read_bytes() == b"mine"


def test_what_cannot_work_is_refused_before_any_work(tmp_path: Path) -> None:
    film = tmp_path / "film.mtor"
    film.write_bytes(b"x")
    link = tmp_path / "same.mtor"
    link.symlink_to(film)
    for same in (film, link, tmp_path / "." / "film.mtor"):
        with pytest.raises(UsageError, match="both input and output"):
            check_output(same, film)
    with pytest.raises(OutputError, match="is a folder"):
        check_output(tmp_path)
    with pytest.raises(OutputError, match="folder does not exist"):
        check_output(tmp_path / "none" / "film.mtor")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(OutputError, match="not a plain file"):
        check_output(fifo)
    check_output(tmp_path / "new.mtor", film, None)


def _write_and_fail(path: Path, failure: BaseException) -> None:
    with staged_file(path) as beside:
        beside.write_bytes(b"half")
        raise failure


def _fill_and_fail(path: Path, failure: BaseException) -> None:
    with staged_folder(path) as beside:
        (beside / "a").write_bytes(b"a")
        raise failure
