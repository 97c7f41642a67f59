"""Common ground of every process: supervised processes, bound listeners, admission control, files, logs."""
