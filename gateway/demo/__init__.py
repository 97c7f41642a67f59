"""Demonstration: certificates, documents, a next hop and sample mails, generated at each start."""
