"""Files judged before they are sent: page, API and mailbox of a running gateway."""

import contextlib
import json
import os
import re
import signal
import socket
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.audit.query import AuditReader
from gateway.audit.record import decode
from gateway.demo.documents import Paragraph, official_letter, word_file
from gateway.demo.mails import OFFICE, STAFF
from gateway.pipeline.sample import mail_of
from tests.e2e.gateway_process import cli, configured, serving
from tests.e2e.test_secrets import files_with, process_texts, spellings
from tests.engine.stand_ins.unruly import WORD
from tests.readers.zipcrypto import encrypted_zip
from tests.support.console_client import Visitor, multipart
from tests.support.octets import zipped
from tests.support.processes import children
from tests.support.sink import Sink

pytestmark = pytest.mark.slow


def configuration(sink: Sink, folder, **more) -> dict:
    (folder / "directory.yaml").write_text(
        f"mailboxes:\n  - {{address: {STAFF}, kind: personal, unit: Văn thư}}\n  - {{address: {OFFICE}, kind: office, unit: Văn phòng}}\n",
        "utf-8",
    )
    return (
        configured(
            sink,
            workers=1,
            policy="binhtan-7600",
            directory=str(folder / "directory.yaml"),
            console={"listen": "127.0.0.1:0"},
            notices={"mail_from": OFFICE},
        )
        | more
    )


def letter(font: str = "Arial") -> bytes:
    """An issued letter, set in a font that it should not have."""
    lines = official_letter("1/UBND-VP", "V/v báo cáo quý IV")
    return word_file([replace(line, font=font) for line in lines])


def findings(text: str) -> set[str]:
    return set(re.findall(r'<span class="chip">([A-Z]{3}-\d\d)</span>', text))


async def test_a_clerk_checks_a_file_and_downloads_its_fixed_copy(tmp_path):
    async with Sink() as sink, serving(tmp_path / "gw", config=configuration(sink, tmp_path)) as gateway:
        visitor = Visitor(gateway.address("console"))
        await visitor.enter(STAFF, sink)
        before = len(sink.delivered)
        answer = await visitor.check(("công văn.docx", letter()))
        assert answer.status == 200, answer.text
        assert "sẽ bị từ chối" in answer.text
        assert "công văn.docx" in answer.text
        assert "còn 9/10" in answer.text
        refused = findings(answer.text)
        assert "TYP-02" in refused
        (link,) = re.findall(r'href="(/check/BT-[0-9A-Z]+/fixed/\d+)"', answer.text)
        fixed = await visitor.ask("GET", link)
        assert fixed.status == 200
        assert fixed.headers["Content-Disposition"].endswith("c%C3%B4ng%20v%C4%83n-da-sua.docx")
        again = await visitor.check(("công văn.docx", fixed.content))
        assert findings(again.text) == refused - {"TYP-02"}
        assert len(sink.delivered) == before
        listed = await cli("audit", "list", "--json", "--data", gateway.data)
        assert "checked" not in listed.out
        listed = await cli("audit", "list", "--json", "--state", "checked", "--data", gateway.data)
        assert [json.loads(line)["codes"] for line in listed.out.split("\n") if line] == [
            ["SGN-08"],
            ["SGN-08", "TYP-02"],
        ]
        await gateway.assert_audit_is_whole()


