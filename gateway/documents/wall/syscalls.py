"""System calls that a reader may make, with their numbers by architecture (Linux asm/unistd_64.h, asm-generic/unistd.h).

What is not here is refused. A call is here when Python, the C library or a library of the readers makes it for memory,
threads, time, or bytes of what is open already.
"""

from __future__ import annotations

from typing import Final

AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Machine (as `uname -m` says) to AUDIT_ARCH value; a machine not named here has no filter."""

Numbers = dict[str, tuple[int | None, int | None]]
"""Name to number on x86_64 and aarch64; None where the architecture has no such call."""

ALLOWED: Final[Numbers] = {
    # memory
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    # what is open already
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "lseek": (8, 62),
    "fadvise64": (221, 223),
    "close": (3, 57),
    "fstat": (5, 80),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "shutdown": (48, 210),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "getsockopt": (55, 209),
    # waiting, also in an event loop inside a library
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "epoll_create": (213, None),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "epoll_pwait2": (441, 441),
    "pause": (34, None),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "restart_syscall": (219, 128),
    # time
    "time": (201, None),
    "gettimeofday": (96, 169),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "times": (100, 153),
    # threads of one's own
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "getcpu": (309, 168),
    "exit": (60, 93),
    "exit_group": (231, 94),
    # signals that come
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    # what one is and may use
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getresuid": (118, 148),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getresgid": (120, 150),
    "getcwd": (79, 17),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "getrandom": (318, 278),
}

SERVING: Final[Numbers] = {
    "listen": (50, 201),
    "accept4": (288, 242),
}
"""Further system calls of a process that serves a socket bound for it."""

FILTERED: Final[Numbers] = {
    "mmap": (9, 222), "mprotect": (10, 226), "clone": (56, 220), "clone3": (435, 435), "fcntl": (72, 25),
    "ioctl": (16, 29), "newfstatat": (262, 79), "statx": (332, 291), "prctl": (157, 167), "prlimit64": (302, 261),
    "sendto": (44, 206), "socketpair": (53, 199),
}  # fmt: skip
"""Calls that are allowed with some arguments only; `sandbox.filter_program` says which."""


def numbers_for(calls: Numbers, machine: str) -> dict[str, int]:
    """Return name to number of those calls that the machine has."""
    column = 0 if machine == "x86_64" else 1
    return {name: number for name, row in calls.items() if (number := row[column]) is not None}
