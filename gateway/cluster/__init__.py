"""Several gateways that act as one: what they share stands in PostgreSQL, and mail passes without it as well."""
