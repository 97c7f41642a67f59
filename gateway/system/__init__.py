"""Shared by all processes: supervised processes, bound listeners, admission control, files, logs."""
