# SPDX-License-Identifier: Apache-2.0
"""Signatures, keys and sealing: bytes and cryptography, nothing of the codec. See ``docs/security.md``."""
