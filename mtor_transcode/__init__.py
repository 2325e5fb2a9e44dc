# SPDX-License-Identifier: Apache-2.0
"""Ordinary video to MTOR (vector shapes moved by compact tokens) and back.

The public face is ``transcode``, ``transcode_all``, ``render``, ``report``, ``bench``, ``inspect``, ``info``,
``export``, ``import_``, ``open``, ``serve`` and the four jobs on series dictionaries, imported when first
used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mtor_transcode import render as _layer
from mtor_transcode.errors import MtorError

if TYPE_CHECKING:
    from mtor_transcode.api import bench as bench
    from mtor_transcode.api import build_dictionary as build_dictionary
    from mtor_transcode.api import dictionary_info as dictionary_info
    from mtor_transcode.api import export as export
    from mtor_transcode.api import import_ as import_
    from mtor_transcode.api import info as info
    from mtor_transcode.api import inspect as inspect
    from mtor_transcode.api import merge_dictionaries as merge_dictionaries
    from mtor_transcode.api import new_keys as new_keys
    from mtor_transcode.api import open as open
    from mtor_transcode.api import render as render
    from mtor_transcode.api import report as report
    from mtor_transcode.api import rotate_keys as rotate_keys
    from mtor_transcode.api import seal as seal
    from mtor_transcode.api import serve as serve
    from mtor_transcode.api import show_key as show_key
    from mtor_transcode.api import sign as sign
    from mtor_transcode.api import transcode as transcode
    from mtor_transcode.api import transcode_all as transcode_all
    from mtor_transcode.api import unseal as unseal
    from mtor_transcode.api import verify as verify
    from mtor_transcode.api import verify_dictionary as verify_dictionary

__version__ = "0.1.0"

__all__ = [
    "MtorError", "__version__", "bench", "build_dictionary", "dictionary_info", "export", "import_", "info",
    "inspect", "merge_dictionaries", "new_keys", "open", "render", "report", "rotate_keys", "seal", "serve",
    "show_key", "sign", "transcode", "transcode_all", "unseal", "verify", "verify_dictionary",
]  # fmt: skip


class _CallableLayer(ModuleType):
    """The folder ``render``, which is at the same time the public function of that name.

    Python binds a subpackage under its name in the parent; called, it passes on to ``api.render``.
    """

    def __call__(self, *args: Any, **options: Any) -> Any:
        """See ``mtor_transcode.api.render``."""
        return _public("render")(*args, **options)


_layer.__class__ = _CallableLayer


def _public(name: str) -> Any:
    return getattr(importlib.import_module("mtor_transcode.api"), name)


def __getattr__(name: str) -> Any:
    if name in __all__:
        return _public(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
