# SPDX-License-Identifier: Apache-2.0
"""The JSON objects of RFC 4.1 and 4.2 and of the files beside them, as typed structs.

The JSON Schema in ``schema/`` is generated from these types (see ``schema.py``). Fields of our own stand
under an ``mtor`` key, where unknown names are refused; elsewhere unknown names are let through, as the RFC
leaves its objects open. Lengths are in px, angles in degrees clockwise, opacity runs from 0 to 1; all are
multiples of the model's integer steps when we write them, so that reading them back loses nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from mtor_transcode.codec.limits import (
    MAX_BORDER,
    MAX_LEVELS,
    MAX_MASK_SIDE,
    MAX_PATCH_COLOURS,
    MAX_SOFTNESS,
)
from mtor_transcode.codec.rfc_json import limits
from mtor_transcode.model import SHARPEST, UNITS_PER_PX
from mtor_transcode.model.paint import FIELD_STEPS, MAX_FIELD_SIDE

Name = Annotated[str, Meta(max_length=500)]
Px = Annotated[float, Meta(ge=-limits.PX, le=limits.PX)]
Length = Annotated[float, Meta(gt=0, le=limits.PX)]
Stroke = Annotated[float, Meta(ge=0, le=limits.PX)]
BorderWidth = Annotated[float, Meta(gt=0, le=MAX_BORDER / UNITS_PER_PX)]
Scale = Annotated[float, Meta(ge=0, le=limits.FACTOR)]
Degrees = Annotated[float, Meta(ge=-limits.DEGREES, le=limits.DEGREES)]
Share = Annotated[float, Meta(ge=0, le=1)]
Place = Annotated[float, Meta(ge=-64, le=64)]
Centre = Annotated[float, Meta(ge=-1, le=2)]
Radius = Annotated[float, Meta(gt=0, le=4)]
Byte = Annotated[int, Meta(ge=0, le=255)]
Level = Annotated[int, Meta(ge=0, le=FIELD_STEPS[-1])]
Small = Annotated[int, Meta(ge=0, le=limits.INTEGER)]
Positive = Annotated[int, Meta(ge=1, le=limits.INTEGER)]
Ticks = Annotated[int, Meta(ge=0, le=limits.TICKS)]
SignedTicks = Annotated[int, Meta(ge=-limits.TICKS, le=limits.TICKS)]
Milliseconds = Annotated[int, Meta(ge=0, le=limits.TICKS)] | Annotated[float, Meta(ge=0, le=limits.TICKS)]
Ratio = tuple[Positive, Positive]
"""Numerator and denominator."""

XY = tuple[Px, Px]
Hex = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$")]
Colour = Hex | tuple[Byte, Byte, Byte]
"""``#rrggbb`` (sRGB), or [Y, Cb, Cr] in the film's own colour space."""


class Rings(Struct, forbid_unknown_fields=True):
    """Ellipses around (x, y), all in shares of the figure's box, but ``inner`` in shares of the radii."""

    x: Centre = 0.5
    y: Centre = 0.5
    rx: Radius = 0.5
    ry: Radius = 0.5
    inner: Annotated[float, Meta(ge=0, lt=1)] = 0


class Grid(Struct, forbid_unknown_fields=True):
    """Levels of 0 to ``steps``, row by row, of a grid over the figure's box: control points of a spline."""

    columns: Annotated[int, Meta(ge=2, le=MAX_FIELD_SIDE)]
    levels: Annotated[list[Level], Meta(max_length=MAX_FIELD_SIDE**2)]
    steps: Annotated[int, Meta(ge=FIELD_STEPS[0], le=FIELD_STEPS[-1])] = 16


class Gradient(Struct, forbid_unknown_fields=True):
    """Two colours along a direction; ``start`` and ``end`` are shares of the figure's extent that way.

    With ``rings`` it is a radial one, with ``grid`` a shading field, and the direction counts for nothing.
    """

    first: Colour
    last: Colour
    angle: Degrees = 0
    start: Place = 0
    end: Place = 1
    rings: Rings | UnsetType = UNSET
    grid: Grid | UnsetType = UNSET


