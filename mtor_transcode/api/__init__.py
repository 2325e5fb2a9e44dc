# SPDX-License-Identifier: Apache-2.0
"""The jobs of the toolkit as functions with typed results; each is imported when first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtor_transcode.api.batching import transcode_all as transcode_all
    from mtor_transcode.api.benching import bench as bench
    from mtor_transcode.api.describing import info as info
    from mtor_transcode.api.dictionaries import build_dictionary as build_dictionary
    from mtor_transcode.api.dictionaries import dictionary_info as dictionary_info
    from mtor_transcode.api.dictionaries import merge_dictionaries as merge_dictionaries
    from mtor_transcode.api.dictionaries import verify_dictionary as verify_dictionary
    from mtor_transcode.api.exchange import export as export
    from mtor_transcode.api.exchange import import_ as import_
    from mtor_transcode.api.films import open as open
    from mtor_transcode.api.inspection import inspect as inspect
    from mtor_transcode.api.keys import new_keys as new_keys
    from mtor_transcode.api.keys import rotate_keys as rotate_keys
    from mtor_transcode.api.keys import show_key as show_key
    from mtor_transcode.api.living import transcode_live as transcode_live
    from mtor_transcode.api.oracles import oracle as oracle
    from mtor_transcode.api.orders import export_jobs as export_jobs
    from mtor_transcode.api.orders import run_job as run_job
    from mtor_transcode.api.orders import verify_jobs as verify_jobs
    from mtor_transcode.api.rendering import render as render
    from mtor_transcode.api.reporting import report as report
    from mtor_transcode.api.sealing import seal as seal
    from mtor_transcode.api.sealing import unseal as unseal
    from mtor_transcode.api.serving import serve as serve
    from mtor_transcode.api.signing import sign as sign
    from mtor_transcode.api.signing import verify as verify
    from mtor_transcode.api.transcoding import transcode as transcode

_HOMES = {
    "bench": "benching",
    "build_dictionary": "dictionaries",
    "dictionary_info": "dictionaries",
    "export": "exchange",
    "export_jobs": "orders",
    "import_": "exchange",
    "info": "describing",
    "inspect": "inspection",
    "merge_dictionaries": "dictionaries",
    "new_keys": "keys",
    "open": "films",
    "oracle": "oracles",
    "render": "rendering",
    "report": "reporting",
    "rotate_keys": "keys",
    "run_job": "orders",
    "seal": "sealing",
    "serve": "serving",
    "show_key": "keys",
    "sign": "signing",
    "transcode": "transcoding",
    "transcode_all": "batching",
    "transcode_live": "living",
    "unseal": "sealing",
    "verify": "signing",
    "verify_dictionary": "dictionaries",
    "verify_jobs": "orders",
}

__all__ = [
    "bench", "build_dictionary", "dictionary_info", "export", "export_jobs", "import_", "info",
    "inspect", "merge_dictionaries", "new_keys", "open", "oracle", "render", "report", "rotate_keys",
    "run_job", "seal", "serve", "show_key", "sign", "transcode", "transcode_all", "transcode_live",
    "unseal", "verify", "verify_dictionary", "verify_jobs",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
