# SPDX-License-Identifier: Apache-2.0
"""Plugins: what they are, how they are found, how they are called. ``docs/plugins.md`` is the guide.

A plugin is an object with ``name``, ``version``, ``kind`` and the method of its kind. A package offers it
under the entry-point group ``mtor.plugins``, as the object itself or as a class that is made without
arguments. A plugin that cannot be used is listed with its error and left out; the others work.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, cast, overload

from mtor_transcode.errors import MtorError, UsageError
from mtor_transcode.model import ShapeState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mtor_transcode.codec.film_reader import FilmReader

    Picture = NDArray[np.uint8]
    Plane = NDArray[np.uint8] | NDArray[np.uint16]

GROUP: Final = "mtor.plugins"
"""The entry-point group."""

Kind = Literal["exporter", "enhancer", "vectorizer", "metric"]


class Plugin(Protocol):
    """What every plugin tells of itself: ``name`` is what users type, unique within its ``kind``."""

    @property
    def name(self) -> str:
        """What users type."""

    @property
    def version(self) -> str:
        """The plugin's own version."""

    @property
    def kind(self) -> str:
        """One of ``Kind``."""


class Exporter(Plugin, Protocol):
    """Writes films in another format."""

    def export(self, reader: FilmReader, directory: Path, options: Mapping[str, str]) -> list[Path]:
        """Write files into ``directory``, which exists, and return their paths.

        ``options`` are the exporter's own; it raises UsageError for those that it does not know.
        """


class Enhancer(Plugin, Protocol):
    """Improves frames after they are drawn."""

    def enhance(self, frame: Picture) -> Picture:
        """A frame of the same shape: (H, W, 3) Y, Cb, Cr codes in the film's own colour space."""


class Vectorizer(Plugin, Protocol):
    """Turns a picture into shapes."""

    def vectorize(self, picture: Picture, budget: float) -> list[ShapeState]:
        """Shapes back to front for an (H, W, 3) Y, Cb, Cr picture, worth about ``budget`` bytes."""


class Metric(Plugin, Protocol):
    """Compares frames."""

    def measure(self, reference: Sequence[Plane], test: Sequence[Plane]) -> float:
        """A figure for one frame: planes Y, Cb, Cr of equal size and depth, chroma at its own size."""


METHODS: Final[dict[str, str]] = {
    "exporter": "export",
    "enhancer": "enhance",
    "vectorizer": "vectorize",
    "metric": "measure",
}
"""Kind to the method that makes it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin that works, and the package (with its version) that offers it."""

    plugin: Plugin
    package: str

    @property
    def kind(self) -> str:
        """The plugin's kind."""
        return self.plugin.kind

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.plugin.name


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry point whose plugin cannot be used, and why."""

    entry: str
    package: str
    error: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What is installed, ordered by kind and name."""

    found: tuple[Found, ...]
    broken: tuple[Broken, ...]

    def to_json(self) -> dict[str, list[dict[str, str]]]:
        """The listing as plain JSON values, stable from version to version."""
        return {
            "plugins": [
                {
                    "kind": item.kind,
                    "name": item.name,
                    "version": item.plugin.version,
                    "package": item.package,
                }
                for item in self.found
            ],
            "broken": [
                {"entry": item.entry, "package": item.package, "error": item.error} for item in self.broken
            ],
        }


def discover() -> Listing:
    """Load and check all installed plugins; never raises for one of them."""
    found: dict[tuple[str, str], Found] = {}
    broken = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, _package(entry))):
        try:
            plugin = _loaded(entry)
            key = (plugin.kind, plugin.name)
            if key in found:
                raise TypeError(f"{found[key].package} offers the {plugin.kind} {plugin.name!r} already")
            found[key] = Found(plugin, _package(entry))
        except (Exception, SystemExit) as error:
            broken.append(Broken(entry.name, _package(entry), _line(error)))
    return Listing(tuple(found[key] for key in sorted(found)), tuple(broken))


@overload
def get(kind: Literal["exporter"], name: str) -> Exporter: ...
@overload
def get(kind: Literal["enhancer"], name: str) -> Enhancer: ...
@overload
def get(kind: Literal["vectorizer"], name: str) -> Vectorizer: ...
@overload
def get(kind: Literal["metric"], name: str) -> Metric: ...
def get(kind: Kind, name: str) -> Plugin:
    """The plugin of that kind and name; UsageError that lists what there is, and what is broken."""
    listing = discover()
    for item in listing.found:
        if (item.kind, item.name) == (kind, name):
            return item.plugin
    # Exporters stand beside the format that is built in.
    names = ["json"] if kind == "exporter" else []
    names += [item.name for item in listing.found if item.kind == kind]
    known = ", ".join(names) or "none"
    remedy = f"installed: {known}"
    if listing.broken:
        remedy += "; broken: " + ", ".join(f"{item.entry} ({item.error})" for item in listing.broken)
    raise UsageError(f"there is no {kind} {name!r}", remedy=remedy)


@contextlib.contextmanager
def running(plugin: Plugin) -> Iterator[None]:
    """Call a plugin inside: whatever it raises that is no MtorError becomes one that names the plugin."""
    try:
        yield
    except (MtorError, OSError):
        raise
    except Exception as error:
        raise MtorError(
            f"failed: {_line(error)}",
            where=f"the {plugin.kind} {plugin.name} {plugin.version}",
            remedy="report it to the makers of the plugin",
        ) from error


def _loaded(entry: EntryPoint) -> Plugin:
    """The plugin of an entry point; TypeError if it is none."""
    loaded: Any = entry.load()
    plugin = loaded() if isinstance(loaded, type) else loaded
    for field in ("name", "version", "kind"):
        if not isinstance(getattr(plugin, field, None), str):
            raise TypeError(f"it has no text {field!r}")
    if plugin.kind not in METHODS:
        raise TypeError(f"its kind {plugin.kind!r} is none of {', '.join(METHODS)}")
    method = METHODS[plugin.kind]
    if not callable(getattr(plugin, method, None)):
        raise TypeError(f"a plugin of kind {plugin.kind!r} needs a method {method!r}")
    return cast("Plugin", plugin)


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"


def _line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
