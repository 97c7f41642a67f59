"""A witness over HTTP and the log that asks it: what is cosigned, what is refused, and what is found by it later."""

import asyncio
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.audit.cosign import Cosigning, LogSource
from gateway.audit.cosign import Witness as Asked
from gateway.audit.merkle import Range, consistency_proof, leaf_hash
from gateway.audit.notes import COSIGNATURE, SigningKey, VerifierKey, encoded
from gateway.audit.verify import verify
from gateway.audit.witness import Witness, read_keys
from gateway.commands import witness as command
from gateway.commands.audit import verify as verify_command
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.serve.cosigning import witnesses_of
from tests.audit.support import fill, standalone, verified
from tests.support.witness import Served

LOG = SigningKey("log.example/1", bytes(32))


class Leaves(Range):
    """A log of our own making."""

    def __init__(self, size: int, fork: int = 10_000) -> None:
        super().__init__()
        self.leaves = [leaf_hash(b"%d%s" % (number, b"x" if number >= fork else b"")) for number in range(size)]
        for leaf in self.leaves:
            self.append(leaf)

    def node(self, level: int, n: int) -> bytes:
        grown = Range()
        for leaf in self.leaves[n << level : n + 1 << level]:
            grown.append(leaf)
        return grown.root

    def request(
        self, old: int, *, key: SigningKey = LOG, claimed: int | None = None, proof: str | None = None
    ) -> bytes:
        if proof is None:
            proof = "".join(f"{encoded(one)}\n" for one in consistency_proof(old, self.size, self.node))
        text = f"{key.verifier.name}\n{self.size}\n{encoded(self.root)}\nextension\n"
        return f"old {old if claimed is None else claimed}\n{proof}\n{key.note(text)}".encode()


def witness(folder: Path, *keys: VerifierKey) -> Witness:
    return Witness(folder, "witness.example", keys or (LOG.verifier,), lambda: 1_700_000_000.0)


def test_what_continues_the_log_is_cosigned_and_remembered(tmp_path: Path):
    for old, size in ((0, 3), (3, 3), (3, 7), (7, 300)):
        one, log = witness(tmp_path), Leaves(size)  # anew each time: nothing but the folder remembers
        answer = one.add_checkpoint(log.request(old))
        text = f"log.example/1\n{size}\n{encoded(log.root)}\nextension\n"
        assert answer.status == 200
        assert one.key.signed(text, (answer.body,)) == 1_700_000_000
        assert one.key.signed(text.replace("extension", "other"), (answer.body,)) == 0
    assert (tmp_path / "witness-ed25519").stat().st_mode & 0o077 == 0


OTHER = SigningKey("log.example/1", bytes(range(32)))
UNKNOWN = SigningKey("log.example/2", bytes(32))
GOOD = Leaves(9).request(5)


@pytest.mark.parametrize(
    ("request_", "status", "body"),
    [
        (Leaves(9).request(5, key=UNKNOWN), 404, None),
        (Leaves(9).request(5, key=OTHER), 403, None),
        (Leaves(9).request(0), 409, "5\n"),
        (Leaves(9).request(5, claimed=6), 409, "5\n"),
        (Leaves(5, fork=4).request(5), 409, "5\n"),
        (Leaves(9, fork=4).request(5), 422, None),
        (Leaves(9).request(5, proof=""), 422, None),
        (Leaves(9).request(5, claimed=10), 400, None),
        (Leaves(9).request(5, proof=f"{encoded(bytes(32))}\n" * 64), 400, None),
        (GOOD.replace(b"old 5", b"old 05"), 400, None),
        (GOOD.replace(b"old 5", b"old -5"), 400, None),
        (GOOD.replace(b"\n", b"\r\n"), 400, None),
        (GOOD.replace(b"extension", b"exten\x00sion"), 400, None),
        (GOOD.replace(b"\n\nlog", b"\nlog"), 400, None),
        (GOOD.replace("—".encode(), b"\xff"), 400, None),
        (GOOD.replace(b"extension", b"x" * 70_000), 400, None),
        (b"", 400, None),
    ],
)
def test_every_other_request_has_the_status_of_the_specification(
    tmp_path: Path, request_: bytes, status: int, body: str | None
):
    one = witness(tmp_path)
    assert one.add_checkpoint(Leaves(5).request(0)).status == 200
    answer = one.add_checkpoint(request_)
    assert answer.status == status
    assert body is None or (answer.body, answer.media_type) == (body, "text/x.tlog.size")
    assert one.add_checkpoint(GOOD).status == 200  # nothing was remembered of it


