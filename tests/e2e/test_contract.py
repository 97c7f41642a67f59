"""The command contract: `serve` with its four flags, `check`, `audit`; every user's mistake is one clear message."""

import asyncio
import os
import re
import shutil
import socket
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gateway.demo.documents import official_letter, pdf_file
from gateway.demo.pki import Pki as DemoPki
from gateway.demo.pki import revocation_list
from gateway.demo.sign import demo_signer
from gateway.vietnamese.latin import to_ascii
from tests.e2e.gateway_process import PROGRAM, ROOT, cli, four_flags, serving
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Act, Sink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

STAFF, COLLEAGUE, OFFICE = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn", "vanphong.binhtan@tphcm.gov.vn"
CLEAN = f"From: {STAFF}\r\nTo: {COLLEAGUE}\r\nSubject: Lich hop\r\n\r\nKinh moi hop.\r\n".encode()
MARKED = CLEAN.replace(b"Kinh moi hop.", "TỐI MẬT\r\n\r\nKính gửi.".encode()).replace(
    b"Subject", b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nSubject"
)


def no_traceback(text: str) -> None:
    assert "Traceback" not in text
    assert 'File "' not in text


# --- serve --------------------------------------------------------------------------------------------------------


async def test_four_flags_alone_make_a_plain_relay_that_says_ready_and_drains_on_sigterm(tmp_path):
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        assert gateway.stdout.read_text() == f"ready relay=127.0.0.1:{gateway.address()[1]}\n"
        async with RawClient(*gateway.address()) as client:
            features = await client.ehlo()
            assert "STARTTLS" not in features
            assert "AUTH" not in features
            relayed = await client.mail(CLEAN, sender=STAFF, recipients=(COLLEAGUE,))
            assert relayed == "250 2.0.0 City: queued as 4711"
            refused = await client.mail(MARKED, sender=STAFF, recipients=(COLLEAGUE,))
            assert refused.code == 550
            early = await client.envelope(sender="ai.do@gmail.com", recipients=(OFFICE,))
            assert [reply.code for reply in early] == [250, 550]
        (delivered,) = sink.delivered
        assert delivered.content.endswith(CLEAN)
        assert (gateway.data.stat().st_mode & 0o777) == 0o700
        assert await gateway.terminate() == 0
        with pytest.raises(OSError, match="refused|Connect call failed"):
            await asyncio.open_connection(*gateway.address())
        await gateway.assert_audit_is_whole()


async def test_every_kind_of_listener_is_in_the_ready_line(tmp_path):
    certificate, key = Pki(tmp_path).issue("gateway.test")
    tls = {"certificate": str(certificate), "key": str(key)}
    socket_path = tmp_path / "milter.sock"
    async with Sink() as sink:
        config = {
            "listeners": [
                {"kind": "submission", "listen": "127.0.0.1:0", **tls},
                {"kind": "submissions", "listen": "localhost:0", **tls},
                {"kind": "relay", "listen": "[::1]:0"},
                {"kind": "milter", "listen": f"unix:{socket_path}"},
                {"kind": "milter", "listen": "127.0.0.2:0"},
            ],
            "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none"},
        }
        async with serving(tmp_path, config=config) as gateway:
            kinds = [kind for kind, _ in gateway.addresses]
            assert kinds == ["submission", "submissions", "relay", "milter", "milter"]
            for _, where in gateway.addresses:
                if where.startswith("unix:"):
                    _, writer = await asyncio.open_unix_connection(where.removeprefix("unix:"))
                else:
                    host, _, port = where.rpartition(":")
                    _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
                writer.close()


async def test_two_listeners_on_port_zero_of_one_address_get_a_port_each(tmp_path):
    async with Sink() as sink:
        config = {
            "listeners": [{"kind": "relay", "listen": "127.0.0.1:0"}, {"kind": "milter", "listen": "127.0.0.1:0"}],
            "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none"},
        }
        async with serving(tmp_path, config=config) as gateway:
            assert gateway.address("relay") != gateway.address("milter")
            async with RawClient(*gateway.address()) as client:
                assert (await client.ehlo()).code == 250


# --- check --------------------------------------------------------------------------------------------------------

CHECK_KEYS = {"file", "disposition", "reply", "findings", "documents", "signatures"}
FINDING_KEYS = {
    "policy", "rule", "code", "outcome", "wanted", "mode", "part", "filename", "locator", "message", "article",
}  # fmt: skip


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


