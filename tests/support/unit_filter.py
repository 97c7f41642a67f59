"""A command under the system call filter of a unit: `python -m tests.support.unit_filter UNIT COMMAND ...`.

As systemd sets it, by libseccomp, which Debian's systemd brings.
"""

import ctypes
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

_ALLOW, _EPERM = 0x7FFF0000, 0x00050000 | errno.EPERM


def allowed(unit: str) -> set[str]:
    """Return the system calls that the lines `SystemCallFilter=` of a unit allow; what begins with `~` is taken out again."""
    found: set[str] = set()
    for line in re.findall(r"(?m)^SystemCallFilter=(.*)$", unit):
        names = {name for word in line.removeprefix("~").split() for name in _names(word)}
        found = found - names if line.startswith("~") else found | names
    return found


def _names(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    listed = subprocess.check_output(["systemd-analyze", "syscall-filter", word], text=True).splitlines()[1:]
    return {name for line in listed if (entry := line.strip())[:1] not in {"#", ""} for name in _names(entry)}


def main(unit: str, *command: str) -> None:
    libseccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    libseccomp.seccomp_init.restype = context = ctypes.c_void_p
    context = ctypes.c_void_p(libseccomp.seccomp_init(ctypes.c_uint32(_ALLOW)))
    for name in _names("@known") - allowed(Path(unit).read_text()):
        number = libseccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            libseccomp.seccomp_rule_add(context, ctypes.c_uint32(_EPERM), number, 0)
    if libseccomp.seccomp_load(context) != 0:
        sys.exit("the kernel does not take the filter")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
