"""Ground that every process stands on: supervised processes, bound listeners, admission control, files, logs."""
