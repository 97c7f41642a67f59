"""Cluster of gateways: shared state in PostgreSQL; mail flow does not depend on it."""
