"""The sizes that files and functions keep."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("package", ["gateway", "policies"])
def test_no_file_is_longer_than_400_lines_and_no_function_than_60(package):
    long = []
    for path in sorted((ROOT / package).rglob("*.py")):
        text = path.read_text("utf-8")
        if text.count("\n") > 400:
            long.append(path.name)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= 60:
                long.append(f"{path.name}:{node.name}")
    assert long == []
