"""Monthly reports of Điều 10, 11 and 12 of Decision 7600, counted from the records of the log.

`make` walks the records of a month once and returns a `Report` of typed values; `page` puts it into the words and tables of an
office, and `docx`, `pdf`, `xlsx` and `plain` write these. `proof` compares a file with what the log says again.
"""
