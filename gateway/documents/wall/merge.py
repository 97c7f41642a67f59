"""Frames of one or several children to an `Inspection`: pure, no process and no socket.

The parent knows which parts it waits for: first the leaves of the message, then the members that a result announces.
Whatever is still awaited at the end becomes a document with the status that explains why, so nothing is lost in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from msgspec import Raw, structs

from gateway.documents.readers.registry import format_of
from gateway.documents.wall.leaves import in_order
from gateway.documents.wall.wire import Began, Done, Finished, Fixed, Frame, Result, Runs, Turn, Used, WireError
from gateway.model import Document, Observations, Part, ReadStatus, Signature

_OF_THE_MOMENT = frozenset({"killed", "mail-cpu", "memory"})
"""Reasons of documents that may be read further at another time, or in another mail."""


class Merger:
    """Collects what children say of one message."""

    def __init__(self, root: Part) -> None:
        self._root = root
        self._awaited: dict[str, Part] = {part.path: part for part in root.leaves()}
        self._results: dict[str, Result] = {}
        self._leaves = {part.path: number for number, part in enumerate(in_order(root.leaves()))}
        self._done: dict[str, Done] = {}
        self._told_cpu_s = 0.0
        """Parts that the child has accounted for."""
        self.used = Used()
        """Costs so far."""
        self._origins: set[int] = set()
        self.current: str | None = None
        """Path of the part that the child works on."""
        self.policy = ""
        """The policy that the child is at; empty for none, and where all are ours."""
        self.finished = False
        self.observed: Observations | None = None
        """Observations of the message."""
        self.lost: list[str] = []
        """Paths that ended a child."""

    @property
    def origin(self) -> int:
        """The zygote whose children have spoken; 0 for none, or several."""
        return next(iter(self._origins)) if len(self._origins) == 1 else 0

    @property
    def awaited(self) -> tuple[str, ...]:
        """Paths not reported yet."""
        return tuple(self._awaited)

    @property
    def complete(self) -> bool:
        """Return whether nothing is awaited any more."""
        return not self._awaited

    def begin(self) -> None:
        """Forget the state of the last child before another one speaks."""
        self.current = None
        self.policy = ""
        self.finished = False
        self._told_cpu_s = 0.0

    def take(self, frame: Frame) -> None:
        """Take one frame; WireError when it is about a part that was not asked for."""
        if self.finished:
            raise WireError("frame-after-end")
        match frame:
            case Began(path=path, origin=origin):
                if path not in self._awaited and path not in self._results:
                    raise WireError("unknown-part")
                self.current, self.policy = path, ""
                self._origins.add(origin)
            case Turn(policy=name):
                self.policy = name
            case Runs():
                pass  # `FrameReader` has put them by for their result
            case Result():
                self._take_result(frame)
            case Done(path=path, used=used):
                if path not in self._leaves or path in self._awaited:
                    raise WireError("unknown-part")
                self._done[path] = frame
                self._told_cpu_s += used.cpu_s
                self.used += used
            case Observations():
                self.observed = frame
            case Fixed():
                raise WireError("unwanted")
            case Finished():
                self.finished = True

    def _take_result(self, result: Result) -> None:
        path = result.part.path
        if path not in self._awaited:
            raise WireError("unknown-part")
        if not result.documents or len(result.looks) not in (0, len(result.documents)):
            raise WireError("no-document")
        for child in result.part.children:
            if not child.path.startswith(path + "!") or child.path in self._awaited or child.path in self._results:
                raise WireError("bad-member-path")
        del self._awaited[path]
        self._results[path] = result
        self._awaited.update((child.path, child) for child in result.part.children)
        self.current, self.policy = None, ""

    def reread(self, result: Result) -> None:
        """Take the earlier result of a part, now with its words."""
        self._results[result.part.path] = result

    def charge(self, cpu_s: float, *, alone: bool) -> None:
        """Account for a child that died after `cpu_s`: the current leaf has cost what no other has.

        `alone` says that it did so whatever else is in the mail.
        """
        rest = Used(cpu_s=max(0.0, cpu_s - self._told_cpu_s))
        self.used += rest
        if self.current is not None:
            leaf = leaf_of(self.current, self._leaves)
            before = self._done.get(leaf)
            self._done[leaf] = Done(path=leaf, used=before.used + rest if before else rest, alone=alone)

    def give_up_current(self, status: ReadStatus, reason: str) -> bool:
        """Record that the current part ended its child; False when there was none."""
        path, self.current = self.current, None
        part = self._awaited.pop(path, None) if path is not None else None
        if path is None:
            return False
        if part is not None:
            self._record(part, status, reason)
        else:
            # It was reported before and opened again only for its members; these cannot be reached any more.
            for member in [member for member in self._awaited if member.startswith(path + "!")]:
                self._record(self._awaited.pop(member), status, reason)
        return True

    def give_up_rest(self, status: ReadStatus, reason: str) -> None:
        """Record the same cause for everything still awaited."""
        for part in self._awaited.values():
            self._record(part, status, reason)
        self._awaited.clear()

    def _record(self, part: Part, status: ReadStatus, reason: str) -> None:
        document = Document(
            part=part.path,
            filename=part.filename,
            format=format_of(part.detected_type or part.declared_type),
            status=status,
            reason=reason,
        )
        self._results[part.path] = Result(part=structs.replace(part, children=()), documents=(document,))
        self.lost.append(part.path)

    def tree(self) -> Part:
        """Return the part tree with what was found in it."""
        return _grown(self._root, self._results)

    @property
    def documents(self) -> tuple[Document, ...]:
        """All documents, leaf by leaf in the order of the child's work, and within a leaf as they came."""
        return tuple(document for result in self._in_order() for document in result.documents)

    @property
    def looks(self) -> tuple[dict[str, Raw], ...]:
        """Observations of each of these documents."""
        return tuple(look for result in self._in_order() for look in result.looks or ({},) * len(result.documents))

    @property
    def faults(self) -> dict[str, str]:
        """Observers that failed on a document, and how."""
        return {name: words for result in self._results.values() for name, words in result.faults.items()}

    @property
    def results(self) -> tuple[Result, ...]:
        """Notes about each part, containers before their members."""
        return tuple(self._results.values())

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """All signatures, in the same order."""
        return tuple(signature for result in self._in_order() for signature in result.signatures)

    def readings(self) -> dict[str, tuple[Frame, ...]]:
        """Return, by leaf, the results that rest on nothing else in the mail, each with its `Done` at the end."""
        found: dict[str, list[Frame]] = {path: [] for path, done in self._done.items() if done.alone and not done.asked}
        for path, result in self._results.items():
            if result.faults or any(
                one.status is ReadStatus.CRASHED or one.reason in _OF_THE_MOMENT for one in result.documents
            ):
                found.pop(leaf_of(path, self._leaves), None)
            elif (leaf := leaf_of(path, self._leaves)) in found:
                found[leaf].append(result)
        return {path: (*results, self._done[path]) for path, results in found.items()}

    @property
    def asked(self) -> bool:
        """Return whether something is locked (`Done.asked`)."""
        return any(done.asked for done in self._done.values())

    def _in_order(self) -> list[Result]:
        return sorted(
            self._results.values(), key=lambda result: self._leaves.get(leaf_of(result.part.path, self._leaves), 0)
        )


