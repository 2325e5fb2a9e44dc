# SPDX-License-Identifier: Apache-2.0
"""``python -m mtor_transcode`` is ``mtor``."""

from __future__ import annotations

from mtor_transcode.cli.entry import main

if __name__ == "__main__":
    main()
