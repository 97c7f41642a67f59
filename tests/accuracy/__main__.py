"""Accuracy on real files: `python -m tests.accuracy` prints the tables, `--write docs/accuracy-tables.md` puts them there."""

import argparse
import sys
from pathlib import Path

from tests.accuracy import authentication, looks, mails, official_files, second_readers, signatures, tables
from tests.support.pages import put

SECTIONS = {
    "matrix": tables.full_report,
    "recall": second_readers.report,
    "mails": mails.report,
    "authentication": authentication.report,
    "signatures": signatures.report,
    "official": official_files.report,
    "looks": looks.report,
}
"""Name of the marks `<!-- name begin -->`, and what makes the section."""


def main() -> None:
    """Run the sections asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"{' or '.join(SECTIONS)}; all when none is named"
    )
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables between their marks in this page")
    arguments = parser.parse_args()
    for name in arguments.sections or SECTIONS:
        if name not in SECTIONS:
            parser.error(f"no section {name}")
        content = SECTIONS[name](lambda line: print(line, file=sys.stderr, flush=True))
        print(content)
        if arguments.write is not None:
            put(arguments.write, name, content)


if __name__ == "__main__":
    main()
