"""Independent verifier of an audit log: one file, Python's standard library only, nothing of the gateway imported.

    python3 verify_standalone.py audit.db --checkpoints checkpoints/ [--checkpoints /other/copy] [--key public-key.txt]
    python3 verify_standalone.py export.jsonl --checkpoints checkpoints/ --key public-key.txt

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
from pathlib import Path

NOTE = re.compile(
    r"((?P<origin>[^\n]+)\n(?P<size>[0-9]{1,18})\n(?P<head>[A-Za-z0-9+/]{43}=)\n(?P<time>[^\n]*)\n)\n"
    r"— (?P<name>[^\n ]+) (?P<signature>[A-Za-z0-9+/=]+)\n"
)

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
    """Return the point that 32 bytes stand for, None when they stand for none."""
    y = int.from_bytes(octets, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = recover_x(BASE_Y, 0)
BASE: Point = (_BASE_X or 0, BASE_Y, 1, (_BASE_X or 0) * BASE_Y % P)


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether an Ed25519 signature is right."""
    if len(signature) != 64 or len(public) != 32:
        return False
    key, commitment = decompress(public), decompress(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = multiply(scalar, BASE), add(commitment, multiply(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- the log ---------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


def content_of(body: bytes) -> dict[str, object]:
    """Return a record's content, empty when it is no JSON object."""
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def read_records(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield body and stored hash of every record, from a database or from exported JSON lines."""
    with path.open("rb") as stream:
        database = stream.read(16) == b"SQLite format 3\x00"
    if database:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        for body, digest in connection.execute("SELECT body, hash FROM record ORDER BY seq"):
            yield bytes(body), bytes(digest)
        return
    prefix, middle = b'{"hash":"', b'","record":'
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            entry = line.rstrip(b"\n")
            if not (entry.startswith(prefix) and entry[73:84] == middle and entry.endswith(b"}")):
                raise ValueError(f"line {number} is no exported record")
            yield entry[84:-1], bytes.fromhex(entry[9:73].decode("ascii"))


def read_checkpoints(folders: list[Path]) -> list[re.Match[str]]:
    """Return every note in the given directories; ValueError for a copy (any but the first) that has none."""
    found: list[re.Match[str]] = []
    for folder in folders:
        if not folder.exists():
            raise ValueError(f"{folder}: no such file or directory")
        before = len(found)
        for path in sorted(folder.glob("*.notes")) if folder.is_dir() else [folder]:
            found += list(NOTE.finditer(path.read_text("utf-8", "replace")))
        if len(found) == before and folder is not folders[0]:
            raise ValueError(f"{folder}: there is no checkpoint in it to compare with")
    return found


def check(log: Path, folders: list[Path], key_file: Path) -> list[str]:
    """Return what is wrong; empty when the log is whole. Prints what was compared."""
    faults: list[str] = []
    parts = key_file.read_text("utf-8", "replace").strip().split("+", 2)
    if len(parts) != 3:
        raise ValueError(f"{key_file}: this is no verifier key")
    name, identifier, encoded = parts
    public = base64.b64decode(encoded, validate=True)[1:]
    notes = read_checkpoints(folders)
    for note in notes:
        octets = base64.b64decode(note["signature"])
        good = note["name"] == note["origin"] == name and octets[:4].hex() == identifier
        if not good or not signature_holds(public, note[1].encode(), octets[4:]):
            faults.append(f"the signature of checkpoint {note['size']} ({note['time']}) is wrong")
    claims = {int(note["size"]): base64.b64decode(note["head"]) for note in notes}
    conflicting = {int(note["size"]) for note in notes if claims[int(note["size"])] != base64.b64decode(note["head"])}
    faults += [f"two checkpoints of {size} records disagree" for size in sorted(conflicting)]

    chain, sequence, records, first = bytes(32), 0, 0, 1
    heads: dict[int, bytes] = {0: chain}
    retained: list[dict[str, object]] = []
    for body, stored in read_records(log):
        content = content_of(body)
        number = content.get("seq")
        if not isinstance(number, int):
            faults.append(f"what follows record {sequence} is no record")
            break
        if records == 0 and number != 1:
            first, sequence = number, number - 1
            computed = stored  # the hash before it is checked below, against the retention record
            beginning = body, stored
        else:
            computed = hashlib.sha256(chain + body).digest()
        records += 1
        if number != sequence + 1:
            faults.append(f"after record {sequence} comes record {number}")
        if computed != stored:
            faults.append(f"record {number} does not fit the chain")
            break
        if content.get("kind") == "retention":
            retained.append(content)
        chain, sequence = stored, number
        if sequence in claims:
            heads[sequence] = chain
    if first != 1:
        before = [bytes.fromhex(str(entry["last_hash"])) for entry in retained if entry.get("last") == first - 1]
        if not any(hashlib.sha256(start + beginning[0]).digest() == beginning[1] for start in before):
            faults.append(f"records 1-{first - 1} are missing and no retention record accounts for them")
        else:
            say(f"records 1-{first - 1} were removed by retention")
    for size in sorted(claims):
        if size < first:
            continue
        if size > sequence:
            faults.append(f"the log was cut: a checkpoint has {size} records, there are {sequence}")
        elif heads.get(size) != claims[size]:
            faults.append(f"checkpoint {size} disagrees with the chain")
    say(f"{records} records, {len(claims)} checkpoints, head {chain.hex()}")
    return faults


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path, help="audit.db, or JSON lines of `gateway audit export`")
    parser.add_argument(
        "--checkpoints", type=Path, action="append", help="directory with *.notes, or one of them; may be repeated"
    )
    parser.add_argument("--key", type=Path, help="public-key.txt; default: in the first checkpoints directory")
    arguments = parser.parse_args()
    folders = arguments.checkpoints or [arguments.log.parent / "checkpoints"]
    try:
        faults = check(arguments.log, folders, arguments.key or folders[0] / "public-key.txt")
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error) as error:
        sys.stderr.write(f"cannot verify: {error}\n")
        return 2
    for fault in faults:
        say(f"TAMPERED: {fault}")
    say("TAMPERED" if faults else "WHOLE")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
