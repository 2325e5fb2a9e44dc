# SPDX-License-Identifier: Apache-2.0
"""The nouns of MTOR: frozen, typed, free of I/O."""

from mtor_transcode.model.film import AudioInfo, AudioPacket, ColourSpec, FilmHeader, Subtitle, SubtitleInfo
from mtor_transcode.model.geometry import (
    IDENTITY,
    SCALE_ONE,
    STILL_CAMERA,
    TURN,
    UNITS_PER_PX,
    Camera,
    Contour,
    NodeKind,
    Outline,
    Point,
    Transform,
)
from mtor_transcode.model.mask import CELLS_PER_NODE, Mask
from mtor_transcode.model.paint import (
    Backdrop,
    Border,
    Colour,
    Fill,
    Gradient,
    LinearGradient,
    Paint,
    RadialGradient,
    ShadingField,
    Solid,
)
from mtor_transcode.model.scene import Scene, SceneStart, Span, Transition
from mtor_transcode.model.state import OPAQUE, ShapeState
from mtor_transcode.model.texture import PARTS, SHARPEST, Texture, TexturePaint
from mtor_transcode.model.token import Background, CameraMove, Edit, Enter, Leave, Token

__all__ = [
    "CELLS_PER_NODE", "IDENTITY", "OPAQUE", "PARTS", "SCALE_ONE", "SHARPEST", "STILL_CAMERA", "TURN",
    "UNITS_PER_PX",
    "AudioInfo", "AudioPacket", "Backdrop", "Background", "Border", "Camera", "CameraMove", "Colour",
    "ColourSpec", "Contour", "Edit", "Enter", "Fill", "FilmHeader", "Gradient", "Leave", "LinearGradient",
    "Mask", "NodeKind", "Outline", "Paint", "Point", "RadialGradient", "Scene", "SceneStart", "ShadingField",
    "ShapeState", "Solid", "Span", "Subtitle", "SubtitleInfo", "Texture", "TexturePaint", "Token",
    "Transform", "Transition",
]  # fmt: skip