async def test_check_prints_one_json_object_a_file_and_the_worst_exit_code(tmp_path):
    clean, marked = put(tmp_path, "clean.eml", CLEAN), put(tmp_path, "marked.eml", MARKED)
    run = await cli("check", "--json", clean, marked)
    assert run.code == 1
    first, second = run.json
    for result in (first, second):
        assert result.keys() >= CHECK_KEYS
        assert result["disposition"] in {"relay", "tag", "hold", "defer", "reject"}
        assert all(finding.keys() >= FINDING_KEYS for finding in result["findings"])
        assert {finding["outcome"] for finding in result["findings"]} <= {"passed", "failed", "indeterminate"}
        assert re.match(r"[245]\d\d \d\.\d\.\d ", result["reply"])
    assert (first["file"], first["disposition"]) == (str(clean), "relay")
    assert (second["file"], second["disposition"]) == (str(marked), "reject")
    assert second["recipients"] == {COLLEAGUE: "reject"}
    (level,) = {
        f["params"].get("level") for f in second["findings"] if f["policy"] == "classified" and f["outcome"] == "failed"
    }
    assert level == "toi_mat"
    alone = await cli("check", "--json", clean)
    assert alone.code == 0
    assert alone.err == ""


async def test_check_for_people_names_file_reply_and_reason(tmp_path):
    run = await cli("check", put(tmp_path, "marked.eml", MARKED))
    assert run.code == 1
    assert "marked.eml" in run.out
    assert "550 5.7.1" in run.out
    assert "CLS-" in run.out


async def test_check_takes_a_bare_document_as_the_only_attachment(tmp_path):
    document = put(tmp_path, "ghi-chú.txt", "Độ mật: TỐI MẬT\n".encode())
    run = await cli("check", "--json", document)
    (result,) = run.json
    assert run.code == 1
    assert result["disposition"] == "reject"
    assert result["documents"][0]["filename"] == "ghi-chú.txt"


async def test_check_judges_by_the_envelope_login_and_time_that_it_is_given(tmp_path):
    clean = put(tmp_path, "clean.eml", CLEAN)
    stranger = await cli(
        "check", "--json", "--from", "ai@gmail.com", "--to", OFFICE, "--to", COLLEAGUE,
        "--now", "2026-01-02T03:04:05+07:00", clean,
    )  # fmt: skip
    assert stranger.code == 1
    (result,) = stranger.json
    assert result["recipients"] == {OFFICE: "reject", COLLEAGUE: "relay"}
    assert datetime.fromisoformat(result["now"]) == datetime.fromisoformat("2026-01-02T03:04:05+07:00")
    other = await cli("check", "--json", "--auth-user", COLLEAGUE, clean)
    assert other.code == 1
    failed = {finding["policy"] for finding in other.json[0]["findings"] if finding["outcome"] == "failed"}
    assert failed == {"sender_identity"}


async def test_check_says_what_the_wire_says_of_a_content_that_is_refused_unread(tmp_path):
    mails = {
        "bare_newline": CLEAN.replace(b"moi hop.", b"moi\nhop."),
        "nul": CLEAN.replace(b"moi hop.", b"moi\0hop."),
        "loop": b"Received: from a by b; Tue, 24 Nov 2026 10:00:00 +0700\r\n" * 51 + CLEAN,
        "too_big": CLEAN + b"Kinh moi hop.\r\n" * 8000,
    }
    files = [put(tmp_path, f"{rule}.eml", content) for rule, content in mails.items()]
    async with Sink() as sink:
        config = {
            "listeners": [{"kind": "relay", "listen": "127.0.0.1:0"}],
            "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none"},
            "limits": {"message_bytes": 65536},
        }
        wire = []
        async with serving(tmp_path / "gateway", config=config) as gateway, RawClient(*gateway.address()) as client:
            await client.ehlo()
            for content in mails.values():
                wire.append(await client.mail(content, sender=STAFF, recipients=(COLLEAGUE,)))
    limits = put(tmp_path, "gateway.yaml", b"limits: {message_bytes: 65536}")
    run = await cli("check", "--json", "--config", limits, *files)
    assert run.code == 1
    assert [result["refused_unread"] for result in run.json] == list(mails)
    assert {result["disposition"] for result in run.json} == {"reject"}
    for said, result in zip(wire, run.json, strict=True):
        assert re.sub(r" \[BT-\w+\]", "", said) == to_ascii(result["reply"])

    run = await cli("check", files[0])
    assert run.code == 1
    assert "550 5.6.0 Nội dung thư có ký tự xuống dòng lẻ" in run.out


