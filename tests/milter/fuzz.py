"""`python -m tests.milter.fuzz [libFuzzer options] [corpus]`: atheris at the milter's door, following the coverage."""

import sys

import atheris

with atheris.instrument_imports(include=["gateway.milter"]):
    from tests.milter import conversations


def main() -> None:
    atheris.Setup(sys.argv, conversations.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
