# SPDX-License-Identifier: Apache-2.0
"""Prices: what a token would cost in bits, from the syntax that writes it."""

from __future__ import annotations

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.dictionary import KnownOutlines, NewOutlines
from mtor_transcode.codec.reference_syntax import write_outline_reference
from mtor_transcode.codec.scene_memory import NOBODY, SceneMemory, outline_of
from mtor_transcode.codec.shape_names import ShapeNames
from mtor_transcode.codec.token_syntax import write_token
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.model import Edit, Outline, Token


class Pricer:
    """Prices for the next span of a scene. Made by ``FilmWriter.pricer``; good until the writer goes on.

    Prices are those of the adaptive contexts in their present state, so a token's price depends on what was
    committed before it. A token may be priced at any time; one before the last committed token's time costs
    as one as much later.
    """

    def __init__(
        self, adaptive: Adaptive, memory: SceneMemory, names: ShapeNames, known: KnownOutlines, at: int
    ) -> None:
        self._known = known
        self._memory = memory.fork()
        self._memory.begin_span(at)
        self._names = names.fork()
        self._new = NewOutlines(self._memory.next_new)
        self._tokens = CountingWriter(adaptive.fork())
        self._outlines = CountingWriter(Adaptive())
        self._shares_state = self._shares_outlines = False

    def fork(self) -> Pricer:
        """Returns an independent copy, at once: what they share is copied when one of them commits."""
        copy = object.__new__(Pricer)
        copy.__dict__.update(self.__dict__)
        for pricer in (self, copy):
            pricer._shares_state = pricer._shares_outlines = True
        return copy

    def _own(self, outlines: bool) -> None:
        """Copies what a commit is about to change, if it is shared."""
        if self._shares_state:
            self._memory = self._memory.fork()
            self._names = self._names.fork()
            self._tokens = CountingWriter(self._tokens.adaptive.fork())
            self._shares_state = False
        if outlines and self._shares_outlines:
            self._new = self._new.fork()
            self._outlines = CountingWriter(self._outlines.adaptive.fork())
            self._shares_outlines = False

    def outline(self, outline: Outline) -> float:
        """Returns the bits to bring an outline in: to refer to it, and to define it if it is new."""
        outline_id = self._find(outline)
        self._tokens.try_out()
        write_outline_reference(
            self._tokens, self._memory, self._memory.next_new if outline_id is None else outline_id
        )
        bits = self._tokens.undo()
        return bits + self._definition(outline, None) if outline_id is None else bits

    def token(self, token: Token) -> float:
        """Returns the bits of a token in the present state, a new outline included; nothing is changed.

        Raises UsageError for a token that names a shape that is not there.
        """
        moment = self._memory.moment
        shape = self._names.coded(token)
        outline_id, new = self._outline_id(token, shape)
        self._tokens.try_out()
        write_token(self._tokens, self._memory, token, shape, outline_id)
        bits = self._tokens.undo()
        self._memory.moment = moment
        return bits + self._definition(new, self._old_outline(token, shape)) if new is not None else bits

    def commit(self, token: Token) -> float:
        """Returns the same price, and goes on to the state after the token."""
        shape = self._names.coded(token)
        outline_id, new = self._outline_id(token, shape)
        self._own(outlines=new is not None)
        bits = 0.0
        if new is not None:
            self._new.write(self._outlines, self._outlines.adaptive, new, self._old_outline(token, shape))
            bits = self._outlines.take()
            self._new.add(new)
        write_token(self._tokens, self._memory, token, shape, outline_id)
        self._memory.remember(token, shape, outline_id)
        self._names.remember(token)
        return bits + self._tokens.take()

    def _find(self, outline: Outline) -> int | None:
        outline_id = self._new.ids.get(outline)
        return self._known.find(outline) if outline_id is None else outline_id

    def _outline_id(self, token: Token, shape: int) -> tuple[int, Outline | None]:
        """The dictionary id of a token's outline, and the outline itself if it is new."""
        outline = outline_of(token)
        if outline is None:
            return NOBODY, None
        if isinstance(token, Edit):
            live = self._memory.shapes[shape]
            if live.state.outline == outline:
                return live.outline_id, None
        outline_id = self._find(outline)
        return (self._memory.next_new, outline) if outline_id is None else (outline_id, None)

    def _old_outline(self, token: Token, shape: int) -> Outline | None:
        return self._memory.shapes[shape].state.outline if isinstance(token, Edit) else None

    def _definition(self, outline: Outline, old: Outline | None) -> float:
        self._outlines.try_out()
        self._new.write(self._outlines, self._outlines.adaptive, outline, old)
        return self._outlines.undo()
