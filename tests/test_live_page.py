# SPDX-License-Identifier: Apache-2.0
"""A film that is being written in Chromium: joined at its newest, held where it pauses, over when it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from live_films import FRAMES, RATE, LiveWriter, stream_of
from player_page import Tab
from stream_server import served


class Room(Tab):
    """A tab at a server of ours."""

    def __init__(self, page: Any) -> None:
        super().__init__(page, None)  # type: ignore[arg-type]

    def number(self, what: str) -> float:
        return float(self.page.evaluate(what))


def test_a_film_that_is_being_written_plays_at_its_newest(chromium: Any, tmp_path: Path) -> None:
    library = tmp_path / "films"
    library.mkdir()
    with served(library) as site, LiveWriter(library / "now.mtor", stream_of(tmp_path / "ts")) as writer:
        writer.feed(0.8)
        writer.wait_for(2.5)
        room = Room(chromium.new_page(viewport={"width": 900, "height": 620}))
        room.page.goto(f"http://127.0.0.1:{site.port}")
        assert "live" in room.page.locator("#films li").inner_text()
        room.page.get_by_role("link", name="Now").click()
        room.page.wait_for_selector("#play:not([disabled])", timeout=60_000)
        live = room.page.get_by_role("button", name="Live: go to the newest")
        assert live.is_visible()
        assert live.get_attribute("aria-pressed") == "true"
        # It begins near the end of what there is, not at its beginning.
        had = room.number("mtor.player.duration")
        assert had - 1.6 < room.number("mtor.player.time") < had

        # Nothing more comes: what there is is shown, then the player waits, and the clock with it.
        room.page.get_by_role("button", name="Play").first.click()
        room.wait("mtor.player.holding")
        assert room.page.locator("#status").inner_text() == "Waiting for the film…"
        assert room.number("mtor.player.clock.time") < room.number("mtor.player.duration") + 1

        # Back to the beginning, and to the newest again.
        room.page.evaluate("mtor.player.seek(0)")
        room.wait("mtor.player.time > 0.3 && !mtor.player.holding")
        live.click()
        room.wait(f"mtor.player.time > {had - 1.6}")

        # The source goes on and ends: so does the player, and the seek bar has grown.
        writer.feed(1)
        writer.close()
        assert writer.end()[0] == 0
        room.wait("mtor.player.ended")
        assert room.number("mtor.player.duration") == FRAMES / RATE
        assert float(room.page.locator("#seek").get_attribute("max")) == FRAMES / RATE
        assert live.is_hidden()
        room.page.evaluate("mtor.player.seek(0)")
        room.wait("mtor.player._show.at(1)?.begun")
        assert room.said == []

        # Under its old address it is now a film like others, from its beginning.
        room.page.reload()
        room.page.wait_for_selector("#play:not([disabled])", timeout=60_000)
        assert room.number("mtor.player.time") == 0
        assert not room.page.evaluate("mtor.player.source.live")
        room.page.close()
