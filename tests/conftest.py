# SPDX-License-Identifier: Apache-2.0
"""What all tests share: real clips, and no error may be logged unseen."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A slow machine, or a busy one, is no failure of an example.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

ROOT = Path(__file__).parents[1]
CLIPS = ROOT.parent / "shared" / "clips"


@pytest.fixture(scope="session")
def clips() -> Path:
    """The folder of real clips; the test is skipped where it is not at hand."""
    if not CLIPS.is_dir():
        pytest.skip("the clips are not at hand (a folder shared/clips beside the checkout)")
    return CLIPS


@pytest.fixture(scope="session")
def clip(clips: Path) -> Callable[[str], Path]:
    """A real clip by name, without its suffix; the test is skipped where it is missing."""

    def find(name: str) -> Path:
        path = clips / f"{name}.mp4"
        if not path.is_file():
            pytest.skip(f"the clip {name} is not at hand")
        return path

    return find


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium, one for the tests of a file; the test is skipped where there is none.

    Not for the session: while Playwright is there, its event loop runs, and no test can have one of its own.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    named = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if named is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    arguments = [
        "--disable-gpu", "--no-sandbox", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--no-first-run", "--force-color-profile=srgb",
        "--autoplay-policy=no-user-gesture-required",
    ]  # fmt: skip
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=named, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def expected_errors() -> list[str]:
    """Append the beginning of a message that the test expects to be logged as an error."""
    return []


@pytest.fixture(autouse=True)
def _no_unexpected_errors(caplog: pytest.LogCaptureFixture, expected_errors: list[str]) -> Iterator[None]:
    """Fail a test during which an error was logged that it did not expect."""
    yield
    logged = [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)  # type: ignore[arg-type]
        if record.levelno >= logging.ERROR
    ]
    unexpected = [
        message for message in logged if not any(message.startswith(known) for known in expected_errors)
    ]
    assert not unexpected, f"errors were logged: {unexpected}"
