"""Second factors: time-based codes (RFC 6238, 30 s, six digits) and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sqlite3
from typing import Final

import pyotp

ISSUER: Final = "Cổng thư công vụ"
STEP_S: Final = 30
RECOVERY_CODES: Final = 10
_KEPT_STEPS: Final = 3
"""Used steps older than this cannot count again."""


def new_secret() -> str:
    """Return a secret of 160 bits in base32."""
    return pyotp.random_base32(32)


def uri_of(secret: str, name: str) -> str:
    """Return what an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: float) -> int | None:
    """Return the time step that a code is for, the present one or a neighbour; None when it is for neither."""
    digits = "".join(code.split())
    otp, present = pyotp.TOTP(secret), int(now) // STEP_S
    steps = [present + away for away in (0, -1, 1) if present + away >= 0]
    good = [
        step
        for step in steps
        if hmac.compare_digest(otp.generate_otp(step), digits.encode("ascii", "replace").decode())
    ]
    return good[0] if good else None


def use_step(connection: sqlite3.Connection, name: str, step: int, now: float) -> bool:
    """Note a used step, one by one, for clocks that went ahead and came back; False when it was used before."""
    connection.execute("DELETE FROM used_step WHERE name = ? AND step < ?", (name, int(now) // STEP_S - _KEPT_STEPS))
    done = connection.execute("INSERT OR IGNORE INTO used_step (name, step) VALUES (?, ?)", (name, step))
    return done.rowcount == 1


def new_recovery_codes() -> tuple[str, ...]:
    """Return ten codes of 80 bits, in groups of four letters and digits."""
    return tuple(_grouped(base64.b32encode(secrets.token_bytes(10)).decode().lower()) for _ in range(RECOVERY_CODES))


def digest_of(recovery_code: str) -> str:
    """Return what is kept of a recovery code; it is random, so a plain digest cannot be guessed."""
    plain = "".join(letter for letter in recovery_code.casefold() if letter.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def new_password() -> str:
    """Return a one-time password that fits the rule for passwords and can be read aloud."""
    return f"{_grouped(base64.b32encode(secrets.token_bytes(10)).decode().lower())}-A"


def _grouped(text: str) -> str:
    return "-".join(text[begin : begin + 4] for begin in range(0, len(text), 4))
