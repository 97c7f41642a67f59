"""Rules: one pure module for each policy, without SMTP and I/O.

A policy module is `RULES` (what it states), `NEEDS` (which evidence it looks at), `Settings` (its part of the policy
file) and `evaluate(evidence, settings)` which yields findings. Its words are in `policies/texts/NAME.toml`.
"""
