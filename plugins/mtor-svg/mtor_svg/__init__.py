# SPDX-License-Identifier: Apache-2.0
"""SVG from MTOR: ``still_svg`` for a moment, ``scene_svg`` for a scene, ``SvgExporter`` as a plugin."""

from mtor_svg.animated import scene_svg
from mtor_svg.exporter import SvgExporter
from mtor_svg.still import still_svg

__all__ = ["SvgExporter", "scene_svg", "still_svg"]
