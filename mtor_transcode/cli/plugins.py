# SPDX-License-Identifier: Apache-2.0
"""``mtor plugins``: what plugins are installed, and which are broken."""

from __future__ import annotations

from mtor_transcode.cli.console import emit, say, warn
from mtor_transcode.cli.options import AsJson
from mtor_transcode.cli.words import table


def plugins(as_json: AsJson = False) -> None:
    """List the plugins that are installed."""
    from mtor_transcode.plugins import GROUP, discover

    listing = discover()
    for broken in listing.broken:
        warn(f"the plugin {broken.entry} of {broken.package} is left out: {broken.error}")
    if as_json:
        emit("result", {**listing.to_json(), "type": "Plugins", "version": 1})
        return
    if not listing.found:
        say(f"no plugins are installed (packages offer them under the entry point {GROUP})")
        return
    rows = [(found.kind, found.name, found.plugin.version, found.package) for found in listing.found]
    for line in table([("kind", "name", "version", "package"), *rows]):
        say(line)
