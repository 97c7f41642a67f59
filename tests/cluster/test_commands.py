"""Commands that read the centre."""

import asyncio
import json
from datetime import datetime, timedelta

import pytest

from gateway.audit.acts import record_at_once
from gateway.audit.record import Act
from gateway.cli import app
from gateway.cluster.database import within
from gateway.commands import doctor
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.model import VIETNAM
from gateway.serve.app import anchors_digest
from tests.audit.support import fill
from tests.cluster.support import centre, shipped

pytestmark = pytest.mark.cluster


def test_each_command_takes_the_centre_instead_of_a_folder(tmp_path, cluster_dsn, capsysbinary):
    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            app(list(map(str, arguments)))
        return ended.value.code or 0, capsysbinary.readouterr().out.decode()

    data, config = tmp_path / "one", tmp_path / "gateway.yaml"
    asyncio.run(fill(data, 3))
    for act in (
        Act(who="op.minh", what="refuse", about="BT-00000002", reason="sai người nhận"),
        Act(who="so.lan", what="endorse", about="4711 BT-00000002", ok=False),
        Act(who="so.lan", what="open_mail", about="BT-00000001", reason="như BT-00000002"),
    ):
        record_at_once(data, act)
    config.write_text(f"data: {data}\ncluster: {{node: one, dsn: '{cluster_dsn}'}}\n", "utf-8")
    assert run("cluster", "init", "--config", config)[0] == 0
    shipped(data, cluster_dsn)
    where = ("--cluster", cluster_dsn)
    code, out = run("audit", "list", *where, "--json", "--state", "relayed", "--limit", 2)
    assert (code, [json.loads(line)["node"] for line in out.splitlines()]) == (0, ["one", "one"])
    assert "BT-00000002" in run("audit", "search", "BT-00000002", *where)[1]
    for log in (where, ("--data", data)):
        out = run("audit", "show", "BT-00000002", *log)[1]
        assert ("one" in out, "op.minh không duyệt BT-00000002: sai người nhận" in out) == (log is where, True)
        assert ("so.lan ✖ đồng ý (người thứ nhất)" in out, "open" in out or "xem thư" in out) == (True, False)
        history = json.loads(run("audit", "show", "BT-00000002", "--json", *log)[1])
        assert [(act["sender"], act["text"]) for act in history["acts"]] == [
            ("op.minh", "sai người nhận"),
            ("so.lan", ""),
        ]
    assert run("audit", "show", "BT-NONE", *where)[0] == 1
    assert len(run("audit", "export", *where)[1].splitlines()) == 14
    assert run("audit", "export", "--csv", *where)[1].count("one") == 6
    code, out = run("audit", "verify", *where, "--config", config)
    assert (code, "Node one:" in out) == (0, True)
    tomorrow = datetime.now(VIETNAM).date() + timedelta(days=1)
    code, out = run("cluster", "archive", "--to", tmp_path / "kept", "--day", tomorrow, "--config", config)
    assert code == 2
    assert run("cluster", "archive", "--to", tmp_path / "kept", "--config", config) == (
        0, f"nút one: ngày {tomorrow - timedelta(days=2)} không có bản ghi nào / node one: no records of {tomorrow - timedelta(days=2)}\n",
    )  # fmt: skip
    assert run("audit", "list", "--cluster", "nonsense")[0] == 2
    assert run("audit", "list", "--cluster", "postgresql://x:secret@nowhere/y")[0] == 2


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (lambda folder: (folder / "root.cer").write_bytes(b"other"), True),
        (lambda folder: (folder / "more.pem").write_bytes(b"more"), True),
        (lambda folder: (folder / "roles.yaml").write_text("- seal"), True),  # which certificates are seals
        (lambda folder: (folder / "root.cer").rename(folder / "goc.cer"), False),
        (lambda folder: (folder / "README.md").write_text("x"), False),
        (lambda folder: (folder / "crl").mkdir(), False),  # each node fetches its own
    ],
)
def test_nodes_whose_trust_would_judge_differently_have_different_digests(tmp_path, change, differs):
    (tmp_path / "root.cer").write_bytes(b"root")
    before = anchors_digest(tmp_path)
    change(tmp_path)
    assert (anchors_digest(tmp_path) != before) is differs


def test_the_doctor_looks_at_the_centre_and_waits_for_none_that_hangs(cluster_dsn, monkeypatch):
    def found(dsn):
        configuration = Configuration(cluster=Cluster(node="one", dsn=dsn))
        ((health, words),) = [(line.health, line.both) for line in doctor._guarded(doctor._centre, configuration)]
        return health, words

    assert list(doctor._centre(Configuration())) == []
    health, words = found(cluster_dsn)
    assert (health, "gateway cluster init" in words) == (doctor.Health.WARNING, True)
    with centre(cluster_dsn) as connection:
        assert found(cluster_dsn)[0] is doctor.Health.GOOD
        monkeypatch.setattr(doctor, "within", lambda connection: within(connection, 0.2))
        with connection.transaction():
            connection.execute("LOCK TABLE cluster_schema")
            assert found(cluster_dsn)[0] is doctor.Health.WARNING  # mail goes on without it
    assert found("postgresql://gateway@127.0.0.1:1/x")[0] is doctor.Health.WARNING
