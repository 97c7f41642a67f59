"""Notices of the steward. Each module derives notices from current state and queues each under a unique key.

    requests.py  result of a request, to its opener and to the login of its mail
    held.py      result of a held mail, to the login that sent it
    waiting.py   count of pending requests, to those who may decide, at 8 and 14 o'clock on working days
    accounts.py  change of an account, to it and to the other account administrators
    monthly.py   reports of last month, to heads of units and the Office
    troubles.py  lasting troubles of the gateway and certificate expiry, to the administrators
    rounds.py    polling loop, which also runs the queue

The only state is the keys: after a crash missing notices are queued, and none twice.
"""
