# SPDX-License-Identifier: Apache-2.0
"""Delivery: films over a network, and the player in the browser (``player/``, plain ES modules)."""
