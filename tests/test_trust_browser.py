# SPDX-License-Identifier: Apache-2.0
"""Signatures and sealing in a real browser: from localhost they work, without HTTPS elsewhere they say so."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from player_node import PLAYER
from signed_films import KEY, OTHER, sign
from test_trust_player import pem_of
from test_trust_sealed import BOTH, FOREIGN, MINE, SMALL

from mtor_transcode.api.sealing import seal_bytes

ASK = """async ({ signed, sealed, key, secret }) => {
  const trust = await import("/trust/index.js");
  const bytes = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
  try {
    const told = await trust.verifyFilm(bytes(signed), [await trust.publicKey(key)], "film");
    const { film } = await trust.openSealed(bytes(sealed), await trust.privateKey(secret), "film");
    return `${told.key} ${film.length}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}"""


def asked(chromium: Any, origin: str, **changes: str) -> str:
    """What the modules say on a page of ``origin``, which the browser gets from this process."""

    def answer(route: Any) -> None:
        path = PLAYER / urlsplit(route.request.url).path.lstrip("/")
        if path.is_file():
            route.fulfill(body=path.read_bytes(), content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    page = chromium.new_page()
    page.route(f"{origin}/**", answer)
    page.goto(f"{origin}/page")
    about = {
        "signed": sign(SMALL).hex(),
        "sealed": seal_bytes(SMALL, BOTH).hex(),
        "key": KEY.public.raw.hex(),
        "secret": pem_of(MINE),
    }
    told = str(page.evaluate(ASK, {**about, **changes}))
    page.close()
    return told


def test_a_browser_checks_and_opens(chromium: Any) -> None:
    home = "http://localhost:9"
    assert asked(chromium, home) == f"{KEY.public.id.hex()} {len(SMALL)}"
    assert "TrustError: film: is signed by key" in asked(chromium, home, key=OTHER.public.raw.hex())
    assert "TrustError: film: is not signed" in asked(chromium, home, signed=SMALL.hex())
    assert "TrustError: film: is not sealed to key" in asked(chromium, home, secret=pem_of(FOREIGN))


def test_where_webcrypto_is_missing_nothing_passes(chromium: Any) -> None:
    told = asked(chromium, "http://elsewhere.test")
    assert told.startswith("TrustError: WebCrypto: ")
    assert "HTTPS" in told
