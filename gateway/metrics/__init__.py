"""Figures for a monitoring system (Prometheus text format): what the log counts, and the load of this moment.

    load.py        shared memory in which each front end keeps its load, and the supervisor its restarts
    log_counts.py  mails, findings and refusals, counted from the audit log as it grows
    disk.py        room on the disk, ages of revocation lists
    families.py    all as metric families, with their names and help texts
    process.py     the process that serves them

Nothing is counted on the way of a mail: the audit log is written before a reply goes out, so it is read here, beside it.
"""
