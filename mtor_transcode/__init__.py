# SPDX-License-Identifier: Apache-2.0
"""Ordinary video to MTOR (vector shapes moved by compact tokens) and back."""

__version__ = "0.1.0"