def test_a_damaged_memory_is_never_taken_for_none(tmp_path: Path):
    one = witness(tmp_path)
    assert one.add_checkpoint(Leaves(5).request(0)).status == 200
    next(tmp_path.glob("*.notes")).write_text("")
    with pytest.raises(OSError, match="damaged"):
        one.add_checkpoint(Leaves(5).request(0))


def test_a_file_of_keys_that_holds_anything_else_is_refused(tmp_path: Path):
    keys = tmp_path / "logs.txt"
    keys.write_text(f"# cổng thư\n\n{LOG.verifier}\n")
    assert read_keys(keys) == (LOG.verifier,)
    keys.write_text(f"{LOG.verifier}\n{str(LOG.verifier).replace('log', 'lok')}\n")
    with pytest.raises(UserError, match=r"logs\.txt:2"):
        read_keys(keys)


# --- over HTTP, with a log of the gateway ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(filled: Path) -> Path:
    return filled


@pytest.fixture(scope="module")
def served(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    found = Served(tmp_path_factory.mktemp("witness"), data / "checkpoints" / "public-key.txt")
    try:
        yield found
    finally:
        assert found.stop() == 0


def cosigning(data: Path, served: Served) -> Cosigning:
    return Cosigning([Asked(served.url, VerifierKey.parse(served.key))], LogSource(data))


@pytest.mark.slow
def test_a_log_is_followed_and_what_was_done_to_it_is_found(
    data: Path, served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    asked = cosigning(data, served)
    assert asked.round() == []
    old = Path(shutil.copytree(data, tmp_path / "old"))
    asyncio.run(fill(data, 100, first=500))
    assert asked.round() == []
    assert asked.round() == []  # nothing new: nothing is asked
    assert cosigning(data, served).round() == []  # a process that remembers nothing
    key = VerifierKey.parse(served.key)
    result = verify(data, witnesses=[key])
    assert result.exit_code == 0
    assert [(one.name, one.size) for one in result.witnessed] == [("witness.example", result.last)]
    assert abs(result.witnessed[0].time.timestamp() - time.time()) < 600
    (keys := tmp_path / "witnesses.txt").write_text(served.key)
    assert standalone(data / "audit.db", data / "checkpoints", witness=keys) == 0
    settings = Configuration.model_validate(
        {"data": str(data), "audit": {"witnesses": [{"url": served.url, "key": served.key}]}}
    )
    assert verify_command(settings, (), None, as_json=False) == 0
    assert f"witness.example đã thấy {result.last} bản ghi" in capsys.readouterr().out

    (fault,) = cosigning(old, served).round()
    assert "restored from an old copy" in fault
    asyncio.run(fill(old, 200, first=900))  # another log under the same key
    (fault,) = cosigning(old, served).round()
    assert "422" in fault

    notes = next((data / "checkpoints").glob("*-witnessed.notes"))
    assert verified(old).exit_code == 0
    assert verified(old, notes).exit_code == 1
    line = notes.read_text().splitlines()[-2]
    notes.write_text(notes.read_text().replace(line, line[:-20] + ("A" if line[-20] != "A" else "B") + line[-19:]))
    assert verify(data, witnesses=[key]).exit_code == 1
    assert standalone(data / "audit.db", data / "checkpoints", witness=keys) == 1
    assert verify(data).exit_code == 0


@pytest.mark.slow
def test_a_witness_that_is_away_costs_a_line_and_goes_on_later(data: Path, served: Served, tmp_path: Path):
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    (keys := tmp_path / "keys").write_text((data / "checkpoints" / "public-key.txt").read_text())
    other = Served(tmp_path / "witness", keys)
    asked = cosigning(folder, other)
    assert asked.round() == []
    assert other.stop() == 0
    asyncio.run(fill(folder, 100, first=700))
    (fault,) = asked.round()
    assert "không có chương trình nào nhận kết nối" in fault, "what the system says, in Vietnamese"
    again = Served(tmp_path / "witness", keys)
    try:
        assert cosigning(folder, again).round() == []
        assert again.key == other.key
    finally:
        assert again.stop() == 0


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/other", b"x", 404), ("/add-checkpoint", None, 405), ("/add-checkpoint", b"x" * 200_000, 400)],
)
def test_what_is_no_request_is_answered_in_short(served: Served, path: str, body: bytes | None, status: int):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(served.url + path, body, timeout=300)
    assert caught.value.code == status


def test_a_key_that_is_none_of_a_witness_stops_the_start(served: Served):
    name, _, public = served.key.split("+", 2)
    for key in (f"{name}+00000000+{public}", str(SigningKey("w", bytes(32)).verifier)):
        settings = Configuration.model_validate({"audit": {"witnesses": [{"url": served.url, "key": key}]}})
        with pytest.raises(UserError, match="no key of a witness"):
            witnesses_of(settings)
    assert VerifierKey.parse(served.key).kind == COSIGNATURE


def answering(server: socket.socket, answer: bytes) -> list[bytes]:
    """Have a server answer all alike; return the methods that it is asked by, as they come."""
    asked: list[bytes] = []

    def answered() -> None:
        with suppress(OSError):  # the server is closed when the round is over
            while True:
                client, _ = server.accept()
                with client:
                    asked.append(client.recv(65536).split(b" ", 1)[0])
                    client.sendall(answer)

    threading.Thread(target=answered, daemon=True).start()
    return asked


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x00\xff garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"HTTP/1.1 409 C\r\n\r\n-5\n",
     b"HTTP/1.1 200 OK\r\n\r\n\xe2\x80\x94 witness.example AAAA\n", b"HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\n\r\n"],
)  # fmt: skip
def test_a_witness_that_answers_nonsense_is_a_fault_in_words(data: Path, served: Served, answer: bytes):
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering(server, answer)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        (fault,) = Cosigning([Asked(url, VerifierKey.parse(served.key))], LogSource(data)).round()
        assert f"the witness {url} did not cosign: " in fault


