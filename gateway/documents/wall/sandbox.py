"""Sandbox of the calling process: rlimits, no capabilities, Landlock deny-all and a list of system calls (Linux only).

`enter` is called once, in a freshly forked child, after everything it needs is open and imported. It cannot be undone.
Layers that the kernel lacks are left out and `status` names them, so that `gateway doctor` and a metric can say so; a
layer that the kernel has but refuses is an error, because then it is unknown which layers hold.

Layers, each enough to stop most of what a taken-over parser would try:

* rlimits: no file may grow, no core dump, bounded address space, CPU seconds and descriptors;
* root is given up for a user of the readers' own and all capabilities are dropped;
* Landlock: no path can be opened, created or executed, no TCP port bound or connected, no signal sent out;
* seccomp: system calls answer EPERM unless `syscalls` lists them, some only with harmless arguments: no open, socket,
  execve, ptrace or kill, no executable memory, no owner for the signals of a descriptor. Calls of a foreign ABI end the
  process.

Everything is done with ctypes on libc, because a library for it would be one more thing to trust.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
import resource
import struct
from typing import Final

from msgspec import Struct

from gateway.documents.wall.syscalls import ALLOWED, AUDIT_ARCH, FILTERED, Numbers, numbers_for

_libc: Final = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_GET_SECCOMP: Final = 21
_SECCOMP_MODE_FILTER: Final = 2
_SIGKILL: Final = 9
_READER: Final = 65533
"""User and group of the readers where root starts us: in the range that Debian reserves, so that nothing else runs as it."""

# Landlock has the same numbers on every architecture (asm-generic).
_LANDLOCK_CREATE_RULESET: Final = 444
_LANDLOCK_RESTRICT_SELF: Final = 446
_LANDLOCK_CREATE_RULESET_VERSION: Final = 1


class SandboxLimits(Struct, frozen=True, kw_only=True):
    """The rlimits of a child."""

    address_space_bytes: int = 1 << 30
    cpu_s: int = 600
    descriptors: int = 64
    file_bytes: int = 0
    """To what size a file that is open may grow; a process that logs faults may have one as its standard error."""


class SandboxStatus(Struct, frozen=True, kw_only=True):
    """Layers that this kernel offers."""

    landlock_abi: int
    """0 when the kernel has no Landlock or it is switched off."""
    seccomp: bool
    root_dropped: bool
    """True when the process does not run as root, or can give root up."""

    @property
    def layers(self) -> dict[str, bool]:
        """Return whether each layer is in force, by name."""
        return {"landlock": self.landlock_abi > 0, "seccomp": self.seccomp, "unprivileged": self.root_dropped}

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the layers that are not in force; empty when all are."""
        return tuple(name for name, in_force in self.layers.items() if not in_force)


def status() -> SandboxStatus:
    """Ask the kernel which layers it has, without changing the calling process."""
    return SandboxStatus(
        landlock_abi=landlock_abi(),
        seccomp=_libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 and platform.machine() in AUDIT_ARCH,
        root_dropped=os.geteuid() != 0 or _reader_is_mapped(),
    )


def die_with_parent(expected_parent: int) -> None:
    """Have the kernel kill this process when its parent ends; exit at once when the parent has already gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != expected_parent:
        os._exit(1)


def enter(limits: SandboxLimits, *, parent: int, more: Numbers | None = None) -> None:
    """Lock the calling process in for good, and end it with its parent; OSError when the kernel refuses a layer that it has.

    `more` are system calls that this process needs beside those of a reader.
    """
    _set_rlimits(limits)
    if os.geteuid() == 0:
        _drop_root()
    _drop_capabilities()
    die_with_parent(parent)  # after the change of user, which clears the parent-death signal (prctl(2))
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if abi := landlock_abi():
        _landlock_deny_all(abi)
    if platform.machine() in AUDIT_ARCH:
        _seccomp_allow(platform.machine(), more or {})


def tighten(*, address_space_bytes: int, cpu_s: int) -> None:
    """Lower two limits of a process that is locked in already, when its job says what it may take."""
    _limit(resource.RLIMIT_AS, address_space_bytes)
    _limit(resource.RLIMIT_DATA, address_space_bytes)
    _limit(resource.RLIMIT_CPU, cpu_s)


def landlock_abi() -> int:
    """Return the version of Landlock's interface, 0 without Landlock."""
    version = _libc.syscall(
        _LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_LANDLOCK_CREATE_RULESET_VERSION)
    )
    return max(int(version), 0)


