"""`gateway serve`: the supervisor, the front-end processes and the composition root."""
