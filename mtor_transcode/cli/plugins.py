# SPDX-License-Identifier: Apache-2.0
"""``mtor plugins``: what plugins are installed, and which are broken."""

from __future__ import annotations

from mtor_transcode.cli.options import AsJson


def plugins(as_json: AsJson = False) -> None:
    """List the plugins that are installed."""
