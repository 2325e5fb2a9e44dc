# SPDX-License-Identifier: Apache-2.0
"""Plugins are found through entry points; a broken one is named and left out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mtor_transcode import plugins
from mtor_transcode.errors import MtorError, UsageError

GOOD = """
class Blur:
    name, version, kind = "blur", "2.0", "enhancer"
    def enhance(self, frame):
        return frame // 2

class Metric:
    name, version, kind = "mean", "0.1", "metric"
    def measure(self, reference, test):
        return 1 / 0

metric = Metric()
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a module and the metadata of a package that offers its objects where Python looks."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def add(package: str, source: str, **entries: str) -> None:
        module = package.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(source)
        folder = tmp_path / f"{module}-1.5.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n")
        lines = "\n".join(f"{name} = {module}:{target}" for name, target in entries.items())
        (folder / "entry_points.txt").write_text(f"[mtor.plugins]\n{lines}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    return add


def names(listing: plugins.Listing) -> set[tuple[str, str, str]]:
    return {(item.kind, item.name, item.package) for item in listing.found}


def errors(listing: plugins.Listing) -> dict[str, str]:
    return {item.entry: item.error for item in listing.broken}


def test_classes_and_objects_are_found(install: Install) -> None:
    install("mtor-good", GOOD, blur="Blur", mean="metric")
    listing = plugins.discover()
    assert {("enhancer", "blur", "mtor-good 1.5"), ("metric", "mean", "mtor-good 1.5")} <= names(listing)
    assert {"kind": "enhancer", "name": "blur", "version": "2.0", "package": "mtor-good 1.5"} in (
        listing.to_json()["plugins"]
    )
    assert plugins.get("enhancer", "blur").enhance(8) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("x = (", "SyntaxError"),
        ("", "AttributeError"),
        ("class Bad:\n    def __init__(self): raise ValueError('two\\nlines')", "ValueError: two"),
        ("class Bad: version, kind = '1', 'metric'", "TypeError: it has no text 'name'"),
        ("class Bad: name, version, kind = 'a', 1, 'metric'", "TypeError: it has no text 'version'"),
        ("class Bad: name, version, kind = 'a', '1', 'oracle'", "TypeError: its kind 'oracle' is none of"),
        ("class Bad: name, version, kind = 'a', '1', 'metric'", "needs a method 'measure'"),
    ],
)
def test_a_broken_plugin_is_named_and_left_out(install: Install, source: str, error: str) -> None:
    install("mtor-good", GOOD, blur="Blur")
    install("mtor-bad", source, bad="Bad")
    listing = plugins.discover()
    assert error in errors(listing)["bad"]
    assert "\n" not in errors(listing)["bad"]
    assert ("enhancer", "blur", "mtor-good 1.5") in names(listing)
    assert any(item["entry"] == "bad" for item in listing.to_json()["broken"])


def test_a_name_that_is_taken_is_broken(install: Install) -> None:
    install("mtor-good", GOOD, blur="Blur")
    install("mtor-other", GOOD, other="Blur")
    assert "mtor-good 1.5 offers the enhancer 'blur' already" in errors(plugins.discover())["other"]


def test_an_unknown_name_lists_what_there_is(install: Install) -> None:
    install("mtor-good", GOOD, blur="Blur")
    install("mtor-bad", "import nowhere_at_all", bad="Bad")
    with pytest.raises(UsageError, match=r"no enhancer 'sharp' \(installed: blur; broken: bad \(Module"):
        plugins.get("enhancer", "sharp")
    with pytest.raises(UsageError, match=r"no vectorizer 'blur' .*installed: none"):
        plugins.get("vectorizer", "blur")


def test_what_a_plugin_raises_is_told_with_its_name(install: Install) -> None:
    install("mtor-good", GOOD, mean="metric")
    metric = plugins.get("metric", "mean")
    with (
        pytest.raises(MtorError, match=r"the metric mean 0\.1: failed: ZeroDivisionError"),
        plugins.running(metric),
    ):
        metric.measure([], [])
    with pytest.raises(UsageError), plugins.running(metric):
        raise UsageError("no such option")
