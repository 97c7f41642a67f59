"""Documents: readers of every format, verification of signatures, and the sandbox in which both run.

Of the gateway it knows the nouns, mail parsing and Vietnamese text, nothing else.
"""