Paint = Colour | Gradient


class Figure(Struct, tag_field="kind", omit_defaults=True, kw_only=True):
    """What every drawn figure may carry: a paint (``fill``, also called ``paint``), a line width."""

    fill: Paint | None = None
    paint: Paint | None = None
    stroke_width: Stroke = 0


class Polygon(Figure, tag="polygon", omit_defaults=True):
    """A closed chain of lines; with ``closed`` false and a ``stroke_width``, an open one."""

    points: list[XY]
    closed: bool = True


class Bezier(Figure, tag="bezier", omit_defaults=True):
    """Cubic segments: the first point, then (handle, handle, point) for each segment.

    If the last point is left out (3n points), the last segment runs back to the first point.
    """

    points: list[XY]
    closed: bool = True


class Circle(Figure, tag="circle", omit_defaults=True):
    """A circle around (cx, cy)."""

    r: Length
    cx: Px = 0
    cy: Px = 0


class Ellipse(Figure, tag="ellipse", omit_defaults=True):
    """An ellipse around (cx, cy) with radii along the axes."""

    rx: Length
    ry: Length
    cx: Px = 0
    cy: Px = 0


class Rect(Figure, tag="rect", omit_defaults=True):
    """A rectangle with its upper left corner at (x, y)."""

    width: Length
    height: Length
    x: Px = 0
    y: Px = 0


class Contour(Struct, omit_defaults=True):
    """A chain of nodes; ``nodes`` has one letter a point: c corner, s smooth, h handle."""

    points: list[XY]
    nodes: Annotated[str, Meta(pattern="^[csh]*$")]
    closed: bool = True


class Path(Figure, tag="path", omit_defaults=True):
    """The film's own outline: contours filled even-odd, or stroked."""

    contours: list[Contour]


class Mask(Figure, tag="mask", omit_defaults=True):
    """Coverage by square cells of 1 px: ``values`` (base64) has a byte for each, 0 to ``levels``, row by row.

    The origin is the lower left corner of cell ``width // 2`` of the last row. With ``colours``, one for each
    level, a cell above 0 is full and has its own colour.
    """

    width: Annotated[int, Meta(ge=1, le=MAX_MASK_SIDE)]
    height: Annotated[int, Meta(ge=1, le=MAX_MASK_SIDE)]
    levels: Annotated[int, Meta(ge=1, le=MAX_LEVELS)]
    values: bytes
    colours: Annotated[list[tuple[Byte, Byte, Byte]], Meta(max_length=MAX_PATCH_COLOURS)] = []


class Reference(Struct, tag_field="kind", tag="outline", omit_defaults=True):
    """The geometry of another entry of the dictionary."""

    ref: Name
    fill: Paint | None = None
    paint: Paint | None = None


AnyFigure = Polygon | Bezier | Circle | Ellipse | Rect | Path | Mask | Reference


