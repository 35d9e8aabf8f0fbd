"""The documents name files, links and commands that exist, so that a newcomer can follow them."""

import dataclasses
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/benchmarks.md",
    "docs/scale.md",
)
# A path of this repository between backticks: it begins with a folder or names a file type of ours.
_PATH = re.compile(
    r"`((?:presscite|embeddings|rag|eval|ui|tests|docs)(?:/[\w.-]+)+/?|[\w-]+\.(?:toml|md|cff))`"
)
_LINK = re.compile(r"\]\(([^)\s:]+)\)")
_MODULE = re.compile(r"python -m\s+((?:eval|tests)(?:\.\w+)*)")


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_named_exist(name):
    missing = [
        path
        for path in set(_PATH.findall(text(name)))
        if not (ROOT / path).exists() and not (ROOT / name).parent.joinpath(path).exists()
    ]
    assert [path for path in sorted(missing) if "NAME" not in path] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    links = [link.partition("#")[0] for link in _LINK.findall(text(name))]
    assert [
        link for link in links if link and not (ROOT / name).parent.joinpath(link).exists()
    ] == []


@pytest.mark.parametrize("name", [*DOCUMENTS, "docs/decisions.md"])
def test_modules_to_run_exist(name):
    for module in _MODULE.findall(text(name)):
        folder = ROOT.joinpath(*module.split("."))
        assert (folder / "__main__.py").is_file() or folder.with_suffix(".py").is_file(), module


def test_files_of_the_layout_exist():
    (block,) = re.findall(r"^```\n(presscite/.*?)^```", text("docs/architecture.md"), re.M | re.S)
    missing = []
    above = [ROOT]
    for line in block.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        if depth > len(above):  # the description of the line before, continued
            continue
        names, *_ = re.split(r" {2,}|(?<=/) ", line.strip(), maxsplit=1)
        for name in names.split(", "):
            path = above[depth] / name
            if not path.exists():
                missing.append(str(path.relative_to(ROOT)))
        if names.endswith("/"):
            above[depth + 1 :] = [above[depth] / names]
    assert missing == []


def test_every_record_stands_in_the_architecture_with_its_fields():
    from rag import types

    records = {
        name: [field.name for field in dataclasses.fields(made)]
        for name, made in vars(types).items()
        if dataclasses.is_dataclass(made) and made.__module__ == types.__name__
    }
    _, section, *_ = re.split(r"^## [34]\. ", text("docs/architecture.md"), flags=re.M)
    rows = dict(re.findall(r"^\| `([A-Z]\w+)` \| (.*) \|$", section, re.M))
    assert {name: re.findall(r"`(\w+)`", row) for name, row in rows.items()} == records


def test_the_json_of_commands_has_the_keys_that_the_architecture_lists():
    from eval.feedback import Feedback
    from rag.checking import CheckedQuotation
    from rag.ingest.web.watch import Round
    from rag.text.quotations import Quotation
    from ui.serialize import checked_json

    rows = dict(re.findall(r"^\| `(\w+)` \| (.*\{.*) \|$", text("docs/architecture.md"), re.M))

    def keys(command, before=""):
        (listed,) = re.findall(rf"{re.escape(before)}\{{(.*?)\}}", rows[command])[:1]
        return re.findall(r'"(\w+)"', listed)

    told = [field.name for field in dataclasses.fields(Round)]
    assert keys("watch") == ["at", *told]
    told = [field.name for field in dataclasses.fields(Feedback)]
    assert keys("feedback") == ["id", "at", *told]
    draft = "“The tide rises”"
    checked = CheckedQuotation(Quotation(1, 15), draft[1:15], "not found", ())
    assert keys("check", '"quotations": [') == list(checked_json(checked, draft))


def test_every_command_stands_in_the_architecture():
    import typer

    from ui.cli.app import app

    commands = set(typer.main.get_command(app).commands)
    named = set(re.findall(r"^\| `presscite (\w+)", text("docs/architecture.md"), re.M))
    assert named == commands
