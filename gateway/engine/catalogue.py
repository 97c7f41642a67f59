"""Texts of every rule, in Vietnamese and English, and their safe rendering.

Texts are in TOML beside the policies (`texts/<policy>.toml`), one table a rule and language:

    [marked.vi]
    title = "..."          short heading
    message = "..."        what is wrong, with which file
    seen = "..."           where, and what was seen (optional)
    fix = "..."            what to do: the way out in a short sentence, then how
    fix_for."cause=x" = "" the same where a parameter of the finding has that value (optional)
    why = "..."            reason in the law (optional)
    passed = "..."         message when nothing was wrong
    indeterminate = "..."  message when that is the outcome (optional, else `message`)
    [words.level.vi]       words for enumerated values of a parameter
    mat = "MẬT"
    [settings.Settings]    words of settings, by model (or enumeration) and key (or value); `examples` where they help
    limit.vi = "..."

A placeholder is `{file}`, `{which}` (the file by its number, never by its name), `{place}`, `{at}` (", " and the place, or
nothing), `{recipient}`, `{header}`, a key of `Finding.params`, or a key of `names` in the policy file. Values come from hostile mail: they are cleaned, cut and quoted, never formatted. Rendering never raises.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from gateway.engine.places import Disclosure, default_words, place_words
from gateway.engine.plain import ascii_form, clean_filename, quote, quote_unless_token
from gateway.errors import UserError
from gateway.model import About, Finding, FindingOutcome, Language
from gateway.texts.described import Tables, tables_of
from gateway.vietnamese.printed import clean

__all__ = ["Catalogue", "Disclosure", "RuleText", "Wording", "ascii_form", "place_words", "placeholders"]

_PLACEHOLDER = re.compile(r"(?P<open>[“\"‘'(]?)\{(?P<name>[a-z][a-z0-9_]*)\}(?P<close>[”\"’')]?)")
_STRAY = re.compile(r"[{}]")


class RuleText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of one rule in one language."""

    title: str
    message: str
    fix: str
    fix_for: Mapping[str, str] = {}
    """By `parameter=value`; the first that holds is used instead of `fix`."""
    seen: str = ""
    why: str = ""
    passed: str = ""
    indeterminate: str = ""


class Wording(Struct, frozen=True, kw_only=True):
    """In which language a text is wanted, how much it may quote, and the names that are valid on the day."""

    language: Language
    disclosure: Disclosure = Disclosure.FULL
    names: Mapping[str, str] = {}
    """`names` of the policy file: the office, the authority, the contact ..."""
    limit_name: int = 60
    """Characters of a file name at most."""


class Catalogue(Struct, frozen=True):
    """All rule texts of a policy set."""

    rules: Mapping[tuple[str, str, Language], RuleText]
    """By policy, rule and language."""
    words: Mapping[tuple[str, str, Language], Mapping[str, str]]
    """By policy, parameter and language: the words for its enumerated values."""
    settings: Mapping[str, Tables] = {}
    """By policy: the words of its settings."""

    @classmethod
    def load(cls, tables: Mapping[str, str]) -> Catalogue:
        """Return the catalogue of policies by name from their TOML texts; UserError names what is malformed."""
        each = [_read(policy, text) for policy, text in tables.items()]
        return cls(
            {key: rule for one in each for key, rule in one.rules.items()},
            {key: words for one in each for key, words in one.words.items()},
            {policy: tables for one in each for policy, tables in one.settings.items()},
        )

    def title(self, policy: str, rule: str, language: Language) -> str:
        """Return the heading of a rule."""
        text = self.rules.get((policy, rule, language))
        return text.title if text else f"{policy}.{rule}"

    def message(self, policy: str, finding: Finding, wording: Wording) -> str:
        """Return the line that says what was found, where, and what was seen there."""
        parts = (self.fault(policy, finding, wording), self.seen(policy, finding, wording))
        return ". ".join(part for part in parts if part)

    def seen(self, policy: str, finding: Finding, wording: Wording) -> str:
        """Return where a fault is and what was seen there; empty when it passed or the text has no more to say."""
        text = self.rules.get((policy, finding.rule, wording.language))
        if text is None or finding.outcome is FindingOutcome.PASSED:
            return ""
        return self._render(text.seen, policy, finding, wording)

    def fault(self, policy: str, finding: Finding, wording: Wording) -> str:
        """Return what is wrong with which file, by the finding's outcome."""
        text = self.rules.get((policy, finding.rule, wording.language))
        if text is None:
            return f"{policy}.{finding.rule}"
        match finding.outcome:
            case FindingOutcome.PASSED:
                template = text.passed or text.title
            case FindingOutcome.FAILED:
                template = text.message
            case FindingOutcome.INDETERMINATE:
                template = text.indeterminate or text.message
        said = self._render(template, policy, finding, wording)
        return said[:1].upper() + said[1:] if template.startswith("{file}") else said

    def fix(self, policy: str, finding: Finding, wording: Wording) -> str:
        """Return what the sender can do; empty when the finding passed."""
        text = self.rules.get((policy, finding.rule, wording.language))
        if text is None or finding.outcome is FindingOutcome.PASSED:
            return ""
        template = text.fix
        for condition, special in text.fix_for.items():
            name, _, value = condition.partition("=")
            if str(finding.params.get(name)) == value:
                template = special
                break
        return self._render(template, policy, finding, wording)

    def why(self, policy: str, finding: Finding, wording: Wording) -> str:
        """Return the reason in the law; empty when the finding passed or the text gives none."""
        text = self.rules.get((policy, finding.rule, wording.language))
        if text is None or finding.outcome is FindingOutcome.PASSED:
            return ""
        return self._render(text.why, policy, finding, wording)

    def _render(self, template: str, policy: str, finding: Finding, wording: Wording) -> str:
        def fill(found: re.Match[str]) -> str:
            value = self._value(found["name"], policy, finding, wording)
            first, last = "()" if found["open"] == "(" else "“”"
            if found["open"] and found["close"] and value.startswith(first) and value.endswith(last):
                return value  # the text brings its own quotation marks, or brackets
            return f"{found['open']}{value}{found['close']}"

        return _PLACEHOLDER.sub(fill, template)

    def _value(self, name: str, policy: str, finding: Finding, wording: Wording) -> str:
        about, language = finding.about, wording.language
        guarded = wording.disclosure is Disclosure.GUARDED
        match name:
            case "file":
                if about.filename and not guarded:
                    return quote(_file_name(about, wording.limit_name))
                return _which(about, language)
            case "which":
                return _which(about, language)
            case "place":
                return _place(finding, wording) or default_words(_whole(about), language)
            case "at":
                place = _place(finding, wording)
                return f", {place}" if place else ""
            case "recipient":
                if about.recipient is None:
                    return default_words("recipient", language)
                return quote_unless_token(clean(about.recipient))
            case "header":
                if about.header is None:
                    return default_words("header", language)
                return clean(about.header, limit=40)
            case _:
                pass
        if name in finding.params:
            return self._parameter(name, finding.params[name], policy, wording)
        lacking = "withheld" if wording.disclosure is Disclosure.GUARDED else "unknown"
        return wording.names.get(name) or default_words(lacking, language)

    def _parameter(self, name: str, value: str | float, policy: str, wording: Wording) -> str:
        if not isinstance(value, str):
            return number(value, wording.language)
        words = self.words.get((policy, name, wording.language), {}).get(value)
        if words is not None:
            return words
        if wording.disclosure is Disclosure.GUARDED:
            return default_words("withheld", wording.language)
        return quote_unless_token(clean(value)) or default_words("unknown", wording.language)