class Texture(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """An AV1 sequence stretched over the frame, or over a figure's bounding box, from tick ``start`` on.

    ``steps`` are the ticks between its pictures; ``data`` is AV1 (OBUs with sizes) in base64; ``moves`` tells
    for each picture but the last whether it moves on to the next (left out if none does), ``sharpness`` is in
    eighths.
    """

    width: Positive
    height: Positive
    start: SignedTicks
    steps: list[Ticks]
    data: bytes
    moves: list[bool] = []
    sharpness: Annotated[int, Meta(ge=0, le=SHARPEST)] = 0


class Border(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A line around a figure, below its paint, that reaches ``width`` px beyond the figure's edge.

    Its corners are round, or ``sharp``.
    """

    width: BorderWidth
    colour: Colour
    sharp: bool = False


class EntryExtra(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Our own part of a state: scaled, turned about (0, 0), then moved to (x, y), with paint and border."""

    paint: Paint | None = None
    x: Px = 0
    y: Px = 0
    scale: Scale = 1
    angle: Degrees = 0
    opacity: Share = 1
    texture: Texture | None = None
    border: Border | None = None


class Entry(Struct, omit_defaults=True):
    """An entry of the dictionary (RFC 4.2).

    ``type`` is free text, with these of a meaning of their own: ``nothing`` (draws nothing), ``camera`` and
    ``background`` (moved and painted by their ``mtor`` part), ``outline`` (only referred to). All other
    types are states of shapes, and an empty geometry draws a placeholder.
    """

    type: Name
    character: Name | None = None
    pose: Name | None = None
    lighting: Name | None = None
    geometry: list[AnyFigure] | UnsetType = UNSET
    fill: Paint | None = None
    paint: Paint | None = None
    mtor: EntryExtra | None = None


Dictionary = dict[str, Entry]


class Parameters(Struct):
    """The transition of RFC 4.3: from V_start to V_end over T."""

    start_vector: Name
    end_vector: Name
    duration_ms: Milliseconds
    transition_type: Name = "linear_interpolation"


Kind = Literal["enter", "edit", "leave", "camera", "background"]


class TokenExtra(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Our own part of a token. ``at`` and ``duration`` are film ticks and override milliseconds.

    With ``kind`` the token is one of the model's, taken literally; without it the token is understood from
    its vectors. ``closing`` puts it into the span that ends at ``at``, not into the one that begins there.
    """

    kind: Kind | None = None
    scene: Small | None = None
    shape: Small | None = None
    at: Ticks | None = None
    duration: Ticks | None = None
    under: Small | None = None
    closing: bool = False


class VideoEvent(Struct, omit_defaults=True, kw_only=True):
    """A token (RFC 4.1), one a line in ``tokens.jsonl``."""

    message_type: Literal["video_event"]
    token_id: Name
    action: Name
    parameters: Parameters
    timestamp: Milliseconds
    mtor: TokenExtra | None = None


class CameraPlace(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What the screen shows: world scaled and turned about the frame's centre, then moved by (x, y)."""

    x: Px = 0
    y: Px = 0
    scale: Scale = 1
    angle: Degrees = 0


class SceneHead(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A scene of the manifest; ``spans`` are its pieces [start, end) in ticks, one after the other.

    ``softness`` blurs its picture: the standard deviation in quarters of a px.
    """

    number: Small
    start: Ticks
    background: Paint
    spans: list[tuple[Ticks, Ticks]]
    camera: CameraPlace = field(default_factory=CameraPlace)
    transition: Literal["cut", "dissolve"] = "cut"
    transition_ticks: Ticks = 0
    softness: Annotated[int, Meta(ge=0, le=MAX_SOFTNESS)] = 0


class ColourCodes(Struct, forbid_unknown_fields=True):
    """Code points of ITU-T H.273."""

    matrix: Byte = 1
    primaries: Byte = 1
    transfer: Byte = 1
    full_range: bool = False


class Sound(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The sound track, whose packets stand in ``audio.jsonl``; ``setup`` is base64."""

    codec: Name
    sample_rate: Positive
    channels: Positive
    language: Name = ""
    setup: bytes = b""
    priming: Small = 0


class SubtitleTrack(Struct, forbid_unknown_fields=True):
    """A track of the lines in ``subtitles.jsonl``."""

    language: Name = ""


class Manifest(Struct, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What holds for the whole film, in ``manifest.json``. ``duration`` is in ticks."""

    format: Literal["mtor-rfc-json"]
    version: Literal[1]
    width: Positive
    height: Positive
    time_base: Ratio
    frame_rate: Ratio
    pixel_aspect: Ratio = (1, 1)
    colour: ColourCodes = field(default_factory=ColourCodes)
    duration: Ticks | None = None
    scenes: list[SceneHead] | None = None
    sound: Sound | None = None
    subtitles: list[SubtitleTrack] = field(default_factory=list)


class Packet(Struct, forbid_unknown_fields=True):
    """A line of ``audio.jsonl``: times in samples, ``data`` is base64."""

    pts: SignedTicks
    duration: Ticks
    data: bytes


class SubtitleLine(Struct, forbid_unknown_fields=True):
    """A line of ``subtitles.jsonl``."""

    track: Small
    start_ms: Ticks
    end_ms: Ticks
    text: Annotated[str, Meta(max_length=100_000)]
