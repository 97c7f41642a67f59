"""SMTP front end: submission, implicit TLS and relay listeners (RFC 5321, 6409, 8314).

    server.py          listeners, drain; shared.py what all sessions share
    client.py          connection of a client: bytes, lines, TLS
    session.py         order of commands, greeting, TLS, AUTH; standing.py, dialogue.py
    transactions.py    MAIL, RCPT, DATA
    reception.py       a content from the wire into the spool; admission.py
    transfer.py        the engine under its deadline; the live relay
    engine.py          the seam to the engine
    grammar.py, content.py, sasl.py, authentication.py, replies.py, throttle.py, settings.py

What it promises: every answer to a recipient is the next hop's own or the engine's; 250 after DATA is the engine's; a
fault of ours is 451 with a reference; no byte of a client reaches the next hop outside a checked path, checked
parameters, or content between a checked begin and the one true end of data.
"""
