# SPDX-License-Identifier: Apache-2.0
"""Long films: reels coded on many cores or machines, kept until all are there, and joined."""
