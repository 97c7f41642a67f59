"""Vietnamese text as offices really write it: normal forms, legacy codes, fonts, secrecy marks, official documents.

Everything here is pure: values in, values out, no files, no clock, no settings of its own. It knows only `gateway.model`.
"""