async def test_page_program_command_and_relay_find_the_same(tmp_path):
    """Three files in one mail, a signed one among them, and the same mail as a file."""
    files = [
        ("cong-van.docx", letter()),
        ("mat.zip", encrypted_zip("a.txt", b"x", b"Mat0Khau1")),
        ("ghi-chu.txt", b"Kinh gui"),
    ]
    async with Sink() as sink, serving(tmp_path / "gw", config=configuration(sink, tmp_path)) as gateway:
        added = await cli(
            "console", "token", "add", "ho-so", "--mailbox", STAFF, "--config", gateway.data.parent / "gateway.yaml"
        )
        assert added.code == 0, added.err
        bearer = {"Authorization": f"Bearer {added.out.split()[-1]}", "Sec-Fetch-Site": ""}
        program = Visitor(gateway.address("console"))
        answer = await program.ask("POST", "/api/v1/check", form=[("to", OFFICE)], files=files, headers=bearer)
        assert answer.status == 200, answer.text
        told = json.loads(answer.content)
        visitor = Visitor(gateway.address("console"))
        await visitor.enter(STAFF, sink)
        page = await visitor.check(*files, to=OFFICE)
        content = b"".join(mail_of(files, sender=STAFF, recipients=(OFFICE,)))
        (tmp_path / "thu.eml").write_bytes(content)
        run = await cli("check", "--json", "--from", STAFF, "--to", OFFICE, "--auth-user", STAFF, "--config",
                        gateway.data.parent / "gateway.yaml", tmp_path / "thu.eml")  # fmt: skip
        checked = json.loads(run.out)
        eml = await visitor.check(("thu.eml", content), to=OFFICE)
        refused = await gateway.send(content, sender=STAFF, recipients=(OFFICE,))
        assert refused.code == 550
        with AuditReader.open(gateway.data) as reader:
            (record,) = [decode(body) for _, body, _ in reader.links() if b'"kind":"refused"' in body]
        wanted = {(one.code, one.effective, one.part or "") for one in record.mail.findings if one.outcome != "passed"}
        assert len(wanted) > 2
        found = [one for one in checked["findings"] if one["outcome"] != "passed"]
        assert {(one["code"], one["effective"], one["part"] or "") for one in found} == wanted
        found = [one for file in told["files"] for one in file["findings"]] + told["mail"]
        assert {(one["code"], one["effect"], one["part"]) for one in found} == wanted
        assert findings(page.text) == findings(eml.text) == {code for code, _, _ in wanted}
        assert [file["disposition"] for file in told["files"]] == ["reject", "reject", "relay"]
        (fixed,) = [file["fixed"] for file in told["files"] if file["fixed"]]
        copy = await program.ask("GET", fixed, headers=bearer)
        (link,) = re.findall(r'href="(/check/BT-[0-9A-Z]+/fixed/\d+)"', page.text)
        assert copy.content == (await visitor.ask("GET", link)).content
        assert copy.content.startswith(b"PK")
        assert (
            await Visitor(gateway.address("console")).ask(
                "GET", fixed, headers=bearer | {"Authorization": "Bearer cvt_x"}
            )
        ).status == 401
        assert (await visitor.ask("GET", link.replace("/BT-", "/BT-X"))).status == 404


def bomb() -> bytes:
    return zipped({"a.txt": b"0" * (300 << 20)})


def held(pid: int) -> int:
    """Files without a name that a process has in memory."""
    links = []
    for entry in os.scandir(f"/proc/{pid}/fd"):
        with suppress(OSError):
            links.append(os.readlink(entry.path))
    return sum("memfd:" in link for link in links)


async def test_what_is_too_much_is_said_and_nothing_of_a_file_is_left(tmp_path):
    secret = [
        Paragraph("TUYỆT MẬT", bold=True),
        Paragraph("CANARYWORD kế hoạch"),
        *official_letter("9/UBND", "CANARYSUBJECT"),
    ]
    needles = [form for word in ("CANARYWORD", "CANARYSUBJECT", "CANARYFILE") for form in spellings(word)]
    begun = time.time()
    async with Sink() as sink, serving(tmp_path / "gw", config=configuration(sink, tmp_path)) as gateway:
        steward = gateway.child("gateway-steward")
        visitor = Visitor(gateway.address("console"))
        await visitor.enter(STAFF, sink)
        before = held(steward)
        for files, status, words in (
            ([("a.bin", b"x" * (36 << 20))], 413, "35 MiB"),
            ([("a.bin", b"x" * (35 << 20)), ("b.bin", b"x")], 413, "35 MiB"),
            ([("a.bin", b"x" * (50 << 20))], 413, "35 MiB"),
            ([(f"{n}.txt", b"x") for n in range(21)], 422, "20 tệp"),
            ([], 422, "Chưa chọn tệp nào"),
        ):
            answer = await visitor.check(*files)
            assert (answer.status, words in answer.text) == (status, True), (answer.status, answer.text[-2000:])
        answer = await visitor.check(("a.txt", b"x"), to="không phải địa chỉ")
        assert (answer.status, "không phải một địa chỉ thư" in answer.text) == (422, True)
        answer = await visitor.check(("a.txt", b"x"), sender=OFFICE)
        assert (answer.status, "Không kiểm tra thay" in answer.text) == (403, True)
        answer = await visitor.check(("bom.zip", bomb()))
        assert answer.status == 200
        assert "OPQ-" in answer.text
        # A mark: what to do, no name, no fixed copy; the security officer sees it.
        answer = await visitor.check(("CANARYFILE.docx", word_file(secret)))
        assert "Có dấu chỉ độ mật" in answer.text
        assert "Đưa tệp ra khỏi máy này" in answer.text
        assert "/fixed/" not in answer.text
        assert "CANARY" not in answer.text
        # One that breaks off in the middle, several times: the next check is not kept out.
        kind, body = multipart([("csrf", visitor.csrf)], [("CANARYFILE.docx", word_file(secret) * 2000)])
        for _ in range(3):
            with socket.create_connection(visitor.address) as broken:
                head = f"POST /check HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: {kind}\r\n"
                cookies = "; ".join(f"{key}={value}" for key, value in visitor.cookies.items())
                broken.sendall(
                    f"{head}Cookie: {cookies}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2]
                )
                await gateway.until(lambda: held(steward) > before)
            await gateway.until(lambda: held(steward) == before)
        for left in range(7, -1, -1):
            answer = await visitor.check(("a.txt", b"Kinh gui"))
            assert f"còn {left}/10" in answer.text
        answer = await visitor.check(("a.txt", b"Kinh gui"))
        assert answer.status == 422
        assert "Đợi ít phút" in answer.text
        assert held(steward) == before
        await gateway.assert_audit_is_whole()
        texts = process_texts([gateway.pid, *gateway.descendants()])
        assert [where for where, text in texts.items() if any(needle in text for needle in needles)] == []
    for folder in (tmp_path / "gw", Path("/dev/shm"), Path("/var/tmp")):
        assert files_with(folder, needles, newer_than=begun) == []
    assert not any(needle in gateway.log.encode() for needle in needles)


