"""The subcommands; each imports what it needs when it runs, so that `gateway --help` is quick."""
