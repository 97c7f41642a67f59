"""SMTP client to the city's server, the next hop (RFC 5321, 3207, 4954).

    replies.py      its replies and capabilities, strictly parsed; no I/O
    connection.py   one connection: commands one by one, content streamed
    names.py        its addresses, asked once for all who wait
    connector.py    connect, TLS, EHLO
    hop.py          the next hop as a whole: connection limit, idle connections, capabilities, circuit breaker
    breaker.py, failures.py, settings.py

What it promises: never plaintext where TLS is configured; one command, one reply, anything else ends the connection;
a connection that failed within a content is aborted, so the next hop can never take half a mail for a whole one.
"""
