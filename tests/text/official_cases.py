"""Official documents and papers that look like one, line by line: `official_cases.yaml`."""

from functools import cache
from pathlib import Path

import msgspec

from gateway.model import Document, Run
from tests.support.cases import read_yaml
from tests.text.letters import SENTENCES

_USUAL = {
    "NATION": ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",),
    "MOTTO": ("Độc lập - Tự do - Hạnh phúc",),
    "BODY": SENTENCES[:4],
}


class Case(msgspec.Struct, frozen=True):
    """One paper; `kind` and `state` of an official one."""

    lines: tuple[str, ...]
    kind: str = ""
    state: str = "working"

    @property
    def document(self) -> Document:
        """The paper, a block for each line."""
        texts = [text for line in self.lines for text in _USUAL.get(line, (line,))]
        return Document(part="1", format="docx", runs=tuple(Run(text=text, block=i) for i, text in enumerate(texts)))

    @property
    def title(self) -> str:
        """What names it in a report of tests."""
        return " / ".join(line for line in self.lines[:7] if line not in _USUAL)[:80]


@cache
def cases(group: str) -> tuple[Case, ...]:
    """The papers of a group: `official` or `others`."""
    data = read_yaml(Path(__file__).with_suffix(".yaml"))
    return msgspec.convert(data[group], tuple[Case, ...])
