"""The command contract: `serve` with its four flags, `check`, `audit`; every user's mistake is one clear message."""

import asyncio
import os
import re
from datetime import datetime, timedelta

import pytest

from gateway.demo.documents import official_letter, pdf_file
from gateway.demo.pki import Pki as DemoPki
from gateway.demo.pki import revocation_list
from gateway.demo.sign import sign_pdf_twice
from gateway.vietnamese.latin import to_ascii
from tests.audit.support import alter
from tests.e2e.commands import CLEAN, COLLEAGUE, OFFICE, STAFF, no_traceback, put, write
from tests.e2e.gateway_process import PROGRAM, ROOT, cli, configured, four_flags, serving
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow

MARKED = CLEAN.replace(b"Kinh moi hop.", "TỐI MẬT\r\n\r\nKính gửi.".encode()).replace(
    b"Subject", b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nSubject"
)


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
        config = configured(
            sink,
            {"kind": "submission", "listen": "127.0.0.1:0", **tls},
            {"kind": "submissions", "listen": "localhost:0", **tls},
            {"kind": "relay", "listen": "[::1]:0"},
            {"kind": "milter", "listen": f"unix:{socket_path}"},
            {"kind": "milter", "listen": "127.0.0.2:0"},
        )
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
        config = configured(
            sink, {"kind": "relay", "listen": "127.0.0.1:0"}, {"kind": "milter", "listen": "127.0.0.1:0"}
        )
        async with serving(tmp_path, config=config) as gateway:
            assert gateway.address("relay") != gateway.address("milter")
            async with RawClient(*gateway.address()) as client:
                assert (await client.ehlo()).code == 250


# --- check --------------------------------------------------------------------------------------------------------

CHECK_KEYS = {"file", "disposition", "reply", "findings", "documents", "signatures"}
FINDING_KEYS = {
    "policy", "rule", "code", "outcome", "wanted", "mode", "part", "filename", "locator", "message", "article",
}  # fmt: skip


async def test_check_prints_one_json_object_a_file_and_the_worst_exit_code(tmp_path):
    """A bare document is judged as the only attachment of a mail."""
    clean, marked = put(tmp_path, "clean.eml", CLEAN), put(tmp_path, "marked.eml", MARKED)
    document = put(tmp_path, "ghi-chú.txt", "Độ mật: TỐI MẬT\n".encode())
    run = await cli("check", "--json", clean, marked, document)
    assert (run.code, run.err) == (1, "")
    first, second, third = run.json
    for result in run.json:
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
    assert third["disposition"] == "reject"
    assert third["documents"][0]["filename"] == "ghi-chú.txt"


async def test_check_for_people_names_file_reply_and_reason(tmp_path):
    run = await cli("check", put(tmp_path, "marked.eml", MARKED))
    assert run.code == 1
    assert "marked.eml" in run.out
    assert "550 5.7.1" in run.out
    assert "CLS-" in run.out


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
        config = configured(sink, limits={"message_bytes": 65536})
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


async def test_check_reports_each_signature_by_the_anchors_and_mailboxes_that_it_is_given(tmp_path):
    pki = DemoPki()
    certs = tmp_path / "certs"
    (certs / "crl").mkdir(parents=True)
    for name, identity in (("root", pki.g2_root), ("sub", pki.g2_sub)):
        (certs / f"{name}.cer").write_bytes(identity.certificate_der)
        crl = revocation_list(
            identity, this_update=pki.now - timedelta(hours=1), next_update=pki.now + timedelta(days=7)
        )
        (certs / "crl" / f"{name}.crl").write_bytes(crl)
    letter = pdf_file(official_letter("12/UBND-VP", "báo cáo"))
    document = put(tmp_path, "cong-van.pdf", sign_pdf_twice(letter, pki.g2_person, pki.g2_seal))
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
        assert table.out.count("\n") == 1 + len(rows) + 1, "the heads, and a last line that says whether it is whole"
        assert table.out.startswith("\ufeffSố thứ tự,Thời điểm"), "Excel knows UTF-8 by it"
        exported = await cli("audit", "export", "--data", gateway.data, env={"PYTHONIOENCODING": "latin-1"})
        assert "\ufffd" not in exported.out, "what is exported is verified octet by octet"
        for contradiction in (("--csv", "--json"), ("--since", "2026-01-01")):
            assert (await gateway.audit("export", *contradiction)).code == 2
        (verified,) = (await gateway.audit("verify", "--json")).json
        assert (verified["faults"], verified["first_bad"]) == ([], None)
        assert verified["records"] >= len(rows)


async def test_a_content_refused_unread_is_in_the_audit_under_the_reference_of_its_reply(tmp_path):
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
        await gateway.send(CLEAN)
        await gateway.terminate()
        change = "CAST(replace(CAST(body AS TEXT), 'relayed', 'refused') AS BLOB)"
        alter(gateway.data, f"UPDATE record SET body = {change}")
        run = await gateway.audit("verify")
        assert run.code == 1
        no_traceback(run.err)


# --- mistakes -----------------------------------------------------------------------------------------------------


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
    async with asyncio.timeout(300):
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
    for command, word in (("check", "MẬT"), ("verify", "")):
        run = await cli(command, "--json", marked, env=narrow)
        (line,) = run.json
        assert line["file"] == str(marked)
        assert word in run.out


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


async def test_policy_diff_shows_the_faults_of_both_files(tmp_path):
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
