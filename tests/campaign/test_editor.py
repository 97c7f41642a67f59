"""Policy files and gateway.yaml in an editor: completion, words in both languages, faults marked, by the language server of editors."""

import asyncio
import itertools
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.gateway_process import cli

ROOT = Path(__file__).resolve().parents[2]
SERVER = "yaml-language-server@2.0.0"
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("npm") is None, reason="no npm (make campaign installs it)"),
]
POLICY = """version: 1
name: x
extends: binhtan-7600
policies:
  typography:
    mode: monitor
    rules:
      nfd: tag
    settings:
      font_share_percent: 97
      stand_in_fonts: [Tinos]
      check_margin: true
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), SERVER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm does not install {SERVER}: {done.stderr.strip()[-200:]}")
    return folder / "node_modules/.bin/yaml-language-server"


class Editor:
    """As much of an editor as speaks the Language Server Protocol 3.17 over standard input and output."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future] = {}
        self.marked: asyncio.Queue[dict] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def ask(self, method: str, params: object) -> object:
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": params})
        async with asyncio.timeout(120):
            return await answer

    def tell(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def close(self) -> None:
        self._reading.cancel()
        self._process.kill()

    def _send(self, message: dict) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def _read(self) -> None:
        while True:
            head = await self._process.stdout.readuntil(b"\r\n\r\n")
            length = int(head.partition(b"Content-Length:")[2].split(b"\r\n")[0])
            message = json.loads(await self._process.stdout.readexactly(length))
            if "method" not in message:
                self._answers[message["id"]].set_result(message.get("result"))
            elif message["method"] == "textDocument/publishDiagnostics":
                self.marked.put_nowait(message["params"])
            elif "id" in message:  # what it asks of the editor: nothing is configured
                items = message["params"].get("items", []) if isinstance(message.get("params"), dict) else []
                self._send({"id": message["id"], "result": [None for _ in items]})

    async def open(self, file: Path, text: str) -> list[dict]:
        """Show a file and return what is marked in it."""
        file.write_text(text, "utf-8")
        self.tell(
            "textDocument/didOpen",
            {"textDocument": {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}},
        )
        async with asyncio.timeout(120):
            while (told := await self.marked.get())["uri"] != file.as_uri():
                pass
        return told["diagnostics"]

    async def hover(self, file: Path, line: str) -> str:
        """Return what is shown over the key of a line."""
        lines = file.read_text("utf-8").splitlines()
        place = {"line": lines.index(line), "character": len(line) - len(line.lstrip()) + 1}
        found = await self.ask("textDocument/hover", {"textDocument": {"uri": file.as_uri()}, "position": place})
        return found["contents"]["value"]


@pytest.fixture
async def editor(server, tmp_path):
    (tmp_path / "policy.schema.json").write_text((await cli("policy", "schema")).out, "utf-8")
    (tmp_path / "gateway.schema.json").write_text((await cli("config", "schema")).out, "utf-8")
    process = await asyncio.create_subprocess_exec(
        server, "--stdio", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    opened = Editor(process)
    await opened.ask(
        "initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {"textDocument": {}}}
    )
    opened.tell("initialized", {})
    yield opened
    opened.close()
    await process.wait()


async def test_a_policy_file_is_completed_explained_and_checked(editor, tmp_path):
    line = (await cli("policy", "schema", "--modeline")).out
    file = tmp_path / "policy.yaml"
    text = line + POLICY + "      \n"
    marked = await editor.open(file, text)
    typo = text.splitlines().index("      check_margin: true")
    assert [one["range"]["start"]["line"] for one in marked] == [typo]
    assert "check_margin" in marked[0]["message"]
    assert "Tỷ lệ ít nhất của chữ" in (share := await editor.hover(file, "      font_share_percent: 97"))
    assert share.index("Tỷ lệ ít nhất") < share.index("Least share of visible letters")
    assert "Liberation Serif" in await editor.hover(file, "      stand_in_fonts: [Tinos]")
    mode = await editor.hover(file, "    mode: monitor")
    assert "`monitor`: xét và ghi nhật ký" in mode
    assert "`enforce`: áp dụng" in mode
    assert "Unicode tổ hợp / Decomposed Unicode" in await editor.hover(file, "      nfd: tag")
    assert "PolicySection" not in await editor.hover(file, "  typography:")
    about, place = {"uri": file.as_uri()}, {"line": typo + 1, "character": 6}
    offered = await editor.ask("textDocument/completion", {"textDocument": about, "position": place})
    labels = {one["label"] for one in offered["items"]}
    assert {"check_margins", "black_share_percent", "legacy_letters"} <= labels
    assert "font_share_percent" not in labels
    assert not {"mode", "office_mailboxes"} & labels


@pytest.mark.parametrize("file", sorted((ROOT / "policies/presets").glob("*.yaml")), ids=lambda file: file.stem)
async def test_nothing_is_marked_in_a_preset(editor, tmp_path, file):
    line = (await cli("policy", "schema", "--modeline")).out
    assert await editor.open(tmp_path / "policy.yaml", line + file.read_text("utf-8")) == []


async def test_the_sample_configuration_is_explained_and_nothing_is_marked_in_it(editor, tmp_path):
    file = tmp_path / "gateway.yaml"
    text = (ROOT / "deploy/gateway.yaml").read_text("utf-8")
    assert await editor.open(file, text) == []
    for line, vietnamese, english in (
        ("next_hop:", "Máy chủ thư của thành phố", "The city"),
        (
            "workers: 2                          # one for each processor",
            "Số tiến trình nhận thư",
            "Processes that accept mail",
        ),
    ):
        shown = await editor.hover(file, line)
        assert 0 <= shown.find(vietnamese) < shown.find(english), shown
