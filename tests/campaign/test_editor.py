"""A policy file in an editor: completion, words for a setting, and a typo marked, by the language server that editors use."""

import asyncio
import itertools
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.gateway_process import cli

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
    settings:
      font_share_percent: 97
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
        self.marked: asyncio.Queue[list[dict]] = asyncio.Queue()
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
                self.marked.put_nowait(message["params"]["diagnostics"])
            elif "id" in message:  # what it asks of the editor: nothing is configured
                items = message["params"].get("items", []) if isinstance(message.get("params"), dict) else []
                self._send({"id": message["id"], "result": [None for _ in items]})


async def test_a_policy_file_is_completed_explained_and_checked(server, tmp_path):
    (tmp_path / "policy.schema.json").write_text((await cli("policy", "schema")).out, "utf-8")
    line = (await cli("policy", "schema", "--modeline")).out
    file = tmp_path / "policy.yaml"
    text = line + POLICY + "      \n"
    file.write_text(text, "utf-8")
    process = await asyncio.create_subprocess_exec(
        server, "--stdio", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    editor = Editor(process)
    try:
        await editor.ask(
            "initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {"textDocument": {}}}
        )
        editor.tell("initialized", {})
        about = {"uri": file.as_uri()}
        opened = {**about, "languageId": "yaml", "version": 1, "text": text}
        editor.tell("textDocument/didOpen", {"textDocument": opened})
        async with asyncio.timeout(120):
            while not (marked := await editor.marked.get()):
                pass
        lines = text.splitlines()
        typo, share = lines.index("      check_margin: true"), lines.index("      font_share_percent: 97")
        assert [one["range"]["start"]["line"] for one in marked] == [typo]
        assert "check_margin" in marked[0]["message"]
        hover = await editor.ask(
            "textDocument/hover", {"textDocument": about, "position": {"line": share, "character": 10}}
        )
        assert "Times New Roman" in json.dumps(hover)
        offered = await editor.ask(
            "textDocument/completion", {"textDocument": about, "position": {"line": typo + 1, "character": 6}}
        )
        labels = {one["label"] for one in offered["items"]}
        assert {"check_margins", "stand_in_fonts", "legacy_letters"} <= labels
        assert "font_share_percent" not in labels
        assert not {"mode", "office_mailboxes"} & labels
    finally:
        editor.close()
