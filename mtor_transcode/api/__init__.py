# SPDX-License-Identifier: Apache-2.0
"""The jobs of the toolkit as functions with typed results; each is imported when first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtor_transcode.api.benching import bench as bench
    from mtor_transcode.api.describing import info as info
    from mtor_transcode.api.exchange import export as export
    from mtor_transcode.api.exchange import import_ as import_
    from mtor_transcode.api.films import open as open
    from mtor_transcode.api.inspection import inspect as inspect
    from mtor_transcode.api.oracles import oracle as oracle
    from mtor_transcode.api.rendering import render as render
    from mtor_transcode.api.reporting import report as report
    from mtor_transcode.api.transcoding import transcode as transcode

_HOMES = {
    "bench": "benching",
    "export": "exchange",
    "import_": "exchange",
    "info": "describing",
    "inspect": "inspection",
    "open": "films",
    "oracle": "oracles",
    "render": "rendering",
    "report": "reporting",
    "transcode": "transcoding",
}

__all__ = ["bench", "export", "import_", "info", "inspect", "open", "oracle", "render", "report", "transcode"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