def _check(result: int, layer: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"sandbox layer {layer}: {os.strerror(code)}")


def _set_rlimits(limits: SandboxLimits) -> None:
    for kind, limit in (
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, limits.descriptors),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _limit(kind, limit)


def _limit(kind: int, limit: int) -> None:
    """Lower a limit; of processor time SIGXCPU comes at the limit, SIGKILL a second later."""
    _, ceiling = resource.getrlimit(kind)
    hard = limit + 1 if kind == resource.RLIMIT_CPU else limit
    top = hard if ceiling == resource.RLIM_INFINITY else min(hard, ceiling)
    resource.setrlimit(kind, (min(limit, top), top))


def _reader_is_mapped() -> bool:
    """Return whether the uid exists in this user namespace; without a mapping setresuid answers EINVAL."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as table:  # noqa: PTH123
            rows = [[int(field) for field in line.split()] for line in table]
    except (OSError, ValueError):
        return False
    return any(first <= _READER < first + count for first, _, count in rows)


def _drop_root() -> None:
    """Become the user of the readers where the user namespace has such a user; in a namespace without one the capabilities still go."""
    try:
        os.setgroups([])
        os.setresgid(_READER, _READER, _READER)
        os.setresuid(_READER, _READER, _READER)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EPERM):
            raise


def _drop_capabilities() -> None:
    """Empty the effective, permitted and inheritable sets (capabilities(7), _LINUX_CAPABILITY_VERSION_3)."""
    header = struct.pack("=Ii", 0x20080522, 0)
    _check(_libc.capset(ctypes.create_string_buffer(header), ctypes.create_string_buffer(24)), "capabilities")


def _landlock_deny_all(abi: int) -> None:
    """Handle every right that this ABI knows and grant none."""
    # Rights by version: 13 at first, +REFER (2), +TRUNCATE (3), +IOCTL_DEV (5).
    filesystem = (1 << (13 if abi == 1 else 14 if abi == 2 else 15 if abi < 5 else 16)) - 1
    network = 3 if abi >= 4 else 0  # bind and connect TCP
    scoped = 3 if abi >= 6 else 0  # abstract UNIX sockets and signals
    attributes = struct.pack("=QQQ", filesystem, network, scoped)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _libc.syscall(
        _LANDLOCK_CREATE_RULESET, ctypes.create_string_buffer(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0)
    )
    if ruleset < 0:
        _check(-1, "landlock")
    try:
        _check(_libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)), "landlock")
    finally:
        os.close(ruleset)


class _SockFilter(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class _SockFprog(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.POINTER(_SockFilter)))


_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_MASK = 0x54  # BPF_ALU | BPF_AND | BPF_K
_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN = 0x06
_KILL_PROCESS = 0x80000000
_ALLOW = 0x7FFF0000
_EPERM = 0x00050000 | errno.EPERM
_ENOSYS = 0x00050000 | errno.ENOSYS
_X32_BIT = 0x40000000
_NEWEST_KNOWN = 470
"""Calls above this number are younger than the list and answer ENOSYS, as on an older kernel."""
_PROT_EXEC, _AT_EMPTY_PATH, _AF_UNIX, _ANY = 0x4, 0x1000, 1, 0xFFFFFFFF
_THREAD = 0x3D0F00
"""Flags with which glibc's pthread_create clones: memory, files and signals shared, no process and no namespace; musl adds one."""
_FCNTL = (0, 1, 2, 3, 1030)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC: no owner, no signal, no lease, no lock."""
_F_SETFL, _O_ASYNC = 4, 0x2000
_IOCTL = (0x5401, 0x5421, 0x541B, 0x5450, 0x5451)
"""TCGETS (is it a terminal), FIONBIO, FIONREAD, FIONCLEX, FIOCLEX."""
_PRCTL = (15, 16, 0x53564D41)
"""PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: names of threads and of memory."""

_Row = tuple[int, int, int, int]
_Test = tuple[int, int, tuple[int, ...]]
"""Half of an argument (the lower one of argument n is 2n), the bits of it that count, and the values that they may have."""

_CONDITIONS: Final[dict[str, tuple[tuple[_Test, ...], ...]]] = {
    "mmap": (((4, _PROT_EXEC, (0,)),),),
    "mprotect": (((4, _PROT_EXEC, (0,)),),),
    "clone": (((0, _ANY, (_THREAD, _THREAD | 0x400000)),),),
    "fcntl": (((2, _ANY, _FCNTL),), ((2, _ANY, (_F_SETFL,)), (4, _O_ASYNC, (0,)))),
    "ioctl": (((2, _ANY, _IOCTL),),),
    "newfstatat": (((6, _AT_EMPTY_PATH, (_AT_EMPTY_PATH,)),),),
    "statx": (((4, _AT_EMPTY_PATH, (_AT_EMPTY_PATH,)),),),
    "prctl": (((0, _ANY, _PRCTL),),),
    "prlimit64": (((0, _ANY, (0,)),),),  # oneself; without capabilities hard limits can only go down
    "sendto": (((8, _ANY, (0,)), (9, _ANY, (0,))),),  # to whom one is connected, without an address
    "socketpair": (((0, _ANY, (_AF_UNIX,)),),),
}
"""Calls of `syscalls.FILTERED`: one of the rows must hold, and of a row all tests."""


def filter_program(machine: str, more: Numbers | None = None) -> list[_Row]:
    """Return the seccomp program of an architecture as (code, jump if true, jump if false, operand) rows."""
    filtered = numbers_for(FILTERED, machine)
    program: list[_Row] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),  # i386 calls from a 64-bit process would slip past the numbers below
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_AT_LEAST, 0, 1, _NEWEST_KNOWN),
        (_RETURN, 0, 0, _ENOSYS),
        # clone3 hides its flags in memory, so libc must fall back to clone.
        (_EQUAL, 0, 1, filtered["clone3"]),
        (_RETURN, 0, 0, _ENOSYS),
    ]
    for number in numbers_for(ALLOWED | (more or {}), machine).values():
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for name, rows in _CONDITIONS.items():
        tests = [row for alternative in rows for row in _alternative(alternative)]
        program += [(_EQUAL, 0, len(tests) + 1, filtered[name]), *tests, (_RETURN, 0, 0, _EPERM)]
    return [*program, (_RETURN, 0, 0, _EPERM)]


def _alternative(tests: tuple[_Test, ...]) -> list[_Row]:
    """Allow the call when all tests hold, else go on behind."""
    rows: list[_Row] = [(_RETURN, 0, 0, _ALLOW)]
    for half, mask, values in reversed(tests):
        compare = [(_EQUAL, len(values) - 1 - number, 0, value) for number, value in enumerate(values)]
        code, to_next, _, value = compare.pop()
        compare.append((code, to_next, len(rows), value))
        # Its offset in struct seccomp_data (little endian).
        rows = [(_LOAD, 0, 0, 16 + 4 * half), (_MASK, 0, 0, mask), *compare, *rows]
    return rows


@functools.cache
def _compiled(machine: str) -> _SockFprog:
    return _assembled(filter_program(machine))


def _assembled(program: list[_Row]) -> _SockFprog:
    rows = (_SockFilter * len(program))(*[_SockFilter(*row) for row in program])
    return _SockFprog(len(program), rows)


def prepare() -> None:
    """Compile the filter now, so that each child finds it ready."""
    if platform.machine() in AUDIT_ARCH:
        _compiled(platform.machine())


def _seccomp_allow(machine: str, more: Numbers) -> None:
    header = _assembled(filter_program(machine, more)) if more else _compiled(machine)
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0), "seccomp")
