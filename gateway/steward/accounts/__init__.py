"""Accounts, sessions, login.

book.py      accounts.db and its transactions
hashes.py    passwords
codes.py     second factor and recovery codes
throttle.py  what many wrong tries cost
sessions.py  who asks
login.py     how a session begins, and fresh codes
mail_codes.py  login of mailboxes by a code in a mail
manage.py    accounts made, changed, locked
"""
