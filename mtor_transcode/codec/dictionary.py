# SPDX-License-Identifier: Apache-2.0
"""The dictionary on the writer's side: which outlines the file has, and the section being made.

Outlines are found by content. The writer remembers the ``REMEMBERED`` last used ones as far as they lie in
the last ``DICTIONARY_WINDOW`` bytes, so that its memory and the reader's are bounded in a film of any length;
one that comes back after it was forgotten is written again.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.limits import DICTIONARY_WINDOW
from mtor_transcode.codec.mask_likeness import likenesses
from mtor_transcode.codec.mask_syntax import Like
from mtor_transcode.codec.outline_syntax import OutlineSection, same_structure, write_outline
from mtor_transcode.codec.writers import CountingWriter, Writer
from mtor_transcode.model import Mask, Outline

REMEMBERED: Final = 4096
"""Outlines that a writer remembers."""


class KnownOutlines:
    """The dictionary ids of the outlines last used, and of all of a ``series``, whose ids are 0 and up."""

    def __init__(self, series: Sequence[Outline] = ()) -> None:
        self._series = {outline: number for number, outline in enumerate(series)}
        self._ids: OrderedDict[Outline, int] = OrderedDict()
        self._window: deque[tuple[int, int]] = deque()
        self._window_bytes = 0

    def find(self, outline: Outline) -> int | None:
        """Returns the id of an outline, or None if it is not in the file or was forgotten."""
        if outline in self._series:
            return self._series[outline]
        outline_id = self._ids.get(outline)
        oldest = self._window[0][0] if self._window else 0
        return outline_id if outline_id is None or outline_id >= oldest else None

    def all(self) -> list[Outline]:
        """Returns all that ``find`` finds."""
        return [*self._series, *(outline for outline in self._ids if self.find(outline) is not None)]

    def wrote(self, first: int, size: int) -> None:
        """Takes note of a dictionary section: its first id and the bytes of its payload."""
        self._window.append((first, size))
        self._window_bytes += size
        while self._window_bytes > DICTIONARY_WINDOW and len(self._window) > 1:
            self._window_bytes -= self._window.popleft()[1]

    def use(self, outline: Outline, outline_id: int) -> None:
        """Remembers an outline as the last used one."""
        if outline in self._series:
            return
        self._ids[outline] = outline_id
        self._ids.move_to_end(outline)
        if len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)


class NewOutlines:
    """The outlines of a dictionary section in the making: their ids count from ``first``."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.ids: dict[Outline, int] = {}
        self.section = OutlineSection()

    @property
    def next_id(self) -> int:
        """The id of the next new outline."""
        return self.first + len(self.section.outlines)

    def write(self, writer: Writer, adaptive: Adaptive, outline: Outline, old: Outline | None) -> None:
        """Writes an outline, as a change of ``old`` (a mask: by any that is alike) where that is cheaper.

        Nothing is remembered. ``adaptive`` holds the contexts that ``writer`` uses.
        """
        choices = self._choices(outline, old)
        write_outline(writer, self.section, outline, self._cheapest(adaptive, outline, choices))

    def add(self, outline: Outline) -> None:
        """Goes on to the next outline."""
        self.ids[outline] = self.next_id
        self.section.add(outline, grid_of(outline))

    def _choices(self, outline: Outline, old: Outline | None) -> list[int | Like]:
        """By what an outline may be written: 0 (itself alone), and what it is like in the section."""
        if isinstance(outline, Mask):
            return [0] if outline.colours else [0, *likenesses(self.section.masks, outline)]
        old_id = self.ids.get(old) if old is not None else None
        if old is None or old_id is None or not same_structure(old, outline):
            return [0]
        return [0, self.next_id - old_id]

    def _cheapest(self, adaptive: Adaptive, outline: Outline, choices: list[int | Like]) -> int | Like:
        if len(choices) == 1:
            return choices[0]
        counter = CountingWriter(adaptive)
        prices: list[float] = []
        for like in choices:
            counter.try_out()
            write_outline(counter, self.section, outline, like)
            prices.append(counter.undo())
        return choices[prices.index(min(prices))]

    def fork(self) -> NewOutlines:
        """Returns an independent copy."""
        copy = NewOutlines(self.first)
        copy.ids = self.ids.copy()
        copy.section = self.section.fork()
        return copy
