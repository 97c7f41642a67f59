"""What people are told by mail. Each module looks at what is there and puts its notices into the book, each under a key of its own.

    requests.py  what became of a request, to who opened it and whose mail it is about
    held.py      what became of a held mail, to the login that sent it
    waiting.py   what waits for a decision, to those who may decide, at 8 and 14 o'clock on working days
    accounts.py  a change of an account, to it and to the other account administrators
    monthly.py   the reports of last month, to heads of units and the Office
    troubles.py  what is wrong with the gateway for longer, and certificates that end, to the administrators
    rounds.py    looks again every few seconds, and has the outbox send

Nothing is remembered but keys: a start after any fault tells what was not told yet, and nothing twice.
"""
