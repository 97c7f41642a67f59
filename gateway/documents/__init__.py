"""Documents: readers of every format, checks of their signatures, and the process wall that both run behind.

Of the gateway it knows the nouns, mail parsing and Vietnamese text, nothing else.
"""
