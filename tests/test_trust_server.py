# SPDX-License-Identifier: Apache-2.0
"""Sealed films on a server: listed by what their owners tell, handed out as they are."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from stream_server import served
from test_trust_sealed import BOTH, MINE, SMALL

from mtor_transcode.api.sealing import seal_bytes, unseal_bytes


def test_a_server_tells_of_sealed_films_only_what_their_owners_do(tmp_path: Path) -> None:
    named, silent = seal_bytes(SMALL, BOTH, title="An evening"), seal_bytes(SMALL, BOTH)
    (tmp_path / "secret-plans.mtors").write_bytes(named)
    (tmp_path / "more.mtors").write_bytes(silent)
    (tmp_path / "bad.mtors").write_bytes(named[:20])
    (tmp_path / "open.mtor").write_bytes(SMALL)
    with served(tmp_path) as site:
        text = site.ask("/catalogue.json").body
        assert b"secret" not in text
        told = json.loads(text)
        assert [film["title"] for film in told["films"]] == ["Open"]
        assert [film["title"] for film in told["sealed"]] == ["", "An evening"]
        film = told["sealed"][1]
        assert set(film) == {"key", "title", "bytes", "film"}
        assert film["film"] == f"/films/{sha256(named).hexdigest()}.mtors"
        got = site.ask(film["film"])
        assert unseal_bytes(got.body, MINE) == ("An evening", SMALL)
        assert got.headers["content-type"] == "application/vnd.mtor.sealed"
        part = site.ask(film["film"], Range="bytes=100-199")
        assert (part.status, part.body) == (206, named[100:200])
        for address in (film["film"][:-1], f"/films/{film['key']}/poster.webp"):
            assert site.ask(address).status == 404
        open_key = told["films"][0]["key"]
        assert site.ask(f"/films/{open_key}.mtors").status == 404


def test_a_sealed_film_that_has_gone_is_not_named(tmp_path: Path) -> None:
    data = seal_bytes(SMALL, BOTH)
    (tmp_path / "secret-plans.mtors").write_bytes(data)
    with served(tmp_path) as site:
        (tmp_path / "secret-plans.mtors").unlink()
        answer = site.ask(f"/films/{sha256(data).hexdigest()}.mtors")
        assert answer.status == 404
        assert b"secret" not in answer.body


def test_sealed_films_need_a_viewers_token_where_there_are_tokens(tmp_path: Path) -> None:
    data = seal_bytes(SMALL, BOTH)
    (tmp_path / "a.mtors").write_bytes(data)
    tokens = tmp_path.parent / "tokens"
    tokens.write_text("a-very-long-token-of-a-viewer\n")
    tokens.chmod(0o600)
    address = f"/films/{sha256(data).hexdigest()}.mtors"
    with served(tmp_path, token_file=tokens) as site:
        assert site.ask(address).status == 401
        site.ask("/catalogue.json", Authorization="Bearer a-very-long-token-of-a-viewer")
        assert site.ask(address, Authorization="Bearer a-very-long-token-of-a-viewer").body == data
