"""HTML and XML of any kind."""
