"""A console that waits for short answers only half a second."""

from gateway.console import begun, visit


def main(words: str) -> None:
    visit.LONGEST_S = 0.5
    begun.main(words)
