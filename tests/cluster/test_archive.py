"""Daily archives of a node's log, in a folder and in a bucket with object lock."""

import json
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest

from gateway.audit import verify_standalone
from gateway.audit.archive import verify_archive
from gateway.audit.chain import Entry, Head, insert
from gateway.audit.checkpoint import Signer, seal, write_verifier_key
from gateway.audit.store import Folder, immediate, open_checked
from gateway.cluster.archive import archive_day, into_folder
from gateway.cluster.database import connect
from gateway.commands.audit import verify_file
from gateway.commands.cluster import archive
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.model import VIETNAM
from gateway.system.zstandard import open_for_reading, open_for_writing
from tests.cluster.support import centre, local, shipped

pytestmark = pytest.mark.cluster

DAYS = [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 24)]
"""Days with records."""
NOW = datetime(2026, 11, 26, 12, tzinfo=VIETNAM)


def _log(data):
    """A log of four days, 40 records each, a checkpoint every 15."""
    folder = Folder(data)
    folder.prepare()
    signer = Signer(folder.secret("audit-ed25519"))
    write_verifier_key(folder, signer)
    connection, head = open_checked(folder), Head()
    with immediate(connection):
        for day in DAYS:
            begin = datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
            for number in range(40):
                stamp = (begin + timedelta(minutes=30 * number)).astimezone().isoformat(timespec="microseconds")
                body = {"time": stamp, "process": "p", "kind": "sending", "id": f"{day}-{number}"}
                head = insert(connection, head, [Entry(json.dumps(body).encode())])
                if not head.seq % 15:
                    seal(connection, signer, head, begin)
    connection.close()


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A shipped log; tests do not change it or the centre."""
    data = tmp_path_factory.mktemp("log")
    _log(data)
    return data


@pytest.fixture(scope="module")
def cluster(log, postgres):
    dsn = postgres.dsn(postgres.new_database())
    with centre(dsn):
        shipped(log, dsn)
    return Cluster(node="one", dsn=dsn)


def test_days_follow_one_another_without_gap_and_each_verifies_by_itself(tmp_path, log, cluster, capsys):
    put, found = into_folder(tmp_path / "kept"), []
    for day in (date(2026, 11, 19), *DAYS[:3], date(2026, 11, 23)):
        found += archive_day(cluster, day, put, now=NOW)
    assert [(one.records, one.fresh) for one in found] == [(0, False), (45, True), (45, True), (30, True), (0, False)]
    files = sorted((tmp_path / "kept" / "one").iterdir())
    headers = [verify_archive(file) for file in files]
    assert [(header.first, header.last, result.faults) for header, result in headers] == [
        (1, 45, ()), (46, 90, ()), (91, 120, ()),
    ]  # fmt: skip
    assert [result.checkpoints for _, result in headers] == [3, 3, 2]
    lines = [json.loads(line) for file in files for line in open_for_reading(file)]
    records = [(line["record"]["seq"], bytes.fromhex(line["hash"])) for line in lines if "record" in line]
    assert records == local(log, "seq, hash")[:120]
    (again,) = archive_day(cluster, DAYS[0], put, now=NOW)
    assert not again.fresh
    key = log / "checkpoints" / "public-key.txt"
    assert verify_file(files[1], (), key, as_json=False) == 0
    assert "node one" in capsys.readouterr().out


def test_a_day_of_which_a_part_is_archived_already_is_reported_and_not_replaced(tmp_path):
    part, whole, put = tmp_path / "part", tmp_path / "whole", into_folder(tmp_path / "kept")
    part.write_bytes(b"1")
    whole.write_bytes(b"12")
    assert put(part, "one/2026-11-20.jsonl.zst")
    assert not put(part, "one/2026-11-20.jsonl.zst")
    with pytest.raises(UserError, match="2026-11-20.*another file"):
        put(whole, "one/2026-11-20.jsonl.zst")
    assert (tmp_path / "kept/one/2026-11-20.jsonl.zst").read_bytes() == b"1"


def test_a_day_that_is_not_over_or_not_signed_is_not_archived(tmp_path, cluster):
    put = into_folder(tmp_path)
    with pytest.raises(UserError, match="not over"):
        list(archive_day(cluster, NOW.date(), put, now=NOW))
    with pytest.raises(UserError, match="no checkpoint behind record 160"):
        list(archive_day(cluster, DAYS[3], put, now=NOW))
    with pytest.raises(UserError, match="no node two"):
        list(archive_day(cluster, DAYS[0], put, now=NOW, node="two"))


def test_a_day_is_archived_once_its_node_has_shipped_all_of_it_and_no_other_node_waits(tmp_path, log, postgres):
    """A node that was down over midnight ships the rest of the day when it is back."""
    dsn = postgres.dsn(postgres.new_database())
    cluster, late, kept = Cluster(node="one", dsn=dsn), shutil.copytree(log, tmp_path / "late"), tmp_path / "kept"
    with centre(dsn) as connection:
        shipped(log, dsn, "two")
        shipped(late, dsn, "one")
        for table, number in (("record", "seq"), ("entry", "seq"), ("event", "seq"), ("checkpoint", "size")):
            connection.execute(f"DELETE FROM {table} WHERE node = 'one' AND {number} > 75".encode())
        for told, written in (("2026-11-21 20:00+7", 75), ("2026-11-22 00:01+7", 80)):
            connection.execute("UPDATE shipper SET at = %s, written = %s WHERE node = 'one'", (told, written))
            with pytest.raises(UserError, match="not shipped all records of that day"):
                list(archive_day(cluster, DAYS[1], into_folder(kept), now=NOW))
            assert [file.parent.name for file in kept.rglob("*.zst")] == ["two"]
        (whole,) = archive_day(cluster, DAYS[0], into_folder(kept), now=NOW, node="one")
        (forced,) = archive_day(cluster, DAYS[1], into_folder(tmp_path / "forced"), now=NOW, node="one")
        assert (whole.records, forced.records) == (45, 30)
        connection.execute("UPDATE shipper SET at = '2026-11-22 00:01+7', written = 75 WHERE node = 'one'")
        connection.execute("UPDATE shipper SET fault = 'fork' WHERE node = 'one'")
        for day in (DAYS[1], DAYS[3]):  # of the second nothing at all was shipped
            with pytest.raises(UserError, match="not shipped all records of that day"):
                list(archive_day(cluster, day, into_folder(tmp_path / "quiet"), now=NOW))
        connection.execute("UPDATE shipper SET retired = '2026-11-23', written = 80 WHERE node = 'one'")
        with pytest.raises(UserError, match="node one, 2026-11-21: the node has not shipped"):
            list(archive_day(cluster, DAYS[1], into_folder(tmp_path / "quiet"), now=NOW))
        with pytest.raises(UserError, match="node two, 2026-11-24: the centre has no checkpoint") as raised:
            list(archive_day(cluster, DAYS[3], into_folder(tmp_path / "quiet"), now=NOW))
        assert "node one" not in str(raised.value), "of a node that was retired by then nothing is missed"
        connection.execute("UPDATE shipper SET fault = '', written = 75 WHERE node = 'one'")
        (quiet, _) = archive_day(cluster, DAYS[1], into_folder(tmp_path / "quiet"), now=NOW)
        assert quiet.records == 30
        shipped(late, dsn, "one")
        (back, other) = archive_day(cluster, DAYS[1], into_folder(kept), now=NOW)
        assert (back.records, back.fresh, other.fresh) == (45, True, False)


def test_a_name_that_leads_out_of_the_folder_is_not_followed(tmp_path, cluster):
    kept = tmp_path / "a" / "kept"

    def named(node: str) -> None:
        with connect(cluster) as connection:
            for table in ("record", "checkpoint", "shipper"):
                connection.execute(f"UPDATE {table} SET node = '{node}'".encode())

    named("../out")
    try:
        with pytest.raises(UserError, match="out, as no gateway is named"):
            list(archive_day(cluster, DAYS[0], into_folder(kept), now=NOW))
    finally:
        named("one")
    assert not (tmp_path / "a").exists()


def test_an_archive_is_for_its_owner_alone(tmp_path, cluster):
    list(archive_day(cluster, DAYS[0], into_folder(tmp_path), now=NOW))
    (file,) = (tmp_path / "one").glob("*.zst")
    assert file.stat().st_mode & 0o077 == 0


def _rewritten(file, change):
    with open_for_reading(file) as stream:
        lines = stream.readlines()
    file.unlink()
    with open_for_writing(file) as stream:
        stream.writelines(change(lines))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda lines: [line.replace(b"21-7", b"21-8") for line in lines], "48"),
        (lambda lines: [line for line in lines if b'"seq":60,' not in line], "60-60"),
        (lambda lines: lines[:-5], "ends at 85"),
        (lambda lines: [lines[0].replace(b'"last":90', b'"last":85'), *lines[1:-5]], "of record 90"),
        (lambda lines: [line for line in lines if rb"\n90\n" not in line], "of record 75"),
        (lambda lines: [lines[0].replace(b'"first":46', b'"first":47'), *lines[1:4], *lines[5:]], "47"),
        (lambda lines: [*lines[:10], b"{}\n", *lines[10:]], "line 11 is no record"),
        (lambda lines: [b"{}\n", *lines[1:]], "no archive"),
    ],
)  # fmt: skip
def test_what_was_changed_in_an_archive_is_found(tmp_path, cluster, change, found, capsys):
    list(archive_day(cluster, DAYS[1], into_folder(tmp_path), now=NOW))
    file = tmp_path / "one" / "2026-11-21.jsonl.zst"
    _rewritten(file, change)
    try:
        assert verify_file(file, (), None, as_json=False) == 1
        said = capsys.readouterr().out
    except UserError as error:
        said = str(error)
    assert found in said


def test_a_file_that_is_cut_or_no_zstandard_is_a_plain_message(tmp_path, cluster):
    list(archive_day(cluster, DAYS[1], into_folder(tmp_path), now=NOW))
    file = tmp_path / "one" / "2026-11-21.jsonl.zst"
    octets = file.read_bytes()
    for damaged in (octets[:-20], octets[:200] + b"\0" * 20 + octets[220:], b"", b"no zstandard at all\n" * 10):
        file.write_bytes(damaged)
        with pytest.raises(UserError, match="jsonl.zst"):
            verify_archive(file)


def test_the_independent_verifier_takes_an_unpacked_archive(tmp_path, log, cluster):
    list(archive_day(cluster, DAYS[1], into_folder(tmp_path), now=NOW))
    file, key = tmp_path / "one" / "2026-11-21.jsonl", log / "checkpoints" / "public-key.txt"
    with open_for_reading(file.with_suffix(".jsonl.zst")) as stream:
        lines = stream.readlines()
    for change, code in ((lambda _: None, 0), (lambda one: one.pop(20), 1), (lambda one: one.pop(), 1)):
        changed = list(lines)
        change(changed)
        file.write_bytes(b"".join(changed))
        command = [sys.executable, "-I", "-S", verify_standalone.__file__, str(file), "--key", str(key)]
        run = subprocess.run(command, capture_output=True, timeout=300, check=False, text=True)
        assert run.returncode == code, run.stdout + run.stderr


@pytest.fixture
def bucket(monkeypatch):
    """A bucket with object lock on a real HTTP server."""
    boto3 = pytest.importorskip("boto3")
    moto = pytest.importorskip("moto.server")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}")
    client.create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
    client.create_bucket(Bucket="open")
    client.url = f"http://{host}:{port}"
    yield client
    server.stop()


def test_an_archive_in_a_bucket_is_locked_and_comes_back_as_it_went(tmp_path, cluster, bucket, capsys):
    def run(to):
        configuration = Configuration(cluster=cluster)
        return archive(configuration, DAYS[0], to, node="", retain_days=1825, endpoint=bucket.url, now=NOW)

    assert run("s3://kept/gateway") == run("s3://kept/gateway") == 0
    assert "was there already" in capsys.readouterr().out
    key = "gateway/one/2026-11-20.jsonl.zst"
    found = bucket.get_object(Bucket="kept", Key=key)
    assert found["ObjectLockMode"] == "COMPLIANCE"
    left = found["ObjectLockRetainUntilDate"] - datetime.now(VIETNAM)
    assert timedelta(days=1824) < left <= timedelta(days=1825)
    with pytest.raises(Exception, match="AccessDenied"):
        bucket.delete_object(Bucket="kept", Key=key, VersionId=found["VersionId"])
    file = tmp_path / "back.jsonl.zst"
    file.write_bytes(found["Body"].read())
    assert verify_archive(file)[1].faults == ()
    with pytest.raises(UserError, match="object lock"):
        run("s3://open/x")
    with pytest.raises(UserError, match="NoSuchBucket|Not Found|404"):
        run("s3://nowhere/x")
    bucket.put_object(Bucket="kept", Key="other/one/2026-11-20.jsonl.zst", Body=b"x")
    with pytest.raises(UserError, match="not replaced"):
        run("s3://kept/other")
