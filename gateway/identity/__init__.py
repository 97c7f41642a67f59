"""Sender identity: the directory of official mailboxes; DKIM, SPF and DMARC of mail from outside.

directory = load(Path("directory.yaml"))            # Directory, or ConfigError with every fault and its place
live = LiveDirectory(path); live.current            # the snapshot in use; `await live.watch()` keeps it fresh
results = await authenticate(content, session, envelope, resolver)
"""
