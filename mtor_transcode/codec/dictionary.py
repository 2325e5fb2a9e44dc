# SPDX-License-Identifier: Apache-2.0
"""The dictionary on the writer's side: which outlines the file has, and the section being made.

Outlines are found by content. The writer remembers the ``REMEMBERED`` last used ones, so that its memory is
bounded in a film of any length; one that comes back after it was forgotten is written again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.outline_syntax import OutlineSection, same_structure, write_outline
from mtor_transcode.codec.writers import CountingWriter, Writer
from mtor_transcode.model import Outline

REMEMBERED: Final = 4096
"""Outlines that a writer remembers."""


class KnownOutlines:
    """The dictionary ids of the outlines last used."""

    def __init__(self) -> None:
        self._ids: OrderedDict[Outline, int] = OrderedDict()

    def find(self, outline: Outline) -> int | None:
        """Returns the id of an outline, or None if it is not in the file or was forgotten."""
        return self._ids.get(outline)

    def use(self, outline: Outline, outline_id: int) -> None:
        """Remembers an outline as the last used one."""
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
        """Writes an outline, as a change of ``old`` where that is cheaper; nothing is remembered.

        ``adaptive`` holds the contexts that ``writer`` uses.
        """
        write_outline(writer, self.section, outline, self._like(adaptive, outline, old))

    def add(self, outline: Outline) -> None:
        """Goes on to the next outline."""
        self.ids[outline] = self.next_id
        self.section.add(outline, grid_of(outline))

    def _like(self, adaptive: Adaptive, outline: Outline, old: Outline | None) -> int:
        """How far back ``old`` is in the section if a change of it is cheaper than the outline, else 0."""
        old_id = self.ids.get(old) if old is not None else None
        if old is None or old_id is None or not same_structure(old, outline):
            return 0
        back = self.next_id - old_id
        counter = CountingWriter(adaptive)
        prices: list[float] = []
        for like in (0, back):
            counter.try_out()
            write_outline(counter, self.section, outline, like)
            prices.append(counter.undo())
        return back if prices[1] < prices[0] else 0

    def fork(self) -> NewOutlines:
        """Returns an independent copy."""
        copy = NewOutlines(self.first)
        copy.ids = self.ids.copy()
        copy.section = self.section.fork()
        return copy
