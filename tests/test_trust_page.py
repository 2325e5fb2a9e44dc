# SPDX-License-Identifier: Apache-2.0
"""The player's page and a viewer's keys: what is dropped, what is said, what plays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from player_page import PAGE, Site, opened
from signed_films import KEY, OTHER, sign
from test_player_page import drop
from test_trust_player import pem_of
from test_trust_sealed import BOTH, MINE, SMALL

from mtor_transcode.api.sealing import seal_bytes
from mtor_transcode.trust.keys import public_pem

SIGNER = KEY.public.id.hex()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    site.films = {"sealed.mtors": seal_bytes(sign(SMALL), BOTH, title="An evening")}
    yield site
    site.close()


def test_with_a_publishers_key_only_its_films_play(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        state = "mtor.player.source.figures().state"
        trouble = tab.page.locator("#trouble:not([hidden])")
        tab.open()
        drop(tab, "one.mtor", sign(SMALL))
        tab.wait(f"mtor.player.source && {state} === 'file, says it is signed by key {SIGNER}, not checked'")
        drop(tab, "publisher.pub", public_pem(KEY.public))
        tab.wait(f"{state} === 'file, signed by key {SIGNER}'")
        for name, film, word in (
            ("plain.mtor", SMALL, "is not signed"),
            ("foreign.mtor", sign(SMALL, OTHER), "is signed by key"),
            ("altered.mtor", sign(SMALL)[:-1], "is cut"),
        ):
            drop(tab, name, film)
            tab.wait(f"document.getElementById('trouble').innerText.startsWith('{name}')")
            assert word in trouble.inner_text()
            assert tab.page.title().startswith("one")


def test_a_sealed_film_asks_for_its_key_and_plays_with_it(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.page.goto(f"{site.url}{PAGE}?film=/films/sealed.mtors")
        tab.page.wait_for_selector("#trouble:not([hidden])")
        assert '"An evening" is sealed' in tab.page.locator("#trouble").inner_text()
        drop(tab, "mine.key", pem_of(MINE).encode())
        tab.page.wait_for_selector("#play:not([disabled])")
        assert tab.page.title() == "An evening · MTOR player"
        assert tab.page.locator("#trouble").is_hidden()
