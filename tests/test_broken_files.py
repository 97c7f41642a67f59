"""Files that administrators write, damaged at random: each loads, or is refused with faults that say where.

No damage may end in another exception: a reload of a running gateway would meet it.
"""

import json
import random
import shutil
from pathlib import Path

import pytest

from gateway.config.sections import Configuration
from gateway.documents.signatures.trust import TrustStore
from gateway.engine import load_policy_set
from gateway.errors import ConfigError
from gateway.identity import directory
from tests.support.long import LONG

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
WAIVER = """waivers:
  - {id: w1, policy: typography, rule: font, sender: a@b.vn, reason: abc, approved_by: me, expires: 2027-01-01}
tests:
  - {name: x, from: a@b.vn, to: [c@d.vn], expect: {disposition: relay}}
"""
DIRECTORY = {
    "units": [{"id": "p-noivu", "name": "Phòng Nội vụ", "until": "2025-06-30", "successors": ["phuong"]}],
    "mailboxes": [
        {"address": "noivu@b.vn", "kind": "unit", "unit": "p-noivu", "status": "active", "aliases": ["p@b.vn"],
         "delegates": [{"address": "a@b.vn", "from": "2026-01-01", "until": "2026-12-31"}]},
        {"address": "a@b.vn", "kind": "personal"},
    ],
}  # fmt: skip
AS_YAML = """units:
  - {id: p-noivu, name: Phòng Nội vụ, until: 2025-06-30}
mailboxes:
  - address: noivu@b.vn
    kind: unit
    delegates: [{address: a@b.vn, from: 2026-01-01}]
  - {address: a@b.vn, kind: personal}
"""
VALUES = [
    b"null", b"[]", b"{}", b"-1", b"1e400", b".nan", b'"\\u0000"', b"9" * 400, b"2026-02-30", b"*x", b"&x y",
    b"!!python/name:os.system", b"0x" + b"f" * 100, "💩".encode() * 50, b'"a\nb"', b"| \n  x", b"[" * 60,
]  # fmt: skip


def damaged(octets: bytes, chance: random.Random) -> bytes:
    """Octets with one fault of the kinds that hands, editors and full disks make."""
    lines = octets.split(b"\n")
    place = chance.randrange(len(lines))
    line = lines[place]
    match chance.randrange(9):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, lines[chance.randrange(len(lines))])
        case 2:
            lines[place] = chance.choice([b"  ", b"\t", b"- "]) + line
        case 3:
            lines[place] = line[2:]
        case 4:
            lines[place] = line.replace(chance.choice([b":", b"[", b"}", b'"', b","]), b"", 1)
        case 5:
            at = chance.randrange(len(octets))
            return octets[:at] + bytes([chance.randrange(256)]) + octets[at + 1 :]
        case 6:
            lines[place] = line.split(b":")[0] + b": " + chance.choice(VALUES)
        case 7:
            return octets[: chance.randrange(len(octets))]
        case _:
            lines[place] = chance.choice([line.upper(), line.replace(b"a", b"e"), line[::-1]])
    return b"\n".join(lines)


def load(name: str, path: Path) -> None:
    match name:
        case "gateway.yaml":
            Configuration.load(path)
        case "policy.yaml":
            load_policy_set(path)
        case "manifest.yaml":
            TrustStore.load(path.parent)
        case _:
            directory.load(path)


@pytest.fixture
def files(tmp_path):
    shutil.copytree(ROOT / "certs", tmp_path, dirs_exist_ok=True)
    return {
        "gateway.yaml": (ROOT / "deploy" / "gateway.yaml").read_bytes(),
        "policy.yaml": (ROOT / "policies" / "presets" / "binhtan-7600.yaml").read_bytes() + WAIVER.encode(),
        "manifest.yaml": (ROOT / "certs" / "manifest.yaml").read_bytes(),
        "directory.yaml": AS_YAML.encode(),
        "directory.json": json.dumps(DIRECTORY, indent=1).encode(),
    }


@pytest.mark.parametrize("name", ["gateway.yaml", "policy.yaml", "manifest.yaml", "directory.yaml", "directory.json"])
def test_a_damaged_file_loads_or_says_where_it_is_wrong(tmp_path, files, name):
    refused, rounds = [], 800 if LONG else 200
    for seed in range(rounds):
        chance = random.Random(seed)
        octets = damaged(files[name], chance)
        if chance.random() < 0.3:
            octets = damaged(octets or b"x", chance)
        path = tmp_path / name
        path.write_bytes(octets)
        try:
            load(name, path)
        except ConfigError as error:
            refused.append((seed, error.faults))
    assert len(refused) > rounds // 4, "the damage does none"
    for seed, faults in refused:
        assert faults, seed
        for fault in faults:
            # Of the manifest some faults are about a certificate that it names, or that it is empty.
            assert fault.line or name == "manifest.yaml", (seed, str(fault))
            assert str(fault).isprintable(), seed
