# SPDX-License-Identifier: Apache-2.0
"""Which matrix, primaries, transfer and range a source's samples have.

Tags of the stream count. Untagged YCbCr is taken as players do: BT.709 from 1280 px wide or above 576 px
high, BT.601 below; BT.2020 follows its own primaries or an HDR transfer. Untagged range is limited. RGB
(PNG, GIF, GBR video) is converted to BT.601, limited; its primaries and transfer, if untagged, are sRGB's.
"""

from __future__ import annotations

from av.video.frame import VideoFrame

from mtor_transcode.model import ColourSpec

BT601_MATRIX = 6
UNSPECIFIED = 2
FULL_RANGE = 2
_RESERVED = frozenset({0, 3})
_SRGB = (1, 13)
# The primaries and the transfer that go with a matrix (H.273).
_COMPANIONS = {1: (1, 1), 5: (5, 6), 6: (6, 6), 7: (7, 7), 9: (9, 14), 10: (9, 14)}
_HDR_TRANSFERS = frozenset({14, 15, 16, 18})


def colour_of(frame: VideoFrame, rgb: bool) -> ColourSpec:
    """The colour space of the planes made from ``frame``; ``rgb`` if they had to be converted from RGB."""
    primaries, transfer = int(frame.color_primaries), int(frame.color_trc)
    if rgb:
        return ColourSpec(
            matrix=BT601_MATRIX,
            primaries=_or(primaries, _SRGB[0]),
            transfer=_or(transfer, _SRGB[1]),
            full_range=False,
        )
    matrix = _or(int(frame.colorspace), _guess_matrix(frame.width, frame.height, primaries, transfer))
    companions = _COMPANIONS.get(matrix, (1, 1))
    return ColourSpec(
        matrix=matrix,
        primaries=_or(primaries, companions[0]),
        transfer=_or(transfer, companions[1]),
        full_range=is_full_range(frame),
    )


def is_full_range(frame: VideoFrame) -> bool:
    """Whether black and white are the ends of the code range (also in the old ``yuvj`` formats)."""
    return int(frame.color_range) == FULL_RANGE or frame.format.name.startswith("yuvj")


def _guess_matrix(width: int, height: int, primaries: int, transfer: int) -> int:
    if primaries == 9 or transfer in _HDR_TRANSFERS:
        return 9
    return 1 if width >= 1280 or height > 576 else BT601_MATRIX


def _or(tag: int, default: int) -> int:
    return default if tag == UNSPECIFIED or tag in _RESERVED else tag