def test_a_witness_that_sends_elsewhere_is_asked_nowhere_else(data: Path, served: Served):
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as one:
        where = f"http://127.0.0.1:{other.getsockname()[1]}/add-checkpoint"
        moved = f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n"
        elsewhere = answering(other, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        asked = answering(one, moved.encode())
        url = f"http://127.0.0.1:{one.getsockname()[1]}"
        (fault,) = Cosigning([Asked(url, VerifierKey.parse(served.key))], LogSource(data)).round()
        assert "302" in fault
        assert (asked, elsewhere) == ([b"POST"], [])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "nhân-chứng", "a\n"])
def test_a_name_that_no_key_may_have_is_refused(tmp_path: Path, name: str):
    with pytest.raises(UserError, match="ASCII"):
        Witness(tmp_path, name, [])


@pytest.mark.parametrize("listen", ["", "8090", "127.0.0.1", "127.0.0.1:99999", "unix:/run/witness"])
def test_an_address_that_is_none_is_said_before_a_key_is_made(tmp_path: Path, listen: str):
    with pytest.raises(UserError, match="^--listen: .*HOST:PORT"):
        command.run(tmp_path / "witness", "w", tmp_path / "keys", listen)
    assert not (tmp_path / "witness").exists()


@pytest.mark.slow
def test_a_note_of_another_implementation_holds():
    """The example of golang.org/x/mod/sumdb/note."""
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    line = (
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    words = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    assert key.signed(words, (line,)) == 1
    assert key.signed(words.replace("don't", "do"), (line,)) == 0
    assert key.signed(words, (line.replace("PeterNeumann", "Peter"),)) is None
