"""Metrics in Prometheus text format: counters from the audit log, and gauges of the current load.

    load.py        shared memory: load of each front end, restarts counted by the supervisor
    log_counts.py  mails, findings and refusals, counted from the audit log as it grows
    disk.py        free disk space, ages of revocation lists
    families.py    metric families with names and help texts
    ready.py       readiness check for load balancers
    process.py     the process that serves them

Nothing is counted on the mail path: every mail is in the audit log before its reply, so counters are read from there.
"""
