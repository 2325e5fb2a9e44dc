# SPDX-License-Identifier: Apache-2.0
"""The server's HTTP side: catalogue, bytes by hash, ranges, headers, tokens, and what it refuses."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from cli_run import FAILED, assert_one_line, mtor
from stream_server import SAMPLES, Served, served

from mtor_transcode import api
from mtor_transcode.errors import InputError, OutputError, UsageError
from mtor_transcode.stream import library as library_module
from mtor_transcode.stream import posters, rates
from mtor_transcode.stream.bearers import Bearers
from mtor_transcode.stream.library import Library, live_key
from mtor_transcode.stream.ranges import UnsatisfiableError, asked_range, matches
from mtor_transcode.stream.rates import Addresses, network_of

DEMO = SAMPLES / "demo.mtor"
DIGEST = sha256(DEMO.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with served() as server:
        yield server


def test_the_catalogue_lists_the_films_with_their_facts(site: Served) -> None:
    answer = site.ask("/catalogue.json")
    films = {film["name"]: film for film in json.loads(answer.body)["films"]}
    assert set(films) == {path.name for path in SAMPLES.glob("*.mtor")}
    demo = films["demo.mtor"]
    assert demo["key"] == DIGEST
    assert demo["bytes"] == DEMO.stat().st_size
    assert (demo["title"], demo["live"]) == ("Demo", False)
    assert demo["duration"] > 1
    assert site.ask(demo["film"]).body == DEMO.read_bytes()


def test_a_film_is_immutable_under_its_hash(site: Served) -> None:
    answer = site.ask(f"/films/{DIGEST}.mtor")
    assert answer.headers["etag"] == f'"{DIGEST}"'
    assert "immutable" in answer.headers["cache-control"]
    again = site.ask(f"/films/{DIGEST}.mtor", If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    head = site.ask(f"/films/{DIGEST}.mtor", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(DEMO.stat().st_size)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [("bytes=0-4", slice(0, 5)), ("bytes=7-", slice(7, None)), ("bytes=-3", slice(-3, None))],
)
def test_ranges(site: Served, asked: str, wanted: slice) -> None:
    whole = DEMO.read_bytes()
    answer = site.ask(f"/films/{DIGEST}.mtor", Range=asked)
    assert (answer.status, answer.body) == (206, whole[wanted])
    first, last, _ = wanted.indices(len(whole))
    assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(whole)}"


def test_ranges_that_make_no_sense(site: Served) -> None:
    path = f"/films/{DIGEST}.mtor"
    assert site.ask(path, Range="bytes=999999999-").status == 416
    for all_of_it in ("bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=x-"):
        assert site.ask(path, Range=all_of_it).status == 200
    assert site.ask(path, Range="bytes=0-4", If_Range='"another"').status == 200
    assert site.ask(path, Range="bytes=0-4", If_Range=f'"{DIGEST}"').status == 206


def test_the_rules_of_ranges_and_tags() -> None:
    assert asked_range("bytes=0-99", None, '"a"', 10) == range(10)
    assert asked_range("bytes=-99", None, '"a"', 10) == range(10)
    assert asked_range("bytes=-", None, '"a"', 10) is None
    with pytest.raises(UnsatisfiableError):
        asked_range("bytes=-0", None, '"a"', 10)
    assert matches('"x", W/"a"', '"a"')
    assert matches("*", '"a"')
    assert not matches('"x"', '"a"')
    assert not matches(None, '"a"')


def test_careful_headers_on_every_answer(site: Served) -> None:
    for path in ("/", "/page/catalogue.js", "/catalogue.json", f"/films/{DIGEST}.mtor", "/nothing"):
        headers = site.ask(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "'unsafe-eval'" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["server"] == "mtor"


def test_the_page_has_no_inline_script_or_style(site: Served) -> None:
    page = site.ask("/").body.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert page.count("<script") == page.count('<script type="module" src=')
    for address in ("/page/catalogue.js", "/page/catalogue.css", "/page/icon.svg"):
        assert address in page
        assert site.ask(address).status == 200


def test_trained_tables_come_packed_and_are_the_codecs(site: Served) -> None:
    plain = site.ask("/player/tables.json")
    package = Path(__file__).parents[1] / "mtor_transcode"
    assert plain.body == (package / "codec" / "tables_v1.json").read_bytes()
    packed = site.ask("/player/tables.json", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(plain.body) / 2
    assert site.ask("/player/tables.json", If_None_Match=plain.headers["etag"]).status == 304


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/player/../../../pyproject.toml",
        "/player/%2e%2e/%2e%2e/errors.py",
        "/page/..%2f..%2ferrors.py",
        "/films/../../pyproject.toml",
        "/films/%2e%2e%2fdemo.mtor",
        "/films/demo.mtor",
        "/films//etc/passwd",
        "//etc/passwd",
        "/films/" + "0" * 64 + ".mtor",
        "/textures/..%2f..%2fdemo.mtor",
        "/films/" + DIGEST + ".mtor%00.png",
        "/page/" + "%2e%2e/" * 40 + "etc/passwd",
        "/page/__init__.py",
    ],
)
def test_paths_never_leave_the_library(site: Served, path: str) -> None:
    answer = site.ask(path)
    assert answer.status in (400, 404)
    assert b"MTOR" not in answer.body
    assert b"root:" not in answer.body


def test_a_film_that_changed_is_not_served_under_the_old_hash(tmp_path: Path) -> None:
    shutil.copy(DEMO, tmp_path / "film.mtor")
    with served(tmp_path) as site:
        assert site.ask(f"/films/{DIGEST}.mtor").status == 200
        shutil.copy(SAMPLES / "cut.mtor", tmp_path / "film.mtor")
        assert site.ask(f"/films/{DIGEST}.mtor").status == 404
        films = json.loads(site.ask("/catalogue.json").body)["films"]
        assert site.ask(films[0]["film"]).body == (SAMPLES / "cut.mtor").read_bytes()


def test_a_library_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "a" / "b" / "c" / "d"
    (deep / "e").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for folder in (deep, deep / "e", tmp_path / ".hidden"):
        shutil.copy(DEMO, folder / "film.mtor")
    library = Library(tmp_path)
    library.refresh()
    assert [film.name for film in library.films()] == ["a/b/c/d/film.mtor"]
    monkeypatch.setattr(library_module, "MOST_FILES", 1)
    shutil.copy(SAMPLES / "cut.mtor", tmp_path)
    library.refresh()
    assert len(library.films()) == 1
    assert "more than 1 films" in library.refused[str(tmp_path)]


def test_files_that_are_no_films_are_left_out_and_told(tmp_path: Path) -> None:
    shutil.copy(DEMO, tmp_path)
    (tmp_path / "noise.mtor").write_bytes(b"\x00" * 99)
    (tmp_path / "notes.txt").write_text("not for viewers")
    (tmp_path / ".hidden.mtor").write_bytes(DEMO.read_bytes())
    library = Library(tmp_path)
    library.refresh()
    assert [film.name for film in library.films()] == ["demo.mtor"]
    assert list(library.refused) == ["noise.mtor"]


def test_a_film_still_growing_is_live_and_has_a_lasting_key(tmp_path: Path) -> None:
    (tmp_path / "now.mtor").write_bytes(DEMO.read_bytes()[:-200])
    library = Library(tmp_path)
    library.refresh()
    film = library.films()[0]
    assert film.live
    assert film.key == live_key("now.mtor")
    with served(tmp_path) as site:
        answer = site.ask(f"/films/{film.key}.mtor")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.body == DEMO.read_bytes()[:-200]
        (tmp_path / "now.mtor").write_bytes(DEMO.read_bytes())
        assert site.ask("/catalogue.json").status == 200
        moved = site.ask(f"/films/{film.key}.mtor")
        assert (moved.status, moved.headers["location"]) == (302, f"/films/{DIGEST}.mtor")


def test_posters_are_pictures_that_stay(site: Served) -> None:
    answer = site.ask(f"/films/{DIGEST}/poster.webp")
    assert (answer.body[:4], answer.body[8:12]) == (b"RIFF", b"WEBP")
    assert answer.headers["content-type"] == "image/webp"
    assert site.ask(f"/films/{DIGEST}/poster.webp", If_None_Match=answer.headers["etag"]).status == 304


def test_posters_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posters, "_KEPT", 2)
    with served() as site:
        for film in json.loads(site.ask("/catalogue.json").body)["films"][:3]:
            assert site.ask(film["poster"]).status == 200
        assert len(site.server._posters._kept) == 2


def test_only_reading_is_allowed_and_bodies_are_refused(site: Served) -> None:
    assert site.ask("/", "POST").status == 405
    assert site.ask("/catalogue.json", "DELETE").status == 405
    assert site.ask("/", "GET", b"x" * 100_000).status == 400


def test_a_foreign_name_of_this_machine_is_refused(site: Served) -> None:
    assert site.ask("/catalogue.json", Host="evil.example").status == 421
    assert site.ask("/catalogue.json", Host="localhost:1").status == 200


def test_tokens_guard_the_films_but_not_the_page(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("# viewers\ncorrect-horse-battery\n")
    with served(token_file=tokens) as site:
        hashed = (f"/textures/{DIGEST}", f"/dictionaries/{DIGEST}.mtordict", f"/films/{DIGEST}.mtors")
        films = ("/catalogue.json", f"/films/{DIGEST}.mtor", f"/films/{DIGEST}/poster.webp")
        for path in (*films, *hashed, "/socket", "/%66ilms/" + DIGEST + ".mtor"):
            refused = site.ask(path)
            assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert site.ask(path, Authorization="Bearer wrong-horse-battery").status == 401
        admitted = site.ask(f"/films/{DIGEST}.mtor", Authorization="Bearer correct-horse-battery")
        assert admitted.body == DEMO.read_bytes()
        assert admitted.headers["cache-control"].startswith("private")
        assert site.ask("/").status == 200
        tokens.write_text("another-token-of-viewers\n")
        assert site.ask("/catalogue.json", Authorization="Bearer correct-horse-battery").status == 401


def test_too_many_requests_of_one_address_are_refused() -> None:
    with served(requests=1.0) as site:
        statuses = [site.ask("/").status for _ in range(14)]
    assert statuses[:10] == [200] * 10
    assert statuses[-1] == 429


def test_addresses_are_counted_apart_and_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    addresses = Addresses(1.0, 2.0, lambda: now[0])
    assert [addresses.take("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert addresses.take("192.0.2.2")
    now[0] = 1.5
    assert [addresses.take("192.0.2.1") for _ in range(2)] == [True, False]
    monkeypatch.setattr(rates, "_ADDRESSES", 2)
    assert addresses.take("192.0.2.3")
    assert addresses.take("192.0.2.4")
    assert addresses.take("192.0.2.1"), "it was forgotten, and begins anew"
    assert len(addresses._buckets) == 2
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2")
    assert network_of("::ffff:192.0.2.1") != network_of("::ffff:192.0.2.2")


def test_a_port_in_use_and_a_missing_library(tmp_path: Path) -> None:
    with served() as site:
        with pytest.raises(OutputError, match="port is in use"), served(port=site.port):
            pass
        done = mtor("serve", SAMPLES, "--port", str(site.port))
        assert_one_line(done, FAILED, "port is in use", str(site.port))
    assert_one_line(mtor("serve", tmp_path / "nowhere"), FAILED, "no such folder", "nowhere")
    with pytest.raises(InputError, match="not a folder"):
        Library(DEMO)
    with pytest.raises(InputError, match="certificate"):
        api.serve(SAMPLES, port=0, cert=DEMO)
    for wrong in ({"port": 99_999}, {"viewers": 0}, {"key": DEMO}):
        with pytest.raises(UsageError):
            api.serve(SAMPLES, **wrong)  # type: ignore[arg-type]


def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    """With room for its connections, where the system's default has none."""
    resource = pytest.importorskip("resource")
    shutil.copy(DEMO, tmp_path)
    api.new_keys(tmp_path / "mine", sealing=True)
    api.seal(DEMO, tmp_path / "demo.mtors", [tmp_path / "mine.pub"])
    serve = [sys.executable, "-m", "mtor_transcode", "serve", str(tmp_path), "--port", "0", "--json"]
    command = ["sh", "-c", 'ulimit -S -n 100 && exec "$@"', "sh", *serve, "--viewers", "200"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        event = json.loads(server.stdout.readline())
        assert (event["films"], event["sealed"]) == (1, 1)
        assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[0] >= 200
        with socket.create_connection(("127.0.0.1", event["port"]), timeout=10):
            server.send_signal(signal.SIGINT)
            assert server.wait(20) == 0
        assert server.stderr.read() == ""


def test_tokens_stay_until_the_file_is_right_again(tmp_path: Path) -> None:
    tokens, first, second = tmp_path / "tokens", "first-token-of-viewers", "other-token-of-viewers"
    tokens.write_text(first)
    bearers = Bearers(tokens)
    at = tokens.stat().st_mtime_ns
    for wrong in ("", "short", "x" * (2**20 + 1)):
        tokens.write_text(wrong)
        assert bearers.admits(first)
        assert not bearers.admits(wrong)
    tokens.write_text(second)
    os.utime(tokens, ns=(at, at))  # As two writes within one tick of the disk's clock.
    assert bearers.admits(second)
    assert not bearers.admits(first)
    tokens.unlink()
    assert bearers.admits(second)


def certified(folder: Path, *password: str) -> tuple[Path, Path]:
    """A certificate of localhost and its key, made for the test."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    cert, key = folder / "cert.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*make, *password, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def test_over_tls_the_site_is_not_asked_for_in_the_clear_again(tmp_path: Path) -> None:
    cert, key = certified(tmp_path, "-nodes")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with served(cert=cert, key=key) as site:
        assert site.server.address.startswith("https://")
        connection = HTTPSConnection("127.0.0.1", site.port, timeout=30, context=context)
        with contextlib.closing(connection):
            connection.request("GET", "/catalogue.json")
            answer = connection.getresponse()
            assert answer.status == 200
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
            assert connection.sock.version() in ("TLSv1.2", "TLSv1.3")


def test_certificates_that_cannot_serve_are_named(tmp_path: Path) -> None:
    cert, key = certified(tmp_path, "-passout", "pass:abcd")
    with pytest.raises(InputError, match=r"nokey\.pem: cannot be read"):
        api.serve(SAMPLES, port=0, cert=cert, key=tmp_path / "nokey.pem")
    # Without a password nobody is asked for one: a server has no terminal.
    assert_one_line(
        mtor("serve", SAMPLES, "--port", "0", "--cert", cert, "--key", key, timeout=30), FAILED, "a password"
    )
