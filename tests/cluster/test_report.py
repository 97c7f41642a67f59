"""The report of a whole cluster, counted at its centre: as if one machine had had all the mails."""

import pytest
from msgspec import UNSET, structs

from gateway.cluster import records
from gateway.cluster.logs import logs_at_the_centre
from gateway.config.cluster import Cluster
from gateway.errors import UserError
from gateway.report import proof
from gateway.report.figures import Wanted
from gateway.report.labels import labels
from gateway.report.make import counted
from gateway.report.month import Month
from gateway.report.render import Format, render
from tests.cluster.support import shipped
from tests.report.files import POLICIES, lines
from tests.report.support import LATER, NOVEMBER, Found, Office, box, directory, report, signed
from tests.report.test_command import run

pytestmark = pytest.mark.cluster
FONT = "typography.font"
BOXES = [box("an", "Nội vụ"), box("binh", "Nội vụ"), box("chi", "Tư pháp")]


async def months(offices) -> None:
    """A month of mails, each through the next machine; what one refuses another refuses again, and a third lets pass mended."""
    turn = 0

    def at(day: int, minute: int = 0) -> Office:
        nonlocal turn
        turn += 1
        office = offices[turn % len(offices)]
        office.count = turn  # references are one's own
        return office.at(day, 8, minute)

    for one in offices:
        await one.at(1).lists(directory("d1", *BOXES))
    for day in range(2, 20, 3):
        await at(day).sends("an", signed(f"{day}/BC"), files=[("a.pdf", f"a{day}")])
        for minute in (1, 2):
            await at(day, minute).sends("chi", Found(FONT, file="bad"), files=[("b.docx", "bad")])
        await at(day, 3).sends("chi", files=[("b.docx", f"good{day}")])
    for one in offices:
        await one.at(21).lists(directory("d2", *BOXES, box("dung", "Tư pháp")))
    await at(22).sends("binh")
    await at(22, 1).sends("binh", delivery=None)
    for one in offices:  # one after the month, so that what the centre has of it is all of it
        one.count += 1000
        await one.at(9, month=12).sends("an")
        await one.close()


@pytest.fixture
async def nodes(tmp_path, monkeypatch):
    """One machine with all the mails of a month, and three that share them."""
    folders = [tmp_path / name for name in ("alone", "one", "three", "two")]
    alone, *several = [await Office.open(folder, monkeypatch) for folder in folders]
    alone.clock = several[0].clock = several[1].clock = several[2].clock  # the one that stamps
    await months([alone])
    await months(several)
    return {folder.name: folder for folder in folders}


def whole(dsn, *, again=None, now=LATER, **wanted):
    with logs_at_the_centre(Cluster(node="reader", dsn=dsn)) as logs:
        return counted(logs, NOVEMBER, now=now, again=again).report(Wanted(month=NOVEMBER, **wanted))


def verified(dsn, octets, form):
    found = lines(octets, form)
    asked = proof.asked(found)
    made = whole(dsn, again=asked.again, now=asked.made)
    return proof.compare(lines(render(made, labels(made, POLICIES, None), form), form), found)


async def test_several_machines_are_counted_as_the_one_that_had_all_their_mails(connection, cluster_dsn, nodes):
    for name in ("one", "two", "three"):
        shipped(nodes[name], cluster_dsn, name)
    made, alone = whole(cluster_dsn, persons=True), report(nodes["alone"], persons=True)
    for one in ("units", "total", "days", "league", "rules"):
        assert getattr(made, one) == getattr(alone, one), one
    assert [structs.replace(one, reference="") for one in made.persons] == [
        structs.replace(one, reference="") for one in alone.persons
    ]
    assert (made.total.violations.prevented, made.total.violations.mended, made.total.stock.added) == (1, 1, 1)
    assert [(one.node, one.behind) for one in made.basis.nodes] == [("one", False), ("three", False), ("two", False)]
    assert {gap.key: gap.fields for gap in made.gaps if not gap.node} == {
        gap.key: gap.fields for gap in alone.gaps if gap.key != "log_began"
    }
    assert {(gap.key, gap.node) for gap in made.gaps if gap.node} == {
        ("log_began", name) for name in ("one", "two", "three")
    }


