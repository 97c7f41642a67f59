"""Compound files (MS-CFB): their streams, properties, drawings and embedded objects."""
