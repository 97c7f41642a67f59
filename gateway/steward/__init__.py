"""The authority behind the console: accounts, sessions, roles, and every answer that people get.

    roles.py      who there is, and what each role may ask
    questions.py  questions and answers, as they cross the wall between console and steward

The console (`gateway.console`) is a view inside the wall: it decides nothing and holds nothing. The steward checks session,
role and unit at each question before it answers, and records acts in the audit log (docs/decisions/0023).
"""