def _file_name(about: About, limit: int) -> str:
    """Return the name of a file, behind that of the attachment which it came in."""
    if not about.inside:
        return clean_filename(about.filename or "", limit=limit)
    inner = clean_filename(about.filename or "", limit=limit * 3 // 5)
    return f"{clean_filename(about.inside, limit=max(limit - len(inner) - 3, limit // 4))} › {inner}"


def _which(about: About, language: Language) -> str:
    """Return which file it is without its name: the attachment by its number."""
    if about.attachment:
        words = default_words("member" if about.member else "attachment_number", language)
        return words.replace("{number}", str(about.attachment))
    in_attachment = (about.part or about.filename) and about.attachment is None
    return default_words("attachment" if in_attachment else "file", language)


def _whole(about: About) -> str:
    return "place_file" if about.part and about.attachment != 0 else "place_message"


def _place(finding: Finding, wording: Wording) -> str:
    """Return the place in words, empty when the finding names none."""
    words = place_words(finding.locator, wording.language, wording.disclosure) if finding.locator else ""
    if words:
        return words
    if finding.about.header is not None:
        header = clean(finding.about.header, limit=40)
        return default_words("place_header", wording.language).replace("{header}", header)
    return ""


@functools.lru_cache(maxsize=64)
def _read(policy: str, text: str) -> Catalogue:
    """Return the texts of one policy; each trial of a policy file asks for the same again."""
    try:
        parsed = tomllib.loads(text)
        settings = tables_of(parsed.pop("settings", {}))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UserError(f"texts/{policy}.toml: {error}") from None
    words = {
        (policy, parameter, language): dict(languages.get(language, {}))
        for parameter, languages in parsed.pop("words", {}).items()
        for language in Language
    }
    rules = {
        (policy, rule, language): _rule_text(policy, rule, language, languages[language])
        for rule, languages in parsed.items()
        for language in Language
        if language in languages
    }
    return Catalogue(rules, words, {policy: settings})


def placeholders(template: str) -> frozenset[str]:
    """Return the names that a text uses; UserError when a brace is left over."""
    if _STRAY.search(_PLACEHOLDER.sub("", template)):
        raise UserError(f"stray brace in {template!r}")
    return frozenset(found["name"] for found in _PLACEHOLDER.finditer(template))


def _rule_text(policy: str, rule: str, language: Language, fields: Mapping[str, Any]) -> RuleText:
    where = f"texts/{policy}.toml [{rule}.{language}]"
    unknown = set(fields) - set(RuleText.__struct_fields__)
    if unknown:
        raise UserError(f"{where}: unknown keys {', '.join(sorted(unknown))}")
    lacking = {"title", "message", "fix"} - set(fields)
    if lacking:
        raise UserError(f"{where}: missing {', '.join(sorted(lacking))}")
    special = {name: _one_line(str(text)) for name, text in fields.get("fix_for", {}).items()}
    texts = {name: _one_line(str(text)) for name, text in fields.items() if name != "fix_for"}
    try:
        for text in (*texts.values(), *special.values()):
            placeholders(text)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    return RuleText(**texts, fix_for=special)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def number(value: float, language: Language) -> str:
    """Return a number with the decimal sign of the language, at most one decimal."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", ",") if language is Language.VI else text