async def test_check_goes_on_after_a_file_that_cannot_be_read(tmp_path):
    clean = put(tmp_path, "clean.eml", CLEAN)
    run = await cli("check", "--json", tmp_path / "missing.eml", tmp_path, clean)
    assert run.code == 2
    assert [result["file"] for result in run.json] == [str(clean)]
    assert re.search(rf"{tmp_path / 'missing.eml'}: .*No such file", run.err)
    assert re.search(rf"{tmp_path}: .*Is a directory", run.err)
    no_traceback(run.err)


async def test_check_tells_of_each_signature_by_the_anchors_and_mailboxes_that_it_is_given(tmp_path):
    pki = DemoPki()
    certs = tmp_path / "certs"
    (certs / "crl").mkdir(parents=True)
    for name, identity in (("root", pki.g2_root), ("sub", pki.g2_sub)):
        (certs / f"{name}.cer").write_bytes(identity.certificate_der)
        crl = revocation_list(
            identity, this_update=pki.now - timedelta(hours=1), next_update=pki.now + timedelta(days=7)
        )
        (certs / "crl" / f"{name}.crl").write_bytes(crl)
    document = put(tmp_path, "cong-van.pdf", demo_signer(pki)(pdf_file(official_letter("12/UBND-VP", "báo cáo"))))
    directory = write(tmp_path, "directory.json", '{"mailboxes": [{"address": "%s", "kind": "personal"}]}' % STAFF)
    trusted = await cli("check", "--json", "--certs", certs, "--directory", directory, "--from", STAFF, document)
    assert trusted.code == 0, trusted.out
    (result,) = trusted.json
    assert len(result["directory_digest"]) == 64
    for signature in result["signatures"]:
        assert signature.keys() >= {
            "part", "filename", "container", "integrity", "changes", "coverage", "trust", "signer", "holder_kind",
            "indication", "document_timestamp",
        }  # fmt: skip
        assert (signature["integrity"], signature["trust"]) == ("intact", "trusted")
    assert {signature["holder_kind"] for signature in result["signatures"]} == {"person", "organisation"}
    empty = tmp_path / "empty"
    empty.mkdir()
    stranger = await cli("check", "--json", "--certs", empty, document)
    assert stranger.code in {1, 2}
    if stranger.code == 1:
        assert {signature["trust"] for signature in stranger.json[0]["signatures"]} == {"untrusted"}
    else:
        assert str(empty) in stranger.err


# --- audit --------------------------------------------------------------------------------------------------------


async def test_the_audit_is_listed_shown_searched_verified_and_exported(tmp_path):
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            for number in range(3):
                content = CLEAN.replace(b"Lich hop", b"Giao ban %d" % number)
                assert (await client.mail(content, sender=STAFF, recipients=(COLLEAGUE,))).code == 250
            assert (await client.mail(MARKED, sender=STAFF, recipients=(COLLEAGUE,))).code == 550
        rows = (await gateway.audit("list", "--json")).json  # beside the running gateway
        mails = [row for row in rows if row["reference"]]
        assert [row["state"] for row in mails] == ["refused", "relayed", "relayed", "relayed"]
        assert mails[0]["subject"] is None
        refused = (await gateway.audit("list", "--json", "--disposition", "reject")).json
        assert [row["reference"] for row in refused] == [mails[0]["reference"]]
        found = (await gateway.audit("search", "--json", "giao", "ban", "1")).json
        assert [row["subject"] for row in found] == ["Giao ban 1"]
        shown = await gateway.audit("show", "--json", found[0]["reference"])
        (history,) = shown.json
        assert [record["kind"] for record in history["records"]] == ["intent", "sending", "outcome"]
        assert (await gateway.audit("show", found[0]["reference"])).code == 0
        unknown = await gateway.audit("show", "BT-00000000")
        assert unknown.code == 1
        assert "BT-00000000" in unknown.err
        table = await gateway.audit("export", "--csv")
        assert table.out.count("\n") == len(rows) + 1
        assert table.out.startswith("\ufeffSố thứ tự,Thời điểm"), "Excel knows UTF-8 by it"
        exported = await cli("audit", "export", "--data", gateway.data, env={"PYTHONIOENCODING": "latin-1"})
        assert "\ufffd" not in exported.out, "what is exported is verified octet by octet"
        for contradiction in (("--csv", "--json"), ("--since", "2026-01-01")):
            assert (await gateway.audit("export", *contradiction)).code == 2
        (verified,) = (await gateway.audit("verify", "--json")).json
        assert (verified["faults"], verified["first_bad"]) == ([], None)
        assert verified["records"] >= len(rows)


