"""Inputs that went wrong for users of similar tools, kept beside the project; skipped where missing."""

from pathlib import Path

import pytest

from rag.ingest import read_sources
from rag.types import Skipped

CASES = Path(__file__).parents[4] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the project")


def read(name):
    notes = []
    found = list(read_sources([str(CASES / name)], on_note=notes.append))
    assert [one for one in found if isinstance(one, Skipped)] == []
    return found, " ".join(note.message for note in notes)


def read_all(name):
    """Return what each file of a folder holds, by the file's name."""
    return {path.name: list(read_sources([str(path)])) for path in sorted((CASES / name).iterdir())}


def test_rows_are_named_by_their_address(tmp_path):
    named = set()
    for day in ("day1.jsonl", "day2.jsonl"):
        latest = tmp_path / "latest.jsonl"
        latest.write_bytes((CASES / "rotating-export" / day).read_bytes())
        named |= {one.sources[0] for one in read_sources([str(latest)])}
    assert len(named) == 5


def test_dates_in_text():
    (birth, event), _ = read("dates-in-text")
    assert (str(birth.published), str(event.published)) == ("2026-05-12", "2026-06-06")
    assert "1931" in birth.text
    assert "1944" in event.text


def test_datelines():
    (article,), _ = read("datelines")
    assert (str(article.published), article.outlet, article.authors) == (
        "2026-05-12", "Northwire", ("MIRA TOLL",),
    )  # fmt: skip
    assert article.title == "HARBOUR BOARD BACKS NEW FERRY TERMINAL"


def test_front_matter():
    found, told = read("front-matter")
    assert len({one.text for one in found}) == 1
    untitled = [Path(one.sources[0]).stem for one in found if one.title is None]
    undated = [Path(one.sources[0]).stem for one in found if one.published is None]
    assert untitled == ["obsidian"]
    assert undated == ["emptytitle", "obsidian", "placeholder_date"]
    assert "template" in told


def test_dates():
    found, told = read("dates")
    dated = {one.id: str(one.published) for one in found}
    undated = {name for name, day in dated.items() if day == "None"}
    assert undated == {"dmy2", "month", "year", "zero", "none", "rel", "nodate_nl"}
    others = set(dated) - undated - {"mdy", "sept", "future"}
    assert {dated[name] for name in others} == {"2026-05-12"}
    assert "read day first" in told


def test_entities_and_hyphens():
    found, _ = read("entities")
    shown = " ".join(f"{one.title} {one.outlet} {one.text}" for one in found)
    assert not [mark for mark in ("<", "&#", "&amp;", "&l", "&p", "&q", ";") if mark in shown]
    (article,), _ = read("soft-hyphens")
    for word in ("submarine", "first fleet office", "minister Torben Falke", "Payrise"):
        assert word in article.text


def test_hard_wrapped():
    forms = [read(f"hard-wrapped/hard.{suffix}")[0][0] for suffix in ("txt", "md", "jsonl")]
    assert len({(one.text, one.title, one.published) for one in forms}) == 1
    assert "Marit Sole, said" in forms[0].text


def test_crawler_exports():
    _, told = read("crawler-exports")
    assert "text from maintext" in told
    assert "left date_download, description, filename, image_url" in told
    found = read_all("crawler-exports")
    every = [one for articles in found.values() for one in articles]
    assert {(one.title, one.url, str(one.published), one.language) for one in every} == {
        ("Ferry terminal approved", "https://www.example.org/ferry", "2026-05-12", "en")
    }
    assert len({one.text for one in every}) == 1
    outlets = {name: articles[0].outlet for name, articles in found.items()}
    hosts = {"ccnews.jsonl", "newsplease.json", "newsplease.jsonl"}
    assert {outlets.pop(name) for name in hosts} == {"example.org"}
    names = {"mediacloud.jsonl", "newspaper4k.jsonl", "trafilatura.jsonl"}
    assert {outlets.pop(name) for name in names} == {"Example Daily"}
    assert found["trafilatura.jsonl"][0].authors == ("Mira Toll", "Ben Oake")
    assert found["fundus.jsonl"][0].published_at == "2026-05-12T23:30:00+02:00"
    assert found["fundus.jsonl"][0].text == found["fundus_array.json"][1].text


def test_jsonl_forms():
    found = read_all("jsonl-forms")
    null = found.pop("nulltext.jsonl")
    assert isinstance(null[0], Skipped)
    assert null[1].text == "para one here.\n\npara two here."
    every = [one for articles in found.values() for one in articles]
    assert [one for one in every if isinstance(one, Skipped)] == []
    two = {"array.jsonl", "arraylines.jsonl", "concat.jsonl", "crlf.jsonl", "lines_in.json"}
    assert all([one.title for one in found[name]] == ["A", "B"] for name in two)
    one = {"a.jsonl.gz", "a.ndjson", "dupkey.jsonl", "pretty.jsonl"}
    assert {(found[name][0].title, len(found[name])) for name in one} == {("A", 1)}
    assert [article.title for article in found["nan.jsonl"]] == ["A", None]
    assert "Björn" in found["latin1mislabelled.jsonl"][0].text
    assert "café in Århus" in found["mixed.jsonl"][1].text


def test_database_exports():
    found, told = read("database-exports")
    assert told == ""
    assert [(one.title, one.outlet, str(one.published), one.authors) for one in found] == [
        ("Harbour board backs new ferry terminal", "Orvane Post", "2026-05-12", ("Mira Toll",)),
        ("Torvik lift cup after late double", "Halden Herald", "2026-05-17", ("Ben Oake",)),
        ("Quake shakes Sorrel islands", "Sorrel Times", "2026-06-03", ("Ada Ruhl",)),
        ("Harbour board backs new ferry terminal", "Orvane Post", "2026-05-12", ("Mira Toll",)),
    ]
    assert 'repaired "at any price that makes sense".' in found[-1].text
    assert {one.language for one in found} == {"en"}
