# SPDX-License-Identifier: Apache-2.0
"""RFC JSON (4.1 and 4.2 of the RFC): ``export_json`` and ``import_json``, see ``docs/json.md``."""

from mtor_transcode.codec.rfc_json.export import export_json
from mtor_transcode.codec.rfc_json.importer import ImportResult, import_json

__all__ = ["ImportResult", "export_json", "import_json"]