async def test_a_content_that_is_refused_unread_stands_in_the_audit_under_the_reference_of_its_reply(tmp_path):
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            reply = await client.mail(CLEAN + b"lone\nfeed\r\n", sender=STAFF, recipients=(COLLEAGUE,))
            assert reply.code == 550
            assert not sink.delivered
        reference = re.search(r"\[(BT-\w+)\]", reply)[1]
        (row,) = (await gateway.audit("list", "--json", "--state", "content_refused")).json
        assert (row["reference"], row["sender"], row["recipients"]) == (reference, STAFF, [COLLEAGUE])
        assert [row["reference"] for row in (await gateway.audit("search", "--json", STAFF)).json] == [reference]
        shown = await gateway.audit("show", reference)
        assert "content.bare_newline" in shown.out
        assert "550 5.6.0 Nội dung thư" in shown.out
        await gateway.assert_audit_is_whole()


async def test_verify_exits_with_1_when_a_record_was_changed(tmp_path):
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            await client.mail(CLEAN, sender=STAFF, recipients=(COLLEAGUE,))
        await gateway.terminate()
        with sqlite3.connect(gateway.data / "audit.db") as connection:
            connection.execute("DROP TRIGGER record_no_update")
            connection.execute(
                "UPDATE record SET body = CAST(replace(CAST(body AS TEXT), 'relayed', 'refused') AS BLOB)"
            )
        run = await gateway.audit("verify")
        assert run.code == 1
        no_traceback(run.err)


# --- mistakes -----------------------------------------------------------------------------------------------------


def write(folder, name, text):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


NO_HOP = "next_hop: {address: '127.0.0.1:1', tls: none, required_at_start: false}\n"


async def refused_start(folder, config: str, *needles, port=1, arguments=()):
    """`serve` with this configuration must exit with 2, one message with these words, and no traceback."""
    path = write(folder, "gateway.yaml", config)
    run = await cli("serve", "--config", path, "--data", folder / "data", *arguments)
    assert run.code == 2, run
    no_traceback(run.err)
    for needle in needles:
        assert needle in run.err, run.err
    assert run.out == ""
    return run.err


BASE = """\
next_hop: {address: "127.0.0.1:%d", tls: none}
"""


async def test_a_misspelt_key_is_shown_with_its_place_and_the_right_word(tmp_path):
    err = await refused_start(tmp_path, "workers: 2\nlisteners:\n  - kind: relay\n    lsten: 127.0.0.1:0\n")
    assert f"{tmp_path}/gateway.yaml:4:5: " in err
    assert "listen" in err


async def test_all_faults_of_a_file_are_shown_at_once(tmp_path):
    err = await refused_start(
        tmp_path, "workers: nhieu\npolicy: binhtan-7600\nlog_level: loud\nnext_hop:\n  address: nowhere\n"
    )
    for place in ("gateway.yaml:1:10: ", "gateway.yaml:3:12: ", "gateway.yaml:5:12: "):
        assert place in err
    assert len(err.splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("workers: [1, 2\nlog_level: info\n", "gateway.yaml:2:"),
        ("workers: 1\nworkers: 2\n", "gateway.yaml:2:1: "),
        ("- workers\n", "gateway.yaml:1:1: "),
        ("a: &x [*x]\n", "gateway.yaml:1:"),
        ("limits:\n\trecipients: 3\n", "gateway.yaml:2:"),
        ("workers: !!python/object:os.system {}\n", "gateway.yaml:1:"),
    ],
)
async def test_broken_yaml_is_one_message_with_its_place(tmp_path, text, place):
    await refused_start(tmp_path, text, f"{tmp_path}/{place}")


async def test_a_configuration_that_is_not_there_or_no_text(tmp_path):
    run = await cli("serve", "--config", tmp_path / "nowhere.yaml")
    assert run.code == 2
    assert f"{tmp_path}/nowhere.yaml: " in run.err
    no_traceback(run.err)
    put(tmp_path, "octets.yaml", b"\xff\xfe\x00binary")
    run = await cli("serve", "--config", tmp_path / "octets.yaml")
    assert run.code == 2
    assert f"{tmp_path}/octets.yaml:1:1: " in run.err
    no_traceback(run.err)


