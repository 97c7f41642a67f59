"""The way of a mail: gather, evaluate, enact; the rules in force; header fields put on top."""
