# SPDX-License-Identifier: Apache-2.0
"""The MTOR format: syntax, entropy coding, container."""
