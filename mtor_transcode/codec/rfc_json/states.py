# SPDX-License-Identifier: Apache-2.0
"""What a vector of the dictionary shows: shapes, a camera, a background, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mtor_transcode.codec.canonical import canonical_outline, canonical_state
from mtor_transcode.codec.checks import check_outline
from mtor_transcode.codec.rfc_json import limits, types, units
from mtor_transcode.codec.rfc_json.dictionary import DictionaryFile
from mtor_transcode.codec.rfc_json.entries import border_in, camera_in, paint_in, texture_in, transform_in
from mtor_transcode.codec.rfc_json.figures import outline_of
from mtor_transcode.codec.rfc_json.placeholder import name_of, name_paint, placeholder
from mtor_transcode.codec.rfc_json.refusals import told
from mtor_transcode.errors import FormatError
from mtor_transcode.model import (
    Backdrop,
    Camera,
    Fill,
    FilmHeader,
    Mask,
    Outline,
    Paint,
    ShapeState,
    TexturePaint,
)

_CACHED = 65_536
"""Figures kept in memory for the next token that shows them."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """A state in which nothing is there."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The shapes of a state, back to front; ``character`` is the name that keeps its identity, if any."""

    character: str | None
    figures: tuple[ShapeState, ...]


Shown = Nothing | Cast | Camera | Backdrop

Figures = tuple[tuple[Outline, types.Paint | None], ...]


class States:
    """Looks up vectors in a dictionary and turns them into the model's states."""

    def __init__(self, dictionary: DictionaryFile, header: FilmHeader) -> None:
        self._dictionary = dictionary
        self._header = header
        self._figures: dict[str, Figures] = {}
        self._cached = 0

    def shown(self, vector: str, where: str) -> Shown:
        """What ``vector`` shows; ``where`` names the token that asks for it."""
        entry = self._entry(vector, where)
        if entry.type == "nothing":
            return Nothing()
        extra = entry.mtor or types.EntryExtra()
        if entry.type == "camera":
            return camera_in(extra)
        if entry.type == "background":
            if extra.texture is not None:
                return texture_in(extra.texture)
            return self._paint(entry, name_of(vector, entry))
        figures = self._cast(vector, entry, extra)
        return Cast(entry.character, tuple(canonical_state(figure) for figure in figures))

    def _cast(self, vector: str, entry: types.Entry, extra: types.EntryExtra) -> tuple[ShapeState, ...]:
        opacity = units.from_share(extra.opacity)
        if not entry.geometry:
            figures = placeholder(vector, entry, self._header)
            placed = entry.mtor is not None and (extra.x, extra.y) != (0, 0)
            own = transform_in(extra)
            if not placed:
                spot = figures[0].transform
                own = replace(own, dx=spot.dx, dy=spot.dy)
            return tuple(replace(figure, transform=own, opacity=opacity) for figure in figures)
        transform = transform_in(extra)
        behind: Fill
        if extra.texture is not None:
            behind = texture_in(extra.texture)
        else:
            behind = self._paint(entry, name_of(vector, entry))
        border = border_in(extra.border, self._header.colour)

        def painted(outline: Outline, own: types.Paint | None) -> Fill:
            paint = behind if own is None else paint_in(own, self._header.colour)
            if isinstance(outline, Mask) or isinstance(paint, TexturePaint):
                return paint
            return replace(paint, border=border)

        return tuple(
            ShapeState(outline, painted(outline, own), transform, opacity)
            for outline, own in self._resolved(vector, entry, ())
        )

    def _paint(self, entry: types.Entry, name: str) -> Paint:
        extra = entry.mtor or types.EntryExtra()
        for paint in (extra.paint, entry.fill, entry.paint):
            if paint is not None:
                return paint_in(paint, self._header.colour)
        return name_paint(name, self._header)

    def _resolved(self, entry_id: str, entry: types.Entry, path: tuple[str, ...]) -> Figures:
        """The figures of an entry, references followed, with the paints that figures name themselves."""
        known = self._figures.get(entry_id)
        if known is not None:
            return known
        where = self._dictionary.where(entry_id)
        path = (*path, entry_id)
        found: list[tuple[Outline, types.Paint | None]] = []
        for figure in entry.geometry or ():
            own = figure.paint if figure.fill is None else figure.fill
            if isinstance(figure, types.Reference):
                found += [
                    (outline, paint if own is None else own)
                    for outline, paint in self._referred(figure, path)
                ]
            else:
                outline = outline_of(figure, where)
                with told(where):
                    check_outline(canonical_outline(outline)[0])
                found.append((outline, own))
            if len(found) > limits.FIGURES:
                raise FormatError(
                    f"more than {limits.FIGURES} figures", where=where, remedy="split it into several states"
                )
        return self._kept(entry_id, tuple(found))

    def _kept(self, entry_id: str, figures: Figures) -> Figures:
        if self._cached > _CACHED:
            self._figures.clear()
            self._cached = 0
        self._figures[entry_id] = figures
        self._cached += 1 + len(figures)
        return figures

    def _referred(self, figure: types.Reference, path: tuple[str, ...]) -> Figures:
        where = self._dictionary.where(path[-1])
        if figure.ref in path:
            circle = " > ".join((*path[path.index(figure.ref) :], figure.ref))
            raise FormatError(
                f"its geometry refers to itself: {circle[:200]}", where=where, remedy="break the circle"
            )
        if len(path) > limits.REFERENCE_DEPTH:
            raise FormatError(
                "references nested too deeply",
                where=where,
                remedy=f"at most {limits.REFERENCE_DEPTH} are read",
            )
        return self._resolved(figure.ref, self._entry(figure.ref, where), path)

    def _entry(self, entry_id: str, where: str) -> types.Entry:
        try:
            return self._dictionary.entry(entry_id)
        except KeyError:
            raise FormatError(
                f"the dictionary has no entry {entry_id[:80]!r}",
                where=where,
                remedy="add it to dictionary.json or name another",
            ) from None