async def test_who_leaves_ends_the_child_that_reads_his_file(tmp_path):
    """A policy that never comes to its end holds the child, until the browser closes its connection."""
    unruly = {"module": "tests.engine.stand_ins.unruly", "settings": {"how": "sleep"}}
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        json.dumps({"version": 1, "name": "x", "extends": "binhtan-7600", "policies": {"unruly": unruly}})
    )
    async with (
        Sink() as sink,
        serving(tmp_path / "gw", config=configuration(sink, tmp_path, policy=str(policy))) as gateway,
    ):
        gateway.faults_expected = True
        visitor = Visitor(gateway.address("console"))
        await visitor.enter(STAFF, sink)
        assert (await visitor.ask("GET", "/check")).status == 200
        media_type, body = multipart([("csrf", visitor.csrf)], [("a.txt", f"{WORD}\n".encode() * 1000)])
        fields = {"Content-Type": media_type, "Sec-Fetch-Site": "same-origin", "Content-Length": str(len(body))}
        fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        head = "POST /check HTTP/1.1\r\nHost: 127.0.0.1\r\n" + "".join(f"{key}: {fields[key]}\r\n" for key in fields)
        before = children(gateway.zygote())  # in reserve: one of them reads, and another takes its place
        with socket.create_connection(gateway.address("console")) as browser:
            browser.sendall(head.encode() + b"\r\n" + body)
            await gateway.until(lambda: children(gateway.zygote()) != before)
        await gateway.until(lambda: not set(before) <= set(children(gateway.zygote())))
        listed = await cli("audit", "list", "--json", "--state", "checked", "--data", gateway.data)
        assert [json.loads(line)["disposition"] for line in listed.out.split("\n") if line] == ["defer"]
        answer = await visitor.check(("a.txt", b"Kinh gui"))
        assert (answer.status, "còn 8/10" in answer.text) == (200, True)


async def test_checks_follow_the_policy_and_outlive_zygote_and_steward(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("version: 1\nname: thu\nextends: binhtan-7600\n", "utf-8")
    async with (
        Sink() as sink,
        serving(tmp_path / "gw", config=configuration(sink, tmp_path, policy=str(file))) as gateway,
    ):
        gateway.faults_expected = True
        visitor = Visitor(gateway.address("console"))
        await visitor.enter(STAFF, sink)
        assert findings((await visitor.check(("a.docx", letter()))).text) == {"SGN-08", "TYP-02"}
        file.write_text(
            "version: 1\nname: thu\nextends: binhtan-7600\npolicies: {typography: {mode: off}, opaque: {rules: {encrypted: hold}}}\n",
            "utf-8",
        )
        os.kill(gateway.pid, signal.SIGHUP)
        await gateway.logged("rules reloaded")
        assert findings((await visitor.check(("a.docx", letter()))).text) == {"SGN-08"}
        # Nobody here holds a mail, so the relay would refuse what the policy says to hold.
        held_back = await visitor.check(("a.zip", encrypted_zip("a.txt", b"x", b"Mat0Khau1")))
        assert "sẽ bị từ chối" in held_back.text
        for pid in (gateway.zygote(), gateway.child("gateway-steward")):
            os.kill(pid, signal.SIGKILL)
            await gateway.until(lambda pid=pid: pid not in children(gateway.pid))
            status = 503
            while status == 503:
                with contextlib.suppress(ConnectionError):  # of a console that goes with its steward
                    status = (await visitor.ask("GET", "/check")).status
            assert status == 200
            assert findings((await visitor.check(("a.docx", letter()))).text) == {"SGN-08"}
