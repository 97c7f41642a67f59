"""Keys of keyed digests: the cluster's from when it is set, those of before for what they wrote."""

import dataclasses
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.audit.keyed import Keyed, key_id
from gateway.audit.query import AuditReader, Filter
from gateway.audit.store import Folder
from gateway.commands.cluster import make_cluster_key
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.model import About, Disposition
from gateway.pipeline.waivers import NoWaiverError, Wanted, new_entries
from gateway.serve.data_folder import open_log
from tests.audit.support import REFUSAL, bodies, evidence, relay, running, transaction, verdict

FILE = "ab" * 32


async def write(data: Path, number: int) -> None:
    async with running(data) as log:
        found = verdict(Disposition.REJECT, confidential=True)
        (mark,) = found.findings
        about = About(part="2", filename="a.docx")
        suspicion = replace(mark, finding=replace(mark.finding, rule="suspected", about=about))
        await log.refused(transaction(number), replace(found, findings=(suspicion,)), evidence(sha=FILE), REFUSAL)
        await relay(log, number + 100)


def facts(data: Path) -> list[tuple[str, str | None]]:
    mails = [body["mail"] for body in bodies(data) if body["kind"] == "refused"]
    return [(mail["parts"][0]["sha256"], mail.get("keyed_by")) for mail in mails]


async def test_a_key_of_the_cluster_counts_from_when_it_is_set_and_older_ones_find_what_they_wrote(tmp_path: Path):
    first, second = tmp_path / "first.key", tmp_path / "second.key"
    assert make_cluster_key(first) == make_cluster_key(second) == 0
    assert first.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UserError, match="already"):
        make_cluster_key(first)
    nodes = (tmp_path / "a", tmp_path / "b")
    for number, key in enumerate((None, first, first, second, None), 1):
        for data in nodes:
            cluster = Cluster(node=data.name, key_file=key)
            open_log(Configuration(data=data, cluster=cluster))
            await write(data, number)
    mine, others = (facts(data) for data in nodes)
    assert [name for _, name in mine] == [None, *(key_id(key.read_bytes()) for key in (first, first, second)), None]
    assert [one == other for one, other in zip(mine, others, strict=True)] == [False, True, True, True, False]
    assert len({digest for digest, _ in mine}) == 3
    data = nodes[0]
    with AuditReader.open(data) as reader:
        found = reader.find(Filter(sha256=FILE, state="refused"))
    assert [row.reference for row in found] == [f"BT-{number:08d}" for number in (5, 4, 3, 2, 1)]
    async with running(data) as log:
        for number in (101, 102, 104, 105):  # repetitions, under whatever key they were noted
            sent = transaction(number)
            assert await log.already_relayed(sent.session.auth_user, sent.envelope, sent.sha256) is not None
    for number in (1, 2, 4):
        wanted = Wanted(until=date(2026, 12, 1), reason="x", approved_by="TP", sha256=FILE)
        reference = f"BT-{number:08d}"
        (entry,) = new_entries(data, reference, wanted, today=date(2026, 11, 27))
        assert entry["sha256"] == FILE
        with pytest.raises(NoWaiverError):
            new_entries(data, reference, dataclasses.replace(wanted, sha256="0" * 64), today=date(2026, 11, 27))
    assert not Keyed.of(Folder(data)).key_id


@pytest.mark.parametrize("content", [b"", b"x" * 31, None])
def test_a_key_that_cannot_be_read_stops_the_start(tmp_path: Path, content: bytes | None):
    path = tmp_path / "cluster.key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"cluster\.key"):
        open_log(Configuration(data=tmp_path / "data", cluster=Cluster(node="a", key_file=path)))
