"""`show` lists the versions that an article replaced, and shows one of them."""

import json

import pytest
from typer.testing import CliRunner

from rag.errors import QueryError
from rag.index import Index
from rag.ingest.article import make_article
from tests.conftest import HashEncoder
from ui.cli.app import app

URL = "https://news.example/quake"


@pytest.fixture
def index(tmp_path):
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as made:
        for count in ("nine", "eleven"):
            text = f"The quake near Halden injured {count} people, the district said."
            made.add([make_article(text=text, source=URL, url=URL)])
        return made.folder


def show(index, *arguments):
    return CliRunner().invoke(app, ["show", URL, "--index", str(index), *arguments])


def test_versions_are_listed_and_shown(index):
    record = json.loads(show(index, "--json").stdout)
    assert "eleven" in record["text"]
    (earlier,) = record["versions"]
    assert earlier["hash"] != record["hash"]
    assert earlier["replaced_at"]
    assert f"earlier version: {earlier['hash'][:12]}" in show(index).stdout
    shown = json.loads(show(index, "--json", "--version", earlier["hash"][:8]).stdout)
    assert "nine" in shown["text"]
    assert shown["hash"] == earlier["hash"]
    assert "nine people" in show(index, "--version", earlier["hash"]).stdout


@pytest.mark.parametrize("wanted", ["", "abc", "ffffffff"])
def test_an_unknown_version_is_one_line_that_names_the_known_ones(index, wanted):
    ended = show(index, "--version", wanted)
    assert isinstance(ended.exception, QueryError)
    assert "there are: " in str(ended.exception)


def test_the_id_of_the_older_one_shows_the_newer(index):
    (earlier,) = json.loads(show(index, "--json").stdout)["versions"]
    ended = CliRunner().invoke(app, ["show", earlier["id"], "--index", str(index), "--json"])
    assert "eleven" in json.loads(ended.stdout)["text"]
    assert "was replaced by" in ended.stderr
