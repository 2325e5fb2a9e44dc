# SPDX-License-Identifier: Apache-2.0
"""The command line: one file a command, nothing but talk. Heavy imports happen inside commands."""

from mtor_transcode.cli.entry import main

__all__ = ["main"]
