# SPDX-License-Identifier: Apache-2.0
"""Scenes made from known vectors: what they would cost at best, and how far a transcode is from it."""
