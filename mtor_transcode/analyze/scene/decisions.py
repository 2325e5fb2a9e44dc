# SPDX-License-Identifier: Apache-2.0
"""What has been decided of a scene: the stage as it is now, the tokens that led there, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.tracks import Tracks
from mtor_transcode.analyze.patches.stills import SECTION_BITS
from mtor_transcode.codec.price import Pricer
from mtor_transcode.model import Enter, ShapeState, TexturePaint, Token


class Decisions:
    """The tokens of a scene in the making, on the stage ``live``.

    ``nodes`` counts those of the new shapes since ``take_tokens``, ``bits`` what its tokens cost; ``lam`` is
    distortion for a bit.
    """

    def __init__(self, live: LiveShapes, lam: float) -> None:
        self.live = live
        self.lam = lam
        self.nodes = 0
        self.bits = 0.0
        self._tokens: list[Token] = []
        self._before: dict[int, ShapeState] = {}
        self._tracks = Tracks()
        self._pricer: Pricer | None = None
        self._paid: dict[int, float] = {}
        self._next = 0
        self._panes: set[int] = set()

    def tokens(self) -> tuple[Token, ...]:
        """The tokens decided since ``take_tokens``, with tracks smoothed, in order of time."""
        return tuple(self._tracks.smoothed(self._tokens, self._before, self.lam))

    def take_tokens(self) -> tuple[Token, ...]:
        """The same, and from now on there are none."""
        tokens = self.tokens()
        self._tokens.clear()
        self._tracks.forget()
        self.nodes = 0
        self.bits = 0.0
        self._before = {shape.number: shape.state for shape in self.live.shapes}
        return tokens

    def price_with(self, pricer: Pricer) -> None:
        """Price by another pricer from now on (the writer has gone on to a new span)."""
        self._pricer = pricer

    def _prices(self) -> Pricer:
        assert self._pricer is not None
        return self._pricer

    def _token_price(self, token: Token) -> float:
        return self._prices().token(token)

    def _run_price(self, tokens: Iterable[Token]) -> float:
        """The bits of tokens one after another, each by what those before it have changed."""
        pricer = self._prices().fork()
        return sum(pricer.commit(token) for token in tokens)

    def _emit(self, token: Token) -> None:
        bits = self._prices().commit(token)
        if isinstance(token, Enter) and isinstance(token.state.paint, TexturePaint):
            bits += 8 * len(token.state.paint.texture.data) + SECTION_BITS
        self.bits += bits
        self._tokens.append(token)
        if isinstance(token, Enter):
            self._paid[token.shape] = bits
            self.nodes += token.state.outline.node_count

    def _held(self, stage: LiveShapes) -> Callable[[], None]:
        """What brings ``stage`` and the decisions back to where they are now, as often as it is called."""
        shapes, shown = stage.kept()
        tokens, paid, pricer = self._tokens.copy(), self._paid.copy(), self._prices().fork()
        bits, nodes, following, tracks = self.bits, self.nodes, self._next, self._tracks.fork()

        def put_back() -> None:
            stage.put_back((shapes.copy(), shown.copy()))
            self._tokens, self._paid, self._pricer = tokens.copy(), paid.copy(), pricer.fork()
            self.bits, self.nodes, self._next, self._tracks = bits, nodes, following, tracks.fork()

        return put_back
