"""Outbound mail gateway and SMTP policy milter for Vietnamese public offices (Decision 7600/QĐ-UBND of 2023)."""

__version__ = "0.2.0"
