# SPDX-License-Identifier: Apache-2.0
"""A bounded memory of engine paths by outline, least recently used first out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from mtor_transcode.model import Outline
from mtor_transcode.render.curves import AnyOutline

PathT = TypeVar("PathT")

DEFAULT_NODES = 40_000
"""Nodes kept by default: some MB in the engines."""


class PathCache(Generic[PathT]):
    """Engine paths of outlines, at most ``nodes`` nodes in all. Float outlines are built and not kept."""

    def __init__(self, build: Callable[[AnyOutline], PathT], nodes: int = DEFAULT_NODES) -> None:
        self._build = build
        self._room = nodes
        self._paths: OrderedDict[Outline, PathT] = OrderedDict()

    def __len__(self) -> int:
        return len(self._paths)

    def get(self, outline: AnyOutline) -> PathT:
        """The path of an outline, built if it is not at hand."""
        if not isinstance(outline, Outline):
            return self._build(outline)
        path = self._paths.get(outline)
        if path is None:
            path = self._build(outline)
            self._paths[outline] = path
            self._room -= _cost(outline)
            while self._room < 0 and len(self._paths) > 1:
                oldest, _ = self._paths.popitem(last=False)
                self._room += _cost(oldest)
        else:
            self._paths.move_to_end(outline)
        return path


def _cost(outline: Outline) -> int:
    return outline.node_count + 8
