"""Self-check: files come in pieces into anonymous memory, are judged as the relay would, and are forgotten.

uploads.py   what is coming in: whose, how much, for how long
judging.py   the mail that the files would be, its judgement, mended copies, the record
answers.py   who may check in whose name, and the result in the words of the page of a mail
"""
