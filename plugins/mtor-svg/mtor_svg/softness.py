# SPDX-License-Identifier: Apache-2.0
"""A soft scene: a filter on the group of all that it shows.

Browsers do not repeat a picture's edges outwards. So the background is painted beyond them, as far as the
blur reaches; near the edges a scene may then differ from the film.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from mtor_svg.markup import element, number
from mtor_transcode.model import FilmHeader
from mtor_transcode.render.soften import SOFTNESS_PER_PX


def ground_box(header: FilmHeader, softness: int) -> dict[str, str]:
    """The attributes of a rectangle: the picture, with a margin for the blur if there is one."""
    if not softness:
        return {"width": "100%", "height": "100%"}
    margin = math.ceil(3 * softness / SOFTNESS_PER_PX)
    width, height = header.width + 2 * margin, header.height + 2 * margin
    return {"x": str(-margin), "y": str(-margin), "width": str(width), "height": str(height)}


def ground_region(header: FilmHeader, softness: int) -> tuple[float, float, float, float]:
    """What ``ground_box`` covers: x0, y0, x1, y1 in px."""
    margin = float(math.ceil(3 * softness / SOFTNESS_PER_PX))
    return (-margin, -margin, header.width + margin, header.height + margin)


def softened(children: Iterable[str], header: FilmHeader, softness: int, key: str) -> str:
    """What a scene shows, blurred if it is soft; ``key`` names the filter."""
    if not softness:
        return "\n".join(children)
    blur = element("feGaussianBlur", {"stdDeviation": number(softness / SOFTNESS_PER_PX)})
    attributes = {"id": key, "filterUnits": "userSpaceOnUse", "color_interpolation_filters": "sRGB"}
    definition = element("filter", attributes | ground_box(header, softness), [blur])
    return definition + element("g", {"filter": f"url(#{key})"}, children)
