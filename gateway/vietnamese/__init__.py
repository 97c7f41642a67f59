"""Vietnamese text of offices: normal forms, legacy encodings, fonts, secrecy marks, official documents.

Everything here is pure: values in, values out, no files, no clock, no settings of its own. It knows only `gateway.model`.
"""
