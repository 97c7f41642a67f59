"""Helpers shared by tests: a scripted next hop, a raw SMTP client, certificates made on the spot, small engines."""
