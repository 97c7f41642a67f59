"""Self-check: files are uploaded in chunks into anonymous memory, judged as by the relay, and deleted.

uploads.py   uploads in progress: owner, limits, deadline
judging.py   the mail built from the files, its verdict, fixed copies, the audit record
answers.py   authorisation of senders, rate limit, and the result as views of the mail page
"""