async def test_certificates_that_cannot_be_used_are_named(tmp_path):
    pki = Pki(tmp_path)
    certificate, key = pki.issue("gateway.test")
    _, other_key = pki.issue("other.test")
    junk = write(tmp_path, "junk.pem", "this is no certificate\n")
    listener = "listeners:\n  - {{kind: submissions, listen: '127.0.0.1:0', certificate: {0}, key: {1}}}\n"
    await refused_start(tmp_path, listener.format(tmp_path / "no.pem", key), f"{tmp_path}/no.pem: ", "No such file")
    await refused_start(tmp_path, listener.format(certificate, tmp_path / "no.key"), f"{tmp_path}/no.key: ")
    await refused_start(tmp_path, listener.format(certificate, other_key), f"{certificate}: ", f"{other_key}")
    await refused_start(tmp_path, listener.format(junk, key), f"{junk}: ")
    await refused_start(tmp_path, listener.format(tmp_path, key), f"{tmp_path}: ")
    await refused_start(tmp_path, "next_hop: {address: 'mail.test:587', ca_file: %s}\n" % junk, f"{junk}: ", "ca_file")
    missing = tmp_path / "ca.pem.missing"
    await refused_start(tmp_path, "next_hop: {address: 'mail.test:587', ca_file: %s}\n" % missing, f"{missing}: ")


async def test_a_key_with_a_passphrase_is_named_and_nobody_is_asked_for_it(tmp_path):
    certificate, key = Pki(tmp_path).issue("gateway.test")
    secret = load_pem_private_key(key.read_bytes(), None)
    locked = put(
        tmp_path,
        "locked.key",
        secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"mat khau")),
    )
    listener = (
        f"listeners:\n  - {{kind: submissions, listen: '127.0.0.1:0', certificate: {certificate}, key: {locked}}}\n"
    )
    err = await refused_start(tmp_path, listener, str(locked), "passphrase")
    assert "Enter PEM" not in err


async def test_a_spool_that_is_no_folder_is_named(tmp_path):
    await refused_start(tmp_path, f"spool: {tmp_path}/nowhere\n", f"{tmp_path}/nowhere: ", "spool")
    await refused_start(tmp_path, f"spool: {write(tmp_path, 'file', 'x')}\n", f"{tmp_path}/file: ", "spool")


async def test_a_next_hop_that_could_never_take_mail_is_named_at_the_start(tmp_path):
    listeners = "listeners: [{kind: relay, listen: '127.0.0.1:0'}]\n"
    web = Sink(lambda stage, _: Act(b"HTTP/1.1 400 Bad Request\r\n") if stage == "banner" else None)
    async with web as sink:
        await refused_start(tmp_path, listeners + BASE % sink.port, f"127.0.0.1:{sink.port}", "no mail server")
    async with Sink() as sink:
        config = listeners + f"next_hop: {{address: '127.0.0.1:{sink.port}', tls: starttls}}\n"
        await refused_start(tmp_path, config, "STARTTLS", "next_hop.tls")


async def test_a_next_hop_that_says_no_for_now_does_not_keep_the_gateway_from_starting(tmp_path):
    busy = Sink(lambda stage, _: Act(b"421 4.3.2 maintenance\r\n", close=True) if stage == "banner" else None)
    async with busy as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        assert "maintenance" in gateway.stderr.read_text()


async def test_a_next_hop_that_refuses_the_gateway_itself_costs_no_mail_and_is_told_to_the_administrator(tmp_path):
    refuses = Sink(lambda stage, _: Act(b"554 5.7.1 not on my list\r\n") if stage == "banner" else None)
    async with refuses as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            assert (await client.cmd(f"MAIL FROM:<{STAFF}>")).startswith("451 4.3.5")
            sink.script = lambda stage, session: None
            assert (await client.mail(CLEAN, sender=STAFF, recipients=(COLLEAGUE,))).code == 250
        assert gateway.log.count("not on my list") >= 2  # at the start, and for the mail
        sink.script = lambda stage, _: Act(b"554 5.7.1 not on my list\r\n") if stage == "banner" else None
        config = tmp_path / "doctor.yaml"
        config.write_text(f"data: {tmp_path}/doctor\nnext_hop: {{address: 127.0.0.1:{sink.port}, tls: none}}\n")
        run = await cli("doctor", "--config", config)
        assert run.code == 1
        (line,) = [line for line in run.out.splitlines() if "next hop " in line and "FAIL" in line]
        assert "554 5.7.1 not on my list" in line


