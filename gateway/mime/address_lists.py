"""An address field cut into its elements: tokens without comments (RFC 5322 §3.2.2, §3.4), in linear time.

What two readers could cut differently goes into `codes`; see `gateway.mime.addresses` for their list.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.mime.words import header_text

# An encoded word is one word, also with a comma or a pair of brackets that RFC 2047 §5 forbids in it: both ways of
# cutting leave the same mailboxes.
_ENCODED_WORD: Final = (
    r"(?<!\S)=\?[^?\s]{1,60}\?[QqBb]\?"
    r'(?:[^?\s@<>:"\\()]|\([^?\s@<>:"\\()]*\))*'
    r"\?=(?=[\s<]|$)"
)
_TOKEN: Final = re.compile(
    rf'\s+|{_ENCODED_WORD}|"(?:[^"\\]|\\.)*"|\[[^\[\]"\\\s<>]*\]|[^\s"()<>,:;\\\[]+|.', re.DOTALL
)
# In a comment, what a reader that knows no comments takes for more than words.
_SPECIALS: Final = re.compile(r'[@<>,"\\(]')
_SPECIALS_IN_NAME: Final = re.compile(r'[@<>,:;"\\(]')


def elements(value: str, codes: list[str]) -> list[list[str]]:
    """Cut the field at its commas, and at the colon and semicolon of groups."""
    found: list[list[str]] = []
    tokens: list[str] = []
    comments: list[tuple[int, str]] = []
    in_angle = False
    position = 0
    while position < len(value):
        match = _TOKEN.match(value, position)
        lexeme = match[0] if match else value[position]
        position += len(lexeme)
        if lexeme == "(":
            end = _end_of_comment(value, position, codes)
            comments.append((len(tokens), value[position : end - 1]))
            # RFC 5322 §3.2.2: a comment stands for white space.
            tokens.append(" ")
            position = end
        elif lexeme in {'"', "["}:
            codes.append("unterminated")
        elif lexeme == "\\":
            codes.append("backslash")
        elif lexeme == ")":
            codes.append("comment")
        elif lexeme in {",", ";", ":"} and not in_angle:
            _judge_comments(tokens, comments, codes)
            if lexeme == ":":
                codes.append("group")
            else:
                found.append(tokens)
            tokens, comments = [], []
        else:
            in_angle = (in_angle or lexeme == "<") and lexeme != ">"
            tokens.append(lexeme)
    _judge_comments(tokens, comments, codes)
    return [*found, tokens]


def _end_of_comment(value: str, position: int, codes: list[str]) -> int:
    """Return where the comment ends that began before `position`."""
    depth = 1
    while position < len(value) and depth:
        match value[position]:
            case "\\":
                position += 1
            case "(":
                depth += 1
            case ")":
                depth -= 1
            case _:
                pass
        position += 1
    if depth:
        codes.append("unterminated")
    return position


def _judge_comments(tokens: list[str], comments: list[tuple[int, str]], codes: list[str]) -> None:
    """Note comments for which a reader that knows none would see another address.

    Words in brackets do not change it at the end, nor in the display name: `Nguyen A (Van phong) <a@b.vn>`.
    """
    if not comments:
        return
    angle = tokens.index("<") if "<" in tokens else -1
    last = max((number for number, lexeme in enumerate(tokens) if not lexeme.isspace()), default=-1)
    for place, words in comments:
        specials = _SPECIALS_IN_NAME if place < angle else _SPECIALS
        if specials.search(words) or "@" in header_text(words) or not (place < angle or place > last):
            codes.append("comment")
            return