@pytest.mark.parametrize("form", list(Format))
async def test_a_file_of_the_whole_is_what_the_centre_gives(connection, cluster_dsn, nodes, form):
    for name in ("one", "two", "three"):
        shipped(nodes[name], cluster_dsn, name)
    made = whole(cluster_dsn)
    octets = render(made, labels(made, POLICIES, None), form)
    assert verified(cluster_dsn, octets, form) == proof.Differences()
    connection.execute("UPDATE record SET body = body || ' ' WHERE node = 'two' AND seq = 9")
    assert verified(cluster_dsn, octets, form) != proof.Differences()


async def test_a_machine_whose_records_are_missing_is_named_for_good(connection, cluster_dsn, nodes):
    shipped(nodes["one"], cluster_dsn, "one")
    connection.execute("INSERT INTO node_seen VALUES ('three', now(), 1)")  # that never shipped
    shipped(nodes["two"], cluster_dsn, "two")
    connection.execute("DELETE FROM event WHERE node = 'two' AND seq > 20")
    connection.execute("DELETE FROM entry WHERE node = 'two' AND seq > 20")
    connection.execute("DELETE FROM record WHERE node = 'two' AND seq > 20")
    made = whole(cluster_dsn)
    assert [(gap.node, gap.fields["last"]) for gap in made.gaps if gap.key == "behind"] == [("three", 0), ("two", 20)]
    octets = render(made, labels(made, POLICIES, None), Format.CSV)
    connection.execute("DELETE FROM checkpoint")
    for name in ("two", "three"):
        shipped(nodes[name], cluster_dsn, name)
    assert verified(cluster_dsn, octets, Format.CSV) == proof.Differences()
    assert "three: THIẾU BẢN GHI CỦA MỘT MÁY" in octets.decode("utf-8-sig")
    assert not [gap for gap in whole(cluster_dsn).gaps if gap.key == "behind"]


def stopped(connection, node, *, at, left=0):
    """Have a node be silent since a time, its last heartbeat with so many records left to ship."""
    values = {"node": node, "at": at, "left": left}
    connection.execute(
        "UPDATE shipper SET at = %(at)s, written = %(left)s + (SELECT max(seq) FROM record WHERE node = %(node)s)"
        " WHERE node = %(node)s",
        values,
    )
    connection.execute("INSERT INTO node_seen VALUES (%(node)s, %(at)s, 1) ON CONFLICT DO NOTHING", values)


@pytest.mark.parametrize(("left", "missing"), [(0, []), (3, ["two"])])
async def test_a_machine_that_was_stopped_for_good_is_named_while_it_lived_only(
    connection, cluster_dsn, nodes, capsys, monkeypatch, tmp_path, left, missing
):
    for name in ("one", "two", "three"):
        shipped(nodes[name], cluster_dsn, name)
    for table in ("event", "entry", "record"):  # its last record is of the month
        connection.execute(f"DELETE FROM {table} WHERE node = 'two' AND seq > 20".encode())
    config = tmp_path / "gateway.yaml"
    config.write_text(f"data: {nodes['one']}\ncluster: {{node: one, dsn: '{cluster_dsn}'}}\n")
    code, _, told = run(capsys, monkeypatch, "cluster", "retire", "two", "--config", str(config))
    assert (code, "stop it first" in told) == (2, True)
    stopped(connection, "two", at="2026-11-25 08:00+7", left=left)

    def behind(month, now):
        with logs_at_the_centre(Cluster(node="reader", dsn=cluster_dsn)) as logs:
            made = counted(logs, Month.parse(month), now=now).report(Wanted(month=Month.parse(month)))
        gaps = sorted({gap.node for gap in made.gaps if gap.key == "behind"})
        return gaps, [one.node for one in made.basis.nodes], made.total.sent.mails

    later = LATER.replace(year=2028)
    mails = behind("2026-11", later)[2]
    assert "two" in behind("2026-11", later)[0]
    assert "two" in behind("2027-12", later)[0]
    code, told, _ = run(capsys, monkeypatch, "cluster", "retire", "two", "--config", str(config))
    assert (code, f"{left} bản ghi của nó chưa về" in told) == (0, left > 0)
    acts = run(capsys, monkeypatch, "audit", "list", "--state", "act", "--config", str(config))[1].splitlines()
    assert (len(acts), "ghi một nút đã ngừng hẳn two" in acts[0]) == (1, True), "and none of the one that was refused"
    assert behind("2026-11", later) == (missing, ["one", "three", "two"], mails)
    assert "two" not in behind("2027-12", later)[0] + behind("2027-12", later)[1]
    assert (
        run(capsys, monkeypatch, "cluster", "status", "--config", str(config))[1].count("no longer of the cluster") == 1
    )
    connection.execute("UPDATE shipper SET fault = 'fork' WHERE node = 'two'")  # its log goes on under another name
    assert behind("2026-11", later)[0] == missing
    records.report(connection, "two", "", "")  # it was started again after all
    assert "two" in behind("2027-12", later)[1]
    assert run(capsys, monkeypatch, "cluster", "retire", "four", "--config", str(config))[0] == 2