async def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        err = await refused_start(tmp_path, f"listeners: [{{kind: relay, listen: '127.0.0.1:{port}'}}]\n")
        assert f"127.0.0.1:{port}" in err


async def test_a_port_that_is_bound_without_listening_is_in_use_too(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        await refused_start(
            tmp_path, f"listeners: [{{kind: relay, listen: '127.0.0.1:{port}'}}]\n", f"127.0.0.1:{port}"
        )


async def test_the_port_of_another_gateway_is_in_use(tmp_path):
    async with Sink() as sink, serving(tmp_path / "first", *four_flags(sink.port)) as gateway:
        _, port = gateway.address()
        config = f"listeners: [{{kind: relay, listen: '127.0.0.1:{port}'}}]\n"
        await refused_start(tmp_path, config, f"127.0.0.1:{port}")


async def test_an_address_that_is_listed_twice_is_named(tmp_path):
    twice = "listeners:\n  - {kind: relay, listen: '127.0.0.1:2525'}\n  - {kind: milter, listen: '127.0.0.1:2525'}\n"
    await refused_start(tmp_path, twice, "gateway.yaml:1:1: ", "127.0.0.1:2525")


async def test_an_address_that_is_not_ours_is_named(tmp_path):
    await refused_start(tmp_path, "listeners: [{kind: relay, listen: '192.0.2.1:2525'}]\n", "192.0.2.1:2525")
    await refused_start(
        tmp_path, "listeners: [{kind: relay, listen: 'no-such-host.invalid:2525'}]\n", "no-such-host.invalid"
    )


async def test_a_port_for_which_the_right_is_missing_is_named_with_the_ways_to_it(tmp_path):
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 465:
        pytest.skip("anybody may take a low port here")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    drop = ("setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service") if os.geteuid() == 0 else ()
    path = write(tmp_path, "gateway.yaml", NO_HOP + "listeners: [{kind: relay, listen: '127.0.0.1:465'}]\n")
    run = await cli("serve", "--config", path, "--data", tmp_path / "data", launcher=drop)
    assert run.code == 2
    assert f"{path}:2:" in run.err
    assert "low-ports.conf" in run.err
    no_traceback(run.err)


async def test_a_milter_socket_in_a_folder_that_is_not_there_is_named(tmp_path):
    where = tmp_path / "nowhere" / "milter.sock"
    await refused_start(tmp_path, f"listeners: [{{kind: milter, listen: 'unix:{where}'}}]\n", str(where))
    long = tmp_path / ("x" * 120)
    await refused_start(tmp_path, f"listeners: [{{kind: milter, listen: 'unix:{long}'}}]\n", "gateway.yaml:1:", "107")


async def test_a_next_hop_that_is_down_at_the_start_is_named_unless_it_may_be(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    listeners = "listeners: [{kind: relay, listen: '127.0.0.1:0'}]\n"
    await refused_start(tmp_path, listeners + BASE % port, f"127.0.0.1:{port}", "refused")
    config = {
        "listeners": [{"kind": "relay", "listen": "127.0.0.1:0"}],
        "next_hop": {"address": f"127.0.0.1:{port}", "tls": "none", "required_at_start": False},
    }
    async with serving(tmp_path / "tolerant", config=config) as gateway, RawClient(*gateway.address()) as client:
        assert (await client.ehlo()).code == 250
        (reply,) = await client.envelope(recipients=())
        assert str(reply).startswith("451 4.4.1 ")


async def test_a_policy_that_is_missing_broken_or_unknown(tmp_path):
    await refused_start(tmp_path, f"policy: {tmp_path}/nowhere.yaml\n", f"{tmp_path}/nowhere.yaml: ")
    broken = write(tmp_path, "policy.yaml", "preset: binhtan-7600\npolicies:\n  typographie: {mode: off}\n")
    err = await refused_start(tmp_path, f"policy: {broken}\n", f"{broken}:")
    assert re.search(rf"{broken}:\d+:\d+: ", err)
    await refused_start(tmp_path, "policy: binhtan-7601\n", "binhtan-7601", "binhtan-7600")
    clean = put(tmp_path, "clean.eml", CLEAN)
    for policy, needle in (
        (tmp_path / "nowhere.yaml", "nowhere.yaml: "),
        ("strickt", "strict"),
        (broken, f"{broken}:"),
    ):
        run = await cli("check", "--policy", policy, clean)
        assert run.code == 2
        assert needle in run.err
        no_traceback(run.err)
        assert run.out == ""


async def test_a_directory_that_is_missing_or_wrong_is_named_with_its_place(tmp_path):
    await refused_start(tmp_path, f"directory: {tmp_path}/nowhere.yaml\n", f"{tmp_path}/nowhere.yaml: ")
    wrong = write(tmp_path, "directory.yaml", "mailboxes:\n  - address: a@tphcm.gov.vn\n    kind: boss\n")
    await refused_start(tmp_path, f"directory: {wrong}\n", f"{wrong}:3:")


async def test_a_folder_of_trust_anchors_that_is_missing_or_damaged_is_named(tmp_path):
    clean = put(tmp_path, "clean.eml", CLEAN)
    run = await cli("check", "--certs", tmp_path / "nowhere", clean)
    assert run.code == 2
    assert f"{tmp_path}/nowhere: " in run.err
    no_traceback(run.err)
    async with Sink() as sink:
        listeners = "listeners: [{kind: relay, listen: '127.0.0.1:0'}]\n"
        await refused_start(
            tmp_path, listeners + BASE % sink.port + f"certs: {tmp_path}/nowhere\n", f"{tmp_path}/nowhere: "
        )


async def test_times_addresses_and_flags_that_make_no_sense(tmp_path):
    clean = put(tmp_path, "clean.eml", CLEAN)
    for arguments, needle in (
        (("check", "--now", "hôm qua", clean), "ISO 8601"),
        (("check", "--now", "2026-13-45", clean), "ISO 8601"),
        (("check", "--now", "9999-12-31T23:59:59", clean), "9999-12-31"),
        (("check", "--now", "0001-01-01T00:00:00+14:00", clean), "0001-01-01"),
        (("check",), "files"),
        (("serve", "--listen", "2525", "--data", tmp_path / "d"), "HOST:PORT"),
        (("serve", "--next-hop", "mail.test", "--data", tmp_path / "d"), "HOST:PORT"),
        (("serve", "--listen", "127.0.0.1:99999", "--data", tmp_path / "d"), "HOST:PORT"),
        (("serve", "--lisen", "127.0.0.1:0"), "--lisen"),
        (("frobnicate",), "frobnicate"),
        (("audit", "list", "--since", "hôm qua", "--data", tmp_path), "ISO 8601"),
        (("audit", "list", "--data", tmp_path / "nothing"), str(tmp_path / "nothing")),
        (("audit", "verify", "--data", tmp_path / "nothing"), str(tmp_path / "nothing")),
        (("audit", "export", "--data", tmp_path / "nothing"), str(tmp_path / "nothing")),
    ):
        run = await cli(*arguments)
        assert run.code == 2, (arguments, run)
        assert needle in run.err, (arguments, run)
        no_traceback(run.err)


async def test_a_data_folder_that_cannot_be_used_is_named(tmp_path):
    file = write(tmp_path, "file", "not a folder")
    async with Sink() as sink:
        for data in (file, file / "below", "/proc/1/data"):
            run = await cli("serve", *four_flags(sink.port), "--data", data)
            assert run.code == 2, run
            assert str(data) in run.err
            no_traceback(run.err)


@pytest.mark.skipif(os.geteuid() != 0, reason="changes the owner of files, which root alone may")
async def test_a_data_folder_of_another_user_is_named(tmp_path):
    """As an ordinary user, for root may write everywhere."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    async with Sink() as sink:
        process = await asyncio.create_subprocess_exec(
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
            *PROGRAM, "serve", *four_flags(sink.port), "--data", str(folder),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd="/",
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    if b"Permission denied" in err and b"gateway:" not in err:
        pytest.skip("an ordinary user may not even read the project here")
    assert process.returncode == 2, err
    assert str(folder) in err.decode()
    no_traceback(err.decode())


async def test_a_second_gateway_on_the_same_data_folder_is_refused(tmp_path):
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        run = await cli("serve", *four_flags(sink.port), "--data", gateway.data)
        assert run.code == 2
        assert str(gateway.data) in run.err
        no_traceback(run.err)


async def test_a_log_that_was_shortened_is_not_written_on(tmp_path):
    async with Sink() as sink:
        async with serving(tmp_path, *four_flags(sink.port)) as gateway:
            async with RawClient(*gateway.address()) as client:
                await client.ehlo()
                await client.mail(CLEAN, sender=STAFF, recipients=(COLLEAGUE,))
        for path in gateway.data.rglob("*.db*"):
            path.unlink()
        run = await cli("serve", *four_flags(sink.port), "--data", gateway.data)
        assert run.code == 2, run
        assert str(gateway.data) in run.err
        no_traceback(run.err)


async def test_every_command_explains_itself(tmp_path):
    for command in (
        (),
        ("serve",),
        ("check",),
        ("demo",),
        ("doctor",),
        ("audit",),
        ("audit", "list"),
        ("policy", "lint"),
    ):
        run = await cli(*command, "--help")
        assert run.code == 0
        assert "Usage" in run.out
    for command in (("serve",), ("check",), ("audit", "list")):
        assert f"gateway {' '.join(command)} --" in (await cli(*command, "--help")).out


async def test_standard_output_that_is_closed_early_is_no_traceback(tmp_path):
    files = [put(tmp_path, f"{number}.eml", CLEAN) for number in range(20)]
    reader, writer = os.pipe()
    os.close(reader)
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "check", "--json", *map(str, files), stdout=writer, stderr=asyncio.subprocess.PIPE, cwd=ROOT
    )
    os.close(writer)
    async with asyncio.timeout(60):
        _, err = await process.communicate()
    no_traceback(err.decode())
    assert process.returncode != 0


async def test_a_terminal_without_the_letters_of_vietnamese_gets_question_marks_and_tools_get_utf_8(tmp_path):
    marked = put(tmp_path, "marked.eml", MARKED)
    narrow = {"PYTHONIOENCODING": "ascii"}
    for command in (("check", marked), ("policy", "lint", "strict"), ("lint", marked), ("trust", "list")):
        run = await cli(*command, env=narrow)
        assert run.code in {0, 1}, (command, run)
        no_traceback(run.err)
    for command in (("check", "--json", marked), ("verify", "--json", marked)):
        (line,) = (await cli(*command, env=narrow)).json
        assert line["file"] == str(marked)
    assert "MẬT" in (await cli("check", "--json", marked, env=narrow)).out


async def test_check_takes_any_name_that_a_file_can_have(tmp_path):
    """Names from old Windows machines are no UTF-8; a line break in a name must not forge a line."""
    folder = os.fsencode(tmp_path)
    names = [folder + b"/c\xf4ng v\xe3n.txt", folder + b"/a\n250 2.0.0 .txt"]
    for name in names:
        with open(name, "w", encoding="utf-8") as file:
            file.write("Kính gửi.\n")
    run = await cli("check", *map(os.fsdecode, names))
    assert run.code == 0, run
    assert "\n250 2.0.0 .txt" not in run.out
    first, second = (await cli("check", "--json", *map(os.fsdecode, names))).json
    assert first["file"].endswith("/c\ufffdng v\ufffdn.txt")
    assert second["file"].endswith("/a\n250 2.0.0 .txt")
    assert {first["disposition"], second["disposition"]} == {"relay"}


async def test_check_reads_a_mail_from_standard_input(tmp_path):
    run = await cli("check", "--json", "-", stdin=MARKED)
    assert run.code == 1
    (line,) = run.json
    assert (line["file"], line["disposition"]) == ("-", "reject")
    assert (await cli("check", "-", stdin=CLEAN)).code == 0


async def test_lint_says_so_when_a_file_holds_no_words(tmp_path):
    run = await cli("lint", put(tmp_path, "empty.txt", b""))
    assert run.code == 0
    assert "không có chữ nào để xét" in run.out


async def test_policy_diff_tells_the_faults_of_both_files(tmp_path):
    run = await cli("policy", "diff", "strickt", "monitr")
    assert run.code == 2
    assert "“strict”" in run.err
    assert "“monitor”" in run.err
    assert run.out == ""


async def test_lint_goes_on_after_a_file_that_is_missing_and_never_praises_what_it_has_not_read(tmp_path):
    damaged = put(tmp_path, "hỏng.docx", b"PK\x03\x04junk")
    run = await cli("lint", tmp_path / "nowhere.docx", damaged)
    assert run.code == 2
    assert f"{tmp_path}/nowhere.docx: không có tệp" in run.err
    assert "Tệp bị hỏng" in run.out
    assert "đúng quy định" not in run.out
    no_traceback(run.err)
