"""SMTP front end: submission, implicit TLS and relay listeners (RFC 5321, 6409, 8314).

    server.py          listeners, drain; shared.py what all sessions share
    client.py          client connection: bytes, lines, TLS
    session.py         order of commands, greeting, TLS, AUTH; standing.py, dialogue.py
    transactions.py    MAIL, RCPT, DATA
    reception.py       content from the wire into the spool; admission.py
    transfer.py        the engine under its deadline; the live relay
    engine.py          interface to the engine
    grammar.py, content.py, sasl.py, authentication.py, replies.py, throttle.py, settings.py

Invariants: every reply to RCPT is the next hop's or the engine's; 250 after DATA is the engine's; an internal error is
451 with a reference; no byte of a client reaches the next hop outside a checked path, checked parameters, or content
between its checked beginning and CRLF.CRLF.
"""
