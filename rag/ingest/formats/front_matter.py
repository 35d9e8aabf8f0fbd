"""Metadata at the head of a Markdown file: YAML between ``---``, TOML between ``+++``, or a JSON object."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from typing import Any

import regex
import yaml

from rag.text.patterns import lazily

# Metadata is a few lines; what is longer or nested deeper is an attack on the YAML reader, which
# takes the square of the nesting in time.
_MAX_LENGTH = 20_000
_MAX_NESTING = 10
_NULLS = ("", "~", "null", "Null", "NULL")
_LINE = lazily(r"(?P<name>[A-Za-z_][\w -]{0,40}?)[ \t]*(?P<sign>[:=])(?:[ \t]+(?P<value>.*))?$")


def split_front_matter(text: str, note: Callable[[str], None]) -> tuple[dict[str, Any], str]:
    """Return a document's metadata, its names in lower case, and its body.

    Blank lines may stand before it. A block that does not parse is read line by line ("name: value");
    where no line reads so, it is no metadata and stays in the body.
    """
    lead = text.lstrip("\ufeff").lstrip()
    if lead.startswith("{"):
        return _json(lead, text)
    lines = lead.splitlines()
    # A rule with a blank line below it is a rule (Pandoc's distinction).
    if len(lines) < 2 or lines[0].strip() not in ("---", "+++") or not lines[1].strip():
        return {}, text
    fence = lines[0].strip()
    ends = ("+++",) if fence == "+++" else ("---", "...")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() in ends), None)
    if end is None:
        return {}, text
    block = "\n".join(lines[1:end])
    fields = _parsed(block, fence, note)
    if fields is None:
        return {}, text
    return fields, "\n".join(lines[end + 1 :])


def _json(lead: str, text: str) -> tuple[dict[str, Any], str]:
    try:
        record, end = json.JSONDecoder().raw_decode(lead)
    except (ValueError, RecursionError):
        return {}, text
    if not isinstance(record, dict) or not record or not lead[end:].strip():
        return {}, text
    return {str(name).lower(): value for name, value in record.items()}, lead[end:]


def _parsed(block: str, fence: str, note: Callable[[str], None]) -> dict[str, Any] | None:
    form = "TOML" if fence == "+++" else "YAML"
    try:
        if len(block) > _MAX_LENGTH:
            raise ValueError(f"over {_MAX_LENGTH:,} characters")
        fields = tomllib.loads(block) if form == "TOML" else _yaml(block)
        if fields is None:
            return {}
        if not isinstance(fields, dict):
            raise ValueError("not 'name: value' lines")
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        by_line = _line_by_line(block)
        if by_line:
            problem = " ".join(str(error).split()).partition(' in "<unicode')[0][:120]
            note(f"its front matter is not {form}, and was read line by line: {problem}")
        return by_line or None
    return {str(key).lower(): None if value in _NULLS else value for key, value in fields.items()}


def _yaml(block: str) -> object:
    depth = 0
    for event in yaml.parse(block):
        # Aliases multiply ("billion laughs"); metadata has no need of them.
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("aliases; write the values out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_NESTING:
            raise ValueError("nested too deep")
    # Plain strings: with YAML's types the headline "No" is a Boolean and 1_984 a number.
    return yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506


def _line_by_line(block: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for line in block.split("\n"):
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        value = (found["value"] or "").strip()
        listed = regex.fullmatch(r"\[([^\[\]]*)\]", value)
        if listed and found["name"].lower() in ("author", "authors"):
            fields[found["name"].lower()] = [
                one.strip().strip("\"'") for one in listed[1].split(",") if one.strip()
            ]
        elif value[:1] not in ("[", "{", "&", "*", "!", "|", ">") or value.startswith("{{"):
            fields[found["name"].lower()] = value.strip("\"'") or None
    return fields
