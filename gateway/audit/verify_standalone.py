"""Independent verifier of an audit log: one file, Python's standard library only, nothing of the gateway imported.

    python3 verify_standalone.py audit.db --checkpoints checkpoints/ [--checkpoints /other/copy] [--key public-key.txt]
    python3 verify_standalone.py export.jsonl --checkpoints checkpoints/ --key public-key.txt
    python3 verify_standalone.py --proof 1207.tlog-proof --key public-key.txt [--witness KEYS]
    zstd -d 2026-11-27.jsonl.zst; python3 verify_standalone.py 2026-11-27.jsonl --key public-key.txt

Exit code 0: whole. 1: changed, cut, or a checkpoint disagrees. 2: could not run. The format is in docs/audit-format.md.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOTE = re.compile(
    r"(?P<text>(?P<origin>[^\n]+)\n(?P<size>[0-9]{1,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n(?P<time>[^\n]*)\n"
    r"(?:chain (?P<chain>[A-Za-z0-9+/]{43}=)\n(?:from [0-9]{1,18}\n)?)?)\n"
    r"(?P<lines>(?:— [^\n ]+ [A-Za-z0-9+/=]+\n)+)"
)
NUMBER = re.compile(rb'\{"seq":([1-9][0-9]{0,17}),')
ED25519, COSIGNATURE = 1, 4

# --- Ed25519 verification, RFC 8032 §5.1.7, in affine-free extended coordinates -------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    """Return the sum of two points."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar: int, point: Point) -> Point:
    """Return a point multiplied by a number."""
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def recover_x(y: int, sign: int) -> int | None:
    """Return the x coordinate of a point, None when there is none."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if (x & 1) != sign else x


def decompress(octets: bytes) -> Point | None:
    """Return the point that 32 bytes encode, None when they encode none."""
    y = int.from_bytes(octets, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = recover_x(BASE_Y, 0)
BASE: Point = (_BASE_X or 0, BASE_Y, 1, (_BASE_X or 0) * BASE_Y % P)


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether an Ed25519 signature is valid."""
    if len(signature) != 64 or len(public) != 32:
        return False
    key, commitment = decompress(public), decompress(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = multiply(scalar, BASE), add(commitment, multiply(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- the Merkle tree of RFC 6962 over the hashes of the records ------------------------------------------------------


class Tree:
    """Grown leaf by leaf; keeps the roots of its complete subtrees, the largest first."""

    def __init__(self, size: int, peaks: list[bytes]) -> None:
        self.size, self.peaks = size, peaks

    def append(self, record_hash: bytes) -> None:
        """Add the hash of a record."""
        node, size = hashlib.sha256(b"\x00" + record_hash).digest(), self.size
        while size & 1:
            node = hashlib.sha256(b"\x01" + self.peaks.pop() + node).digest()
            size >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root."""
        if not self.peaks:
            return hashlib.sha256().digest()
        root = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root


def blank(size: int) -> list[bytes]:
    """Return the peaks of a tree whose leaves are all empty strings, the largest first."""
    levels = [hashlib.sha256(b"\x00").digest()]
    while len(levels) < size.bit_length():
        levels.append(hashlib.sha256(b"\x01" + levels[-1] + levels[-1]).digest())
    return [levels[n] for n in reversed(range(len(levels))) if size >> n & 1]


# --- signatures of notes: C2SP signed-note and tlog-cosignature ------------------------------------------------------


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the key id: the four bytes that identify a key in a signature line."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def read_key(line: str) -> tuple[str, int, bytes]:
    """Return name, kind and public key of a verifier key; ValueError when invalid."""
    parts = line.strip().split("+", 2)
    octets = base64.b64decode(parts[2], validate=True) if len(parts) == 3 else b""
    if len(octets) != 33 or key_id(parts[0], octets[0], octets[1:]).hex() != parts[1]:
        raise ValueError(f"{line.strip()[:100]}: this is no verifier key")
    return parts[0], octets[0], octets[1:]


def signed(note: re.Match[str], name: str, kind: int, public: bytes) -> int | None:
    """Return the time of a cosignature by a key, 1 for a signature, 0 for a wrong one, None when there is none."""
    for line in note["lines"].splitlines():
        _, signer, encoded = line.split(" ")
        octets, text, time = base64.b64decode(encoded), note["text"].encode(), 1
        if signer != name or octets[:4] != key_id(name, kind, public):
            continue
        signature = octets[4:]
        if kind == COSIGNATURE:
            time, signature = int.from_bytes(octets[4:12], "big"), octets[12:]
            text = b"cosignature/v1\ntime %d\n%s" % (time, text)
        return time if signature_holds(public, text, signature) else 0
    return None


# --- the log ---------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


def database(path: Path) -> sqlite3.Connection | None:
    """Return a database, opened for reading; None for another file."""
    with path.open("rb") as stream:
        if stream.read(16) != b"SQLite format 3\x00":
            return None
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def read_records(path: Path) -> Iterator[tuple[bytes, bytes, int | None]]:
    """Yield body and stored hash of every record, and its number in a database; of exported JSON lines None."""
    if (connection := database(path)) is not None:
        yield from connection.execute("SELECT body, hash, seq FROM record ORDER BY seq")
        return
    prefix, middle = b'{"hash":"', b'","record":'
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            entry = line.rstrip(b"\n")
            if entry.startswith((b'{"archive":', b'{"checkpoint":')):
                continue
            if not (entry.startswith(prefix) and entry[73:84] == middle and entry.endswith(b"}")):
                raise ValueError(f"line {number} is no exported record")
            yield entry[84:-1], bytes.fromhex(entry[9:73].decode("ascii")), None


def removal(path: Path, first: int) -> tuple[bytes, list[bytes]]:
    """Return the hash and the peaks before the first record, as its retention record says; no hash without one."""
    for body in reversed([one for one, _, _ in read_records(path) if b'"kind":"retention"' in one]):
        try:
            said = json.loads(body)
            peaks = [bytes.fromhex(one) for one in said.get("tree", ())] or blank(first - 1)
            if (said["kind"], said["last"], len(peaks)) == ("retention", first - 1, (first - 1).bit_count()):
                return bytes.fromhex(said["last_hash"]), peaks
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
    return b"", []


def read_own(path: Path) -> tuple[dict[str, Any], list[re.Match[str]], list[str]]:
    """Return the first line of an archive, empty for a whole log; the checkpoints with the records; faults of these."""
    notes: list[re.Match[str]] = []
    if (connection := database(path)) is not None:
        kept = connection.execute("SELECT size, note FROM checkpoint ORDER BY size").fetchall()
        found = {size: note for size, text in kept if (note := NOTE.fullmatch(text)) and int(note["size"]) == size}
        return {}, [*found.values()], [f"checkpoint {size} was changed" for size, _ in kept if size not in found]
    with path.open("rb") as stream:
        if stream.read(11) != b'{"archive":':
            return {}, notes, []
        header = json.loads(b'{"archive":' + stream.readline())
        for line in stream:
            if not line.startswith(b'{"checkpoint":'):
                break
            notes += NOTE.finditer(str(json.loads(line)["checkpoint"]))
    return header, notes, []


def read_checkpoints(own: list[re.Match[str]], folders: list[Path]) -> list[re.Match[str]]:
    """Return a log's own notes and those in the given directories; ValueError for a copy (any but the first) that has none."""
    found = list(own)
    if not own and not folders:
        raise ValueError("there is no checkpoint to compare with; name the directory with --checkpoints")
    for folder in folders:
        if not folder.exists():
            raise ValueError(f"{folder}: no such file or directory")
        before = len(found)
        for path in sorted(folder.glob("*.notes")) if folder.is_dir() else [folder]:
            found += list(NOTE.finditer(path.read_text("utf-8", "replace")))
        if len(found) == before and folder is not folders[0]:
            raise ValueError(f"{folder}: there is no checkpoint in it to compare with")
    return found


def check_notes(notes: list[re.Match[str]], key_line: str, witnesses: list[str]) -> list[str]:
    """Return invalid signatures; prints each witness's last cosignature."""
    faults = []
    _, _, public = read_key(key_line)
    for note in notes:
        origin, installation = note["origin"], hashlib.sha256(public).hexdigest()[:8]
        ours = origin.startswith("gateway-audit/") and origin.endswith(f"/{installation}")
        if not (ours and signed(note, origin, ED25519, public)):
            faults.append(f"the signature of checkpoint {note['size']} ({note['time']}) is wrong")
    for line in witnesses:
        key = read_key(line)
        times = [(signed(note, *key), int(note["size"])) for note in notes]
        faults += [f"the cosignature of {key[0]} under checkpoint {size} is wrong" for time, size in times if time == 0]
        seen = [(size, time) for time, size in times if time]
        size, time = max(seen, default=(0, 0))
        moment = datetime.fromtimestamp(time, UTC).isoformat()
        say(f"{key[0]} saw {size} records at {moment}" if time else f"{key[0]} has cosigned none of these checkpoints")
    return faults


def claims_of(notes: list[re.Match[str]], faults: list[str]) -> dict[int, set[tuple[bytes, bytes | None]]]:
    """Return chain and tree that checkpoints claim, by the number of records; adds to the faults where two disagree."""
    claims: dict[int, set[tuple[bytes, bytes | None]]] = {}
    for note in notes:  # version 1 has no tree
        root, chain = base64.b64decode(note["root"]), base64.b64decode(note["chain"] or "")
        claims.setdefault(int(note["size"]), set()).add((chain, root) if chain else (root, None))
    faults += [
        f"two checkpoints of {size} records disagree"
        for size, claimed in sorted(claims.items())
        if len({head for head, _ in claimed}) > 1 or len({root for _, root in claimed if root}) > 1
    ]
    return claims


def check(log: Path, folders: list[Path], key_file: Path, witnesses: list[str]) -> list[str]:
    """Return the faults; empty when the log is intact. Prints what was compared."""
    header, own, faults = read_own(log)
    notes = read_checkpoints(own, folders)
    faults += check_notes(notes, key_file.read_text("utf-8", "replace"), witnesses)
    claims = claims_of(notes, faults)
    chain, sequence, records, first, tree = bytes(32), 0, 0, 1, Tree(0, [])
    heads = {0: (chain, tree.root())}
    for body, stored, place in read_records(log):
        found = NUMBER.match(body)
        if found is None or place not in (None, int(found[1])):
            faults.append(f"what follows record {sequence} is no record, or has another number")
            break
        number = int(found[1])
        if records == 0 and (header or number != 1):
            first, sequence = number, number - 1
            chain, peaks = (bytes.fromhex(header["before"]), []) if header else removal(log, first)
            if not chain:
                faults.append(f"records 1-{sequence} are missing and no retention record accounts for them")
                break
            if not header:
                say(f"records 1-{sequence} were removed by retention")
            tree = Tree(sequence, peaks or blank(sequence))
            heads = {sequence: (chain, tree.root())}
        records += 1
        if number != sequence + 1:
            faults.append(f"after record {sequence} comes record {number}")
        if hashlib.sha256(chain + body).digest() != stored:
            faults.append(f"record {number} does not fit the chain")
            break
        chain, sequence = stored, number
        tree.append(chain)
        if sequence in claims:
            heads[sequence] = chain, tree.root()
    end = max((int(note["size"]) for note in own), default=0)
    if header and not (first == header["first"] and sequence == header["last"] == end):
        faults.append(f"the archive says {header['first']}-{header['last']}, has {first}-{sequence}, signed {end}")
    for size, claimed in sorted(claims.items()):
        if size < first - 1 or (header and size > sequence):
            continue
        if size > sequence:
            faults.append(f"the log was cut: a checkpoint has {size} records, there are {sequence}")
        elif size in heads and not all(
            head == heads[size][0] and (header or root in (None, heads[size][1]))  # a partial log has no tree
            for head, root in claimed
        ):
            faults.append(f"checkpoint {size} disagrees with the log")
    bare = max(0, min(records, sequence - max(claims, default=0)))
    say(f"{records} records, the last {bare} without checkpoint, head {chain.hex()}")
    return faults


PROOF = re.compile(
    r"c2sp\.org/tlog-proof@v1\nextra (?P<extra>\S+)\nindex (?P<index>[0-9]{1,18})\n(?P<path>(?:\S{44}\n)*)\n"
)


def check_proof(file: Path, key_file: Path, witnesses: list[str]) -> list[str]:
    """Return the faults of an inclusion proof (C2SP tlog-proof); prints the record when the proof is valid."""
    text = file.read_text("utf-8")
    proof = PROOF.match(text)
    note = NOTE.fullmatch(text[proof.end() :]) if proof is not None else None
    if proof is None or note is None or not note["chain"]:
        raise ValueError(f"{file}: this is no proof of a record")
    extra, index, last = base64.b64decode(proof["extra"]), int(proof["index"]), int(note["size"]) - 1
    faults = check_notes([note], key_file.read_text("utf-8", "replace"), witnesses)
    if not extra[32:].startswith(b'{"seq":%d,' % (index + 1)) or index > last:
        faults.append(f"the record is not number {index + 1} of the {last + 1} under the checkpoint")
    found = hashlib.sha256(b"\x00" + hashlib.sha256(extra).digest()).digest()
    for sibling in map(base64.b64decode, proof["path"].split()):
        if index & 1 or index == last:  # RFC 9162 2.1.3.2
            found = hashlib.sha256(b"\x01" + sibling + found).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + sibling).digest()
        index, last = index >> 1, last >> 1
    if last or found != base64.b64decode(note["root"]):
        faults.append("the record is not the one that the checkpoint covers")
    if not faults:
        say(extra[32:].decode("utf-8", "replace"))
    return faults


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path, nargs="?", help="audit.db, or JSON lines of `gateway audit export`")
    parser.add_argument(
        "--checkpoints", type=Path, action="append", help="directory with *.notes, or one of them; may be repeated"
    )
    parser.add_argument("--key", type=Path, help="public-key.txt; default: in the first checkpoints directory")
    parser.add_argument("--witness", type=Path, action="append", help="verifier keys of witnesses, one a line")
    parser.add_argument("--proof", type=Path, help="proof of one record (gateway audit proof); needs --key")
    arguments = parser.parse_args()
    if (arguments.log is None) is (arguments.proof is None) or (arguments.proof and not arguments.key):
        parser.error("give a log, or --proof with --key")
    beside = (arguments.log or arguments.proof).parent / "checkpoints"
    folders = arguments.checkpoints or ([beside] if beside.exists() or not arguments.key else [])
    try:
        witnesses = [line for path in arguments.witness or [] for line in path.read_text("utf-8").splitlines() if line]
        if arguments.proof:
            faults = check_proof(arguments.proof, arguments.key, witnesses)
        else:
            faults = check(arguments.log, folders, arguments.key or folders[0] / "public-key.txt", witnesses)
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error) as error:
        sys.stderr.write(f"cannot verify: {error}\n")
        return 2
    for fault in faults:
        say(f"TAMPERED: {fault}")
    say("TAMPERED" if faults else "WHOLE")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