async def test_a_machine_that_never_shipped_can_be_forgotten(
    connection, cluster_dsn, nodes, capsys, monkeypatch, tmp_path
):
    shipped(nodes["one"], cluster_dsn, "one")
    connection.execute("INSERT INTO node_seen VALUES ('three', '2026-11-02', 1)")
    config = tmp_path / "gateway.yaml"
    config.write_text(f"data: {nodes['one']}\ncluster: {{node: one, dsn: '{cluster_dsn}'}}\n")
    assert run(capsys, monkeypatch, "cluster", "retire", "three", "--config", str(config))[0] == 0
    assert [one.node for one in whole(cluster_dsn).basis.nodes] == ["one"]


async def test_a_machine_or_days_that_are_left_out_are_missed(connection, cluster_dsn, nodes):
    for name in ("one", "two", "three"):
        shipped(nodes[name], cluster_dsn, name)
    octets = render(whole(cluster_dsn), labels(whole(cluster_dsn), POLICIES, None), Format.CSV)
    again = proof.asked(lines(octets, Format.CSV)).again
    for kept in (
        again.nodes[:2],
        [*again.nodes[:2], structs.replace(again.nodes[2], last=20)],
        [*again.nodes[:2], structs.replace(again.nodes[2], first=3)],
    ):
        made = whole(cluster_dsn, again=structs.replace(again, nodes=tuple(kept)))
        assert [gap.node for gap in made.gaps if gap.key == "cut"] == ["two"]
    with pytest.raises(UserError, match="four"):
        whole(
            cluster_dsn,
            again=structs.replace(again, nodes=(structs.replace(again.nodes[0], node="four"),), directory_node=UNSET),
        )


async def test_a_machine_with_another_directory_is_named(connection, cluster_dsn, tmp_path, monkeypatch):
    for name, boxes in (("one", BOXES), ("two", BOXES[:2])):
        office = await Office.open(tmp_path / name, monkeypatch)
        await office.at(1).lists(directory(name, *boxes))
        await office.at(2).sends("an")
        await office.close()
        shipped(tmp_path / name, cluster_dsn, name)
    made = whole(cluster_dsn)
    assert [gap.node for gap in made.gaps if gap.key == "other_directory"] == ["two"]
    assert (made.total.stock.total, made.total.stock.active, made.total.sent.mails) == (3, 1, 2)


def test_a_report_of_the_whole_is_typed_and_verified(connection, cluster_dsn, nodes, tmp_path, capsys, monkeypatch):
    for name in ("one", "two", "three"):
        shipped(nodes[name], cluster_dsn, name)
    target = str(tmp_path / "a.csv")
    code, _, told = run(capsys, monkeypatch, "report", "2026-11", "--cluster", cluster_dsn, "-o", target)
    assert (code, "one: nhật ký bắt đầu" in told) == (0, True)
    code, told, _ = run(capsys, monkeypatch, "report", "verify", target, "--cluster", cluster_dsn)
    assert (code, told.partition(":")[0]) == (0, "Khớp với bản ghi ở trung tâm")
