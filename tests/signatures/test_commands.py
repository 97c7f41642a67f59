"""`gateway verify` and `gateway trust`, called as the command line calls them."""

import ast
import json
import re
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.resources import files

import pytest

from gateway.commands import trust, verify
from gateway.config.sections import Configuration
from gateway.demo.pki import revocation_list
from gateway.documents.readers.ole.writer import write_compound
from gateway.documents.signatures.certificates import fingerprint, load_certificates
from gateway.documents.signatures.trust import LIMIT_BYTES
from gateway.errors import UserError
from gateway.texts.catalogue import product_texts
from tests.pki import cms, xml
from tests.pki.signing import sign_pdf, sign_pdf_twice
from tests.pki.tree import NOW, letter_docx, letter_pdf, tree
from tests.signatures.pdf_updates import update


@pytest.fixture
def folder(tmp_path):
    return tree().write_store(tmp_path / "certs")


@pytest.mark.slow
def test_verify_reports_every_file_for_tools_and_says_by_its_exit_code_whether_all_stand(tmp_path, folder, capsys):
    (tmp_path / "hai.pdf").write_bytes(sign_pdf_twice(letter_pdf(), tree().g2_person, tree().g2_seal))
    (tmp_path / "mot.docx").write_bytes(xml.sign_ooxml(letter_docx(), tree().g2_person))
    (tmp_path / "kem.docx").write_bytes(letter_docx())
    (tmp_path / "kem.docx.p7s").write_bytes(cms.cms(letter_docx(), tree().g2_seal))
    configuration = Configuration().with_flags(certs=folder)
    files = [tmp_path / name for name in ("hai.pdf", "mot.docx", "kem.docx", "kem.docx.p7s")]
    assert verify.run(files, configuration, now=NOW, as_json=True) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(row["signatures"]) for row in rows] == [2, 1, 1]
    assert {one["indication"] for row in rows for one in row["signatures"]} == {"TOTAL-PASSED"}

    assert verify.run([tmp_path / "nowhere.pdf", files[0]], configuration, now=NOW) == 2
    told = capsys.readouterr()
    assert f"{tmp_path}/nowhere.pdf: không có tệp hoặc thư mục này / No such file" in told.err
    assert "HỢP LỆ" in told.out

    (tmp_path / "khong.docx").write_bytes(letter_docx())
    assert verify.run([tmp_path / "khong.docx", files[0]], configuration, now=NOW) == 1
    shown = capsys.readouterr().out
    assert "không có chữ ký số" in shown
    assert "HỢP LỆ" in shown
    assert "079000000000" not in shown

    (tmp_path / "hong.pdf").write_bytes(b"%PDF-1.7 nothing more")
    assert verify.run([tmp_path / "hong.pdf"], configuration, now=NOW) == 1
    shown = capsys.readouterr().out
    assert "tệp bị hỏng nên không biết có chữ ký số hay không" in shown
    assert "không có chữ ký số" not in shown


def test_list_and_check_show_what_is_there_and_what_is_missing(folder, capsys):
    assert trust.show(folder) == 0
    assert "CRL" in capsys.readouterr().out
    assert trust.check(folder, now=NOW) == 0
    assert trust.check(folder, now=NOW + timedelta(days=60)) == 1
    assert "stale revocation list" in capsys.readouterr().out
    (folder / "none").mkdir()
    assert trust.show(folder / "none") == 0
    assert "no authority" in capsys.readouterr().out


def test_add_never_says_that_all_is_well_when_it_added_nothing(tmp_path, folder):
    (tmp_path / "notes.txt").write_text("Không phải chứng thư")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"nowhere\.cer"):
        trust.add(folder, [tmp_path / "nowhere.cer"])
    with pytest.raises(UserError, match=r"notes\.txt: .*holds no certificate"):
        trust.add(folder, [tmp_path / "notes.txt"])
    with pytest.raises(UserError, match="empty: .*no certificate files"):
        trust.add(folder, [tmp_path / "empty"])
    with pytest.raises(UserError, match="nowhere: .*no such folder"):
        trust.add(tmp_path / "nowhere", [tmp_path / "notes.txt"])


def test_add_wants_a_pinned_or_given_fingerprint(tmp_path, folder, capsys):
    new = tmp_path / "new.cer"
    new.write_bytes(tree().rogue_root.certificate_der)
    with pytest.raises(UserError, match="not pinned"):
        trust.add(folder, [new])
    known = fingerprint(load_certificates(new.read_bytes())[0])
    assert trust.add(folder, [new], sha256=known.upper()) == 0
    assert "added" in capsys.readouterr().out
    (tmp_path / "bad.cer").write_bytes(b"x")
    with pytest.raises(UserError, match="no certificate"):
        trust.add(folder, [tmp_path / "bad.cer"])


