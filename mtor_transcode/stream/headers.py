# SPDX-License-Identifier: Apache-2.0
"""Headers that every answer has: what a browser may do with our pages, and what it must not."""

from __future__ import annotations

from typing import Final

CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        # WebAssembly of the player is compiled from our own files; no eval, no inline script or style.
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

SECURITY: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Server": "mtor",
}

STRICT_TRANSPORT: Final = "max-age=31536000"
"""Strict-Transport-Security over TLS: the site is never asked for in the clear again, for a year."""

IMMUTABLE: Final = "public, max-age=31536000, immutable"
PRIVATE_IMMUTABLE: Final = "private, max-age=31536000, immutable"
"""Of what only viewers with a token may have: their own browsers keep it, caches between do not."""

REVALIDATE: Final = "no-cache"
NEVER: Final = "no-store"
