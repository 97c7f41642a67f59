"""Document readers: one package a format family, bytes to `Document`; run only in the child process."""
