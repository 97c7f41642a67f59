"""Requests to let a refused file pass: opened by its sender, decided by two persons, in force as waivers.

    request.py  one request, its states, and who may take which step: the one function that says so
    book.py     requests in `accounts.db`
    decided.py  the waivers of approved requests, written whole as `waivers.yaml` in the data folder
    steps.py    a step, looked at, recorded and kept in one transaction
    corrections.py  acts that the log has and the book has not, recorded as not done
    answers.py  the answers of the steward
    held.py     those on held mail, which is decided on in the same way (gateway.steward.holds)

A step is an act in the log before it counts. The file of waivers follows from the requests alone, so that a start after any
fault writes what was decided and nothing else.
"""
