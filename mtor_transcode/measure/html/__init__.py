# SPDX-License-Identifier: Apache-2.0
"""The report as one self-contained page."""

from mtor_transcode.measure.html.page import html_page

__all__ = ["html_page"]