def leaf_of(path: str, leaves: Container[str]) -> str:
    """Return the path of the leaf of the mail that holds a part (`2!preamble` may be one), else its first component."""
    while path not in leaves and "!" in path:
        path = path.rpartition("!")[0]
    return path


def rebuilt(
    root: Part, change: Callable[[Part], Part], members: Callable[[Part], tuple[Part, ...]] | None = None
) -> Part:
    """Return a tree changed in reading order, built from below without recursion; `members` default to children."""
    parts: list[Part] = []
    parents: list[int] = []
    stack = [(root, -1)]
    while stack:
        part, parent = stack.pop()
        number = len(parts)
        parts.append(part)
        parents.append(parent)
        below = part.children if members is None else members(part)
        stack.extend((child, number) for child in reversed(below))
    changed = [change(part) for part in parts]
    below_of: list[list[Part]] = [[] for _ in parts]
    for number in range(len(parts) - 1, -1, -1):
        made = structs.replace(changed[number], children=tuple(reversed(below_of[number])))
        if parents[number] < 0:
            return made
        below_of[parents[number]].append(made)
    return root


def unique(root: Part) -> Part:
    """Return the tree with every path used once; a part whose path was taken gets a number behind it."""
    taken: set[str] = set()

    def named(part: Part) -> Part:
        path, number = part.path, 2
        while path in taken:
            path, number = f"{part.path}#{number}", number + 1
        taken.add(path)
        return part if path == part.path else structs.replace(part, path=path)

    paths = [part.path for part in root.walk()]
    return root if len(set(paths)) == len(paths) else rebuilt(root, named)


def _grown(root: Part, results: dict[str, Result]) -> Part:
    """Give leaves what was detected, and containers their members."""

    def detected(part: Part) -> Part:
        found = results.get(part.path)
        if found is None:
            return part
        seen = found.part
        return structs.replace(part, detected_type=seen.detected_type, size_bytes=seen.size_bytes, sha256=seen.sha256)

    def members(part: Part) -> tuple[Part, ...]:
        if part.children:
            return part.children
        found = results.get(part.path)
        return found.part.children if found else ()

    return rebuilt(root, detected, members)