def test_a_server_of_lists_that_speaks_no_http_is_reported_without_control_characters(tmp_path, folder, capsys):
    answers = iter((b"\x1b[2J no HTTP\r\n\r\n", b"HTTP/1.1 404 gone\x1b[2J\r\n\r\n"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        sha = fingerprint(load_certificates(tree().g2_sub.certificate_der)[0])
        row = (
            f'- sha256: "{sha}"\n  subject: x\n  file: x.cer\n  origin: "http://x"\n'
            "  not_before: 2020-01-01T00:00:00Z\n  not_after: 2040-01-01T00:00:00Z\n"
            f'  crl: "http://127.0.0.1:{server.getsockname()[1]}/x.crl"\n'
        )

        def answer():
            for words in answers:
                with server.accept()[0] as client:
                    client.recv(4096)
                    client.sendall(words)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        (folder / "manifest.yaml").write_text(f"authorities:\n{row}")
        assert [trust.update(folder), trust.update(folder)] == [1, 1]
        thread.join()
    assert trust.update(folder) == 1, "no one listens any more"
    told = capsys.readouterr().err
    assert "404: gone" in told
    assert "không có chương trình nào nhận kết nối ở cổng này / cannot be fetched" in told
    assert "urlopen" not in told
    assert "\x1b" not in told


def test_update_stores_only_a_list_that_the_authority_signed_and_none_older(tmp_path, folder, capsys):
    week = timedelta(days=7)
    old = revocation_list(tree().g1_sub, (), this_update=tree().now - week, next_update=tree().now + week)
    served = {
        "/good.crl": tree().crl(tree().g2_sub),
        "/fake.crl": tree().crl(tree().rogue_root),
        "/junk.crl": b"x",
        "/old.crl": old,
        "/large.crl": b"0" * (LIMIT_BYTES + 1),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(served[self.path])

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        rows = []
        for identity, path in (
            (tree().g2_sub, "good"),
            (tree().g2_root, "fake"),
            (tree().public_sub, "junk"),
            (tree().g1_sub, "old"),
            (tree().g1_root, "large"),
        ):
            sha = fingerprint(load_certificates(identity.certificate_der)[0])
            rows.append(
                f'- sha256: "{sha}"\n  subject: x\n  file: none-{path}.cer\n  origin: "http://x"\n'
                "  not_before: 2020-01-01T00:00:00Z\n  not_after: 2040-01-01T00:00:00Z\n"
                f'  crl: "http://127.0.0.1:{server.server_port}/{path}.crl"\n'
            )
        (folder / "manifest.yaml").write_text("authorities:\n" + "".join(rows))
        before = {path.name for path in (folder / "crl").iterdir()}
        assert trust.update(folder) == 1
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert len({path.name for path in (folder / "crl").iterdir()} - before) == 1
    told = capsys.readouterr().err
    assert "not signed by the authority" in told
    assert "older than the one that is there" in told
    assert f"larger than {LIMIT_BYTES >> 20} MiB" in told  # what the folder holds is loaded at the next start


OLD = {
    "cu.doc": {("WordDocument",): b"\xec\xa5" + bytes(600)},
    "cu.xls": {("Workbook",): b"\x09\x08" + bytes(600)},
    "cu.ppt": {("PowerPoint Document",): bytes(600), ("Current User",): bytes(40)},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize("signature", [("_signatures",), ("_xmlsignatures", "1")])
def test_verify_says_of_old_office_files_that_their_signatures_cannot_be_verified(
    tmp_path, folder, capsys, name, signature
):
    (tmp_path / name).write_bytes(write_compound({**OLD[name], signature: b"<Signature/>"}))
    configuration = Configuration().with_flags(certs=folder)
    assert verify.run([tmp_path / name], configuration, now=NOW) == 1
    shown = capsys.readouterr().out
    assert "CHƯA ĐỦ CĂN CỨ" in shown
    assert "định dạng không thể kiểm tra chữ ký" in shown
    assert "không có chữ ký số" not in shown
    (tmp_path / name).write_bytes(write_compound(OLD[name]))
    assert verify.run([tmp_path / name], configuration, now=NOW) == 1
    assert "định dạng không thể kiểm tra chữ ký" not in capsys.readouterr().out


@pytest.mark.slow
def test_verify_says_that_a_signature_was_taken_out_and_whose_it_was(tmp_path, folder, capsys):
    def clear(writer):
        field = writer.root["/AcroForm"]["/Fields"][0].get_object()
        del field["/V"]
        writer.update_container(field)

    (tmp_path / "go.pdf").write_bytes(update(sign_pdf(letter_pdf(), tree().g2_seal), clear))
    assert verify.run([tmp_path / "go.pdf"], Configuration().with_flags(certs=folder), now=NOW) == 1
    shown = capsys.readouterr().out
    assert "KHÔNG HỢP LỆ" in shown
    assert "chữ ký đã bị gỡ khỏi tệp" in shown
    assert "Ủy ban nhân dân quận Bình Tân" in shown


NO_PROBLEMS = {
    "asic-e", "asic-s", "core-properties", "custom-properties", "embedded-crl", "embedded-ocsp", "extended-properties",
    "file-entry", "full-path", "media-type",
    "digital-signature", "digest-algorithm", "ecdsa-sha", "rsa-sha", "public-key", "rsa-pss", "signature-algorithm", "soft-fail", "unknown-key",
}  # fmt: skip


def problem_codes():
    """String constants of the verifiers that look like problem codes: not names of steps at the wall, not of algorithms."""
    for file in (files("gateway") / "documents" / "signatures").iterdir():
        if not file.name.endswith(".py"):
            continue
        tree_ = ast.parse(file.read_text("utf-8"))
        steps = {
            id(call.args[0])
            for call in ast.walk(tree_)
            if isinstance(call, ast.Call) and call.args and getattr(call.func, "id", "") in {"wall", "LibraryFault"}
        }
        # What is looked up in a table is the code of another package (`package.py`, problems of ZIP directories).
        steps |= {id(key) for table in ast.walk(tree_) if isinstance(table, ast.Dict) for key in table.keys}
        texts = [node for node in ast.walk(tree_) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        yield from (
            node.value
            for node in texts
            if id(node) not in steps and re.fullmatch(r"[a-z]+(-[a-z]+)+", node.value) and node.value not in NO_PROBLEMS
        )


def test_whatever_is_noticed_has_words():
    codes = set(problem_codes())
    assert len(codes) > 60
    assert codes - product_texts("verify")["note"].keys() == set()
