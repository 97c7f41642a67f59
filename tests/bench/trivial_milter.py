"""pymilter's trivial milter: takes every step of every mail, looks at nothing, accepts. Needs Debian's python3-milter.

/usr/bin/python3 tests/bench/trivial_milter.py /path/to/socket
"""

import sys

import Milter


class Trivial(Milter.Base):
    """All content comes in, as it does with a milter that judges it; answers are left out wherever they may be."""

    @Milter.noreply
    def connect(self, name, family, address):
        return Milter.CONTINUE

    @Milter.noreply
    def hello(self, name):
        return Milter.CONTINUE

    @Milter.noreply
    def envfrom(self, address, *parameters):
        return Milter.CONTINUE

    def envrcpt(self, address, *parameters):
        return Milter.CONTINUE

    @Milter.noreply
    def header(self, name, value):
        return Milter.CONTINUE

    @Milter.noreply
    def eoh(self):
        return Milter.CONTINUE

    @Milter.noreply
    def body(self, chunk):
        return Milter.CONTINUE

    def eom(self):
        return Milter.ACCEPT


if __name__ == "__main__":
    Milter.factory = Trivial
    Milter.set_flags(0)
    Milter.runmilter("trivial", f"unix:{sys.argv[1]}", 300)
