"""The demonstration: certificates, documents, a next hop and sample mails, all made afresh at each start."""
