"""Outbound mail gateway and SMTP policy milter for Vietnamese public offices (Decision 7600/QĐ-UBND of 2023)."""

from datetime import date

__version__ = "0.2.0"
BUILT = date(2026, 11, 27)
"""The day of this release: a clock that says less is wrong."""
