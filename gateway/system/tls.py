"""Server TLS settings for every listener."""

from __future__ import annotations

import ssl
from pathlib import Path


def server_tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a server context for TLS 1.2 and later; OSError or ssl.SSLError for unusable files."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.load_cert_chain(certificate, key, password=lambda: "")  # never prompt on the terminal
    return context
