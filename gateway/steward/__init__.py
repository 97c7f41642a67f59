"""Authority behind the console: accounts, sessions, roles, and every answer.

    roles.py      who there is, and what each role may ask
    questions/    questions and answers, as they cross the wall between console and steward
    table.py      who may ask what, and which function answers
    answering.py  a question to its answers: session, role, fresh code, function; desk.py what the functions are given
    server.py     sockets of the console, which may be hostile; service.py, process.py the steward as it runs
    accounts/     people, passwords, codes, sessions; session_answers.py, account_answers.py what is answered on them
    in_force.py   the rules that mails are judged by, followed
    mails.py      lists and exports, and whose mails somebody sees (`sight_of`, `visible`)
    explain.py    one mail in words
    overview.py   figures of days; condition.py whether all is well, for `gateway doctor` too
    policy.py     the policy in force; candidate.py candidates for it; candidate_process.py the process that reads them
    log.py        the log as a whole
    checks/       files judged before they are sent
    requests/     a refused file may pass by two persons; reports.py monthly reports

The console (`gateway.console`) is a view inside the wall: it decides nothing and holds nothing. The steward checks session,
role and unit at each question before it answers, and records acts in the audit log (docs/decisions/0023).
"""
