# SPDX-License-Identifier: Apache-2.0
"""Shapes of every kind, and tokens that move them in every way, for tests of what browsers show."""

from __future__ import annotations

from mtor_transcode.codec.canonical import canonical_outline
from mtor_transcode.codec.rfc_json.colours import from_hex
from mtor_transcode.model import (
    Background,
    Camera,
    CameraMove,
    ColourSpec,
    Contour,
    Edit,
    Enter,
    Leave,
    LinearGradient,
    NodeKind,
    Outline,
    RadialGradient,
    ShadingField,
    ShapeState,
    Solid,
    Token,
    Transform,
)  # fmt: skip

SIZE = (320, 192)
TICKS = 120
CORNER, SMOOTH, CONTROL = NodeKind.CORNER, NodeKind.SMOOTH, NodeKind.CONTROL


def outline(*points: tuple[int, int], kind: NodeKind = CORNER, stroke: int = 0) -> Outline:
    contour = Contour(tuple((16 * x, 16 * y) for x, y in points), (kind,) * len(points), closed=not stroke)
    return canonical_outline(Outline((contour,), stroke))[0]


SQUARE = outline((-24, -24), (24, -24), (24, 24), (-24, 24))
STAR = outline((0, -40), (10, -10), (40, 0), (10, 10), (0, 40), (-10, 10), (-40, 0), (-10, -10))
BLOB = outline((-30, -20), (0, -32), (30, -20), (30, 32), (-30, 20), kind=SMOOTH)
BLOB2 = outline((-40, -10), (0, -20), (20, -30), (40, 30), (-20, 32), kind=SMOOTH)
LINE = outline((-40, -10), (0, 10), (40, -10), stroke=96)
RING = Outline(
    (
        SQUARE.contours[0],
        Contour(
            ((-160, 0), (-160, 160), (160, 160), (160, -160), (0, -160)),
            (CORNER, CONTROL, CONTROL, CORNER, CONTROL),
        ),
    )
)
RED, BLUE, GREEN = (Solid(from_hex(text, ColourSpec())) for text in ("#d03020", "#3040c0", "#40a050"))
WHITE, DARK = Solid((235, 128, 128)), Solid((40, 140, 120))
SHADE = LinearGradient((70, 170, 115), (180, 100, 145), 5, 2, 14)
GLOW = RadialGradient((200, 120, 140), (60, 150, 110), 20, 16, 50, 70)
GLOW2 = RadialGradient((90, 120, 140), (220, 128, 120), 50, 40, 30, 20, 6)
FIELD = ShadingField((200, 120, 140), (60, 150, 110), 3, (0, 9, 16, 4, 16, 7, 0, 2, 12, 16, 16, 3))
FIELD2 = ShadingField((90, 120, 140), (220, 128, 120), 3, (64, 0, 8, 40, 32, 0, 16, 64, 9, 0, 0, 64), 64)
WIDE = ShadingField((30, 140, 120), (230, 110, 140), 4, (0, 8, 1, 7, 8, 0, 5, 2), 8)
SHADE2 = LinearGradient((210, 128, 90), (40, 128, 160), 60, -4, 20)


def at(x: float, y: float, scale: float = 1, turn: float = 0) -> Transform:
    return Transform(int(16 * x), int(16 * y), int(4096 * scale), int(4096 * turn))


MOVING: tuple[Token, ...] = (
    Enter(0, 0, ShapeState(SQUARE, RED, at(60, 50))),
    Enter(0, 1, ShapeState(BLOB, SHADE, at(160, 60, 1, 0.1))),
    Enter(0, 2, ShapeState(LINE, BLUE, at(250, 60), 160), under=2),
    Enter(0, 3, ShapeState(RING, GREEN, at(90, 130, 1.3))),
    Edit(10, 60, 0, ShapeState(SQUARE, BLUE, at(140, 80, 1.5, 0.9), 180)),
    Edit(10, 80, 1, ShapeState(BLOB2, SHADE2, at(200, 110, 0.7, 0.4))),
    Edit(20, 40, 2, ShapeState(outline((-30, 10), (0, -20), (50, 10), stroke=32), SHADE, at(240, 90))),
    Edit(20, 60, 3, ShapeState(STAR, SHADE, at(100, 120))),
    CameraMove(30, 40, Camera(160, -80, 5000, 200)),
    Background(30, 30, SHADE2),
    Enter(40, 4, ShapeState(STAR, WHITE, at(250, 140)), under=1, duration=30),
    Edit(50, 20, 0, ShapeState(SQUARE, GREEN, at(60, 50))),
    Leave(60, 2, 20),
    Enter(64, 5, ShapeState(SQUARE, DARK, at(30, 160)), under=2),
    Edit(70, 30, 5, ShapeState(LINE, DARK, at(60, 160))),
    Leave(90, 1),
    CameraMove(95, 0, Camera()),
)

RINGS: tuple[Token, ...] = (
    Enter(0, 0, ShapeState(SQUARE, GLOW, at(60, 50, 1.2))),
    Enter(0, 1, ShapeState(BLOB, GLOW2, at(160, 60, 1.3, 0.1), 200)),
    Enter(0, 2, ShapeState(LINE, GLOW, at(250, 60))),
    Enter(0, 3, ShapeState(RING, GLOW2, at(90, 130, 1.3))),
    Enter(0, 4, ShapeState(STAR, SHADE, at(250, 130))),
    Edit(10, 40, 0, ShapeState(SQUARE, GLOW2, at(100, 60, 1.5, 0.4))),
    Edit(10, 40, 1, ShapeState(BLOB, GREEN, at(160, 60, 1.3, 0.1))),
    Edit(20, 40, 4, ShapeState(STAR, GLOW, at(250, 130))),
    Background(30, 30, GLOW),
    Edit(60, 30, 1, ShapeState(BLOB, GLOW, at(170, 70, 1.3, 0.1))),
    Background(80, 20, SHADE2),
)
"""Radial gradients in areas, lines and behind them, from and to others, colours and kinds."""

FIELDS: tuple[Token, ...] = (
    Enter(0, 0, ShapeState(SQUARE, FIELD, at(60, 50, 1.2))),
    Enter(0, 1, ShapeState(BLOB, FIELD2, at(160, 60, 1.3, 0.1), 200)),
    Enter(0, 2, ShapeState(LINE, FIELD, at(250, 60))),
    Enter(0, 3, ShapeState(RING, WIDE, at(90, 130, 1.3))),
    Enter(0, 4, ShapeState(STAR, SHADE, at(250, 130))),
    Edit(10, 40, 0, ShapeState(SQUARE, FIELD2, at(100, 60, 1.5, 0.4))),
    Edit(10, 40, 1, ShapeState(BLOB, GREEN, at(160, 60, 1.3, 0.1))),
    Edit(20, 40, 4, ShapeState(STAR, FIELD, at(250, 130))),
    Background(30, 30, WIDE),
    Edit(60, 30, 1, ShapeState(BLOB, FIELD, at(170, 70, 1.3, 0.1))),
    Edit(60, 30, 3, ShapeState(RING, FIELD, at(90, 130, 1.3))),
    Background(80, 20, SHADE2),
)
"""Shading fields in areas, lines and behind them, from and to others, colours and other kinds."""
