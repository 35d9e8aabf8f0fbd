"""A newer version answers; the ones before it are kept with it, and go with it."""

from dataclasses import replace

import pytest

from rag.index import Index, batch
from rag.index.chunking import ChunkBudget
from rag.index.verify import verify_index
from rag.ingest import read_sources
from rag.ingest.article import make_article
from rag.types import page_of
from tests.rag.stories import story

URL = "https://news.example/quake"


@pytest.fixture
def index(tmp_path, encoder):
    budget = ChunkBudget(40, 1)
    with Index.open(tmp_path / "index", create=True, encoder=encoder, budget=budget) as made:
        yield made


def page(count, **more):
    text = f"The quake near Halden injured {count} people, the district said on Monday."
    return make_article(text=text, source=URL, url=URL, **more)


def texts(index, article):
    return [version.article.text for version in index.versions(article.id)]


def test_a_corrected_page_keeps_what_it_said_before(index):
    first, second, third = page("nine"), page("eleven"), page("twelve", title="Quake at Halden")
    for one in (first, second, third):
        index.add([one])
    assert [article.text for article in index.articles()] == [third.text]
    assert texts(index, third) == [first.text, second.text]
    assert index.versions(third.id)[0].article == first
    assert verify_index(index.folder, quick=False) == []


def test_an_article_of_an_id_keeps_its_versions_too(index):
    index.add([replace(story(1), id="a")])
    index.add([replace(story(2), id="a")])
    assert [version.article.text for version in index.versions("a")] == [story(1).text]


def test_so_does_one_of_a_file(index):
    index.add([story(1, source="/news/a.txt")])
    index.add([story(2, source="/news/a.txt")])
    assert texts(index, story(2)) == [story(1).text]


def test_a_correction_taken_back_is_no_version_of_itself(index):
    first, second = page("nine"), page("eleven")
    for one in (first, second, first):
        index.add([one])
    assert texts(index, first) == [second.text]


def test_versions_in_one_batch_are_kept(index):
    index.add([page("nine"), page("eleven")])
    assert texts(index, page("eleven")) == [page("nine").text]


def test_the_id_of_a_replaced_article_leads_to_the_newer_one(index):
    first, second, third = page("nine"), page("eleven"), page("twelve")
    for one in (first, second, third):
        index.add([one])
    assert index.successor(first.id) == index.successor(second.id) == third.id
    assert index.successor(third.id) is None
    assert index.successor("\ud800") is None


def test_removing_an_article_removes_its_versions(index):
    index.add([page("nine")])
    index.add([page("eleven")])
    index.remove([page("eleven").id])
    with pytest.raises(KeyError):
        index.versions(page("eleven").id)
    index.add([page("eleven")])
    assert texts(index, page("eleven")) == []


def test_where_a_date_comes_from_and_where_pages_begin_come_back(index):
    text = "First page of it.\n\nSecond page of it."
    made = make_article(
        text=text, source="/a.pdf", published=story(1).published, date_origin="address",
        published_at="2026-05-12T23:30:00+02:00", pages=(0, text.index("Second")),
    )  # fmt: skip
    index.add([made])
    found = index.article(made.id)
    assert found == made
    assert [page_of(found, offset) for offset in (0, 5, text.index("Second"), len(text))] == [
        1, 1, 2, 2,
    ]  # fmt: skip
    assert page_of(page("nine"), 0) is None


def test_a_damaged_version_is_noticed(index):
    import sqlite3

    index.add([page("nine")])
    index.add([page("eleven")])
    with sqlite3.connect(index.folder / "catalog.sqlite") as connection:
        connection.execute("UPDATE versions SET record = replace(record, 'nine', 'five')")
    connection.close()
    assert any("version 1" in str(problem) for problem in verify_index(index.folder, quick=False))


def rows(folder, name, *cells):
    path = folder / name
    lines = "\n".join(f'"{title}","{text}",Orvane Post,{day}' for title, text, day in cells)
    path.write_text(f"title,text,outlet,published\n{lines}\n", encoding="utf-8")
    return read_sources([str(path)])


def ferry(cost):
    return (
        f"The harbour board of Orvane approved a new ferry terminal on Monday after nine hours. It will cost "
        f"{cost} million crowns and open in spring. Critics said that the old pier was good enough for the "
        "islanders, who use it every day of the year and never asked for another one."
    )


def test_a_corrected_row_without_an_address_is_a_version(index, tmp_path):
    index.add(rows(tmp_path, "a.csv", ("Ferry", ferry(9), "2026-05-01")))
    done = index.add(rows(tmp_path, "b.csv", ("Ferry", ferry(12), "2026-05-01")))
    assert (done.added, done.updated) == (0, 1)
    (article,) = index.articles()
    assert "12 million" in article.text
    assert texts(index, article) == [ferry(9)]
    assert verify_index(index.folder, quick=False) == []


@pytest.mark.parametrize(
    "other",
    [
        ("Ferry", ferry(12), "2026-05-02"),
        ("Terminal", ferry(12), "2026-05-01"),
        (
            "Ferry",
            "A dog found its way home over forty miles of moor, its owner said. " * 3,
            "2026-05-01",
        ),
    ],
)
def test_rows_of_another_day_headline_or_text_stay_apart(index, tmp_path, other):
    index.add(rows(tmp_path, "a.csv", ("Ferry", ferry(9), "2026-05-01")))
    assert index.add(rows(tmp_path, "a.csv", other)).added == 1
    assert index.counts()["articles"] == 2


@pytest.mark.parametrize("older_first", [False, True])
def test_a_correction_beside_the_older_row_leaves_both(index, tmp_path, older_first):
    old, new = (("Ferry", ferry(cost), "2026-05-01") for cost in (36, 38))
    both = (old, new) if older_first else (new, old)
    index.add(rows(tmp_path, "a.csv", old))
    done = index.add(rows(tmp_path, "a.csv", *both))
    assert (done.added, done.updated, done.unchanged) == (1, 0, 1)
    assert {article.text for article in index.articles()} == {ferry(36), ferry(38)}
    assert index.add(rows(tmp_path, "a.csv", *both)).unchanged == 2
    assert verify_index(index.folder, quick=False) == []


def test_a_correction_takes_the_row_that_no_longer_stands_beside_it(index, tmp_path):
    cells = [("Ferry", ferry(cost), "2026-05-01") for cost in (9, 12, 14)]
    index.add(rows(tmp_path, "a.csv", *cells[:2]))
    done = index.add(rows(tmp_path, "a.csv", cells[2], cells[0]))
    assert (done.added, done.updated, done.unchanged) == (0, 1, 1)
    assert {article.text for article in index.articles()} == {ferry(9), ferry(14)}


def test_the_older_row_may_stand_in_a_later_batch_or_in_a_file_of_its_own(
    index, tmp_path, monkeypatch
):
    old, new = (("Ferry", ferry(cost), "2026-05-01") for cost in (36, 38))
    index.add(rows(tmp_path, "a.csv", old))
    (stored,) = index.articles()
    # The same article, no row this time: it cannot be corrected, and still stands.
    alone = replace(stored, sources=(str(tmp_path / "old.txt"),))
    done = index.add([*rows(tmp_path, "b.csv", new), alone])
    assert (done.added, done.updated, done.unchanged) == (1, 0, 1)
    index.remove([article.id for article in index.articles()])
    index.add(rows(tmp_path, "a.csv", old))
    monkeypatch.setattr(batch, "BATCH_CHUNKS", 1)
    index.add(rows(tmp_path, "c.csv", new, old))
    assert {article.text for article in index.articles()} == {ferry(36), ferry(38)}
    assert verify_index(index.folder, quick=False) == []


def test_rows_that_stand_in_one_file_are_no_versions_of_each_other(index, tmp_path):
    both = [("Ferry", ferry(cost), "2026-05-01") for cost in (9, 12)]
    assert index.add(rows(tmp_path, "a.csv", *both)).added == 2
    for _ in range(2):
        assert index.add(rows(tmp_path, "a.csv", *both)).unchanged == 2
    # The second one alone is corrected.
    done = index.add(rows(tmp_path, "a.csv", both[0], ("Ferry", ferry(14), "2026-05-01")))
    assert (done.added, done.updated, done.unchanged) == (0, 1, 1)
    assert index.counts()["articles"] == 2


def test_a_row_may_stand_behind_its_correction(index, tmp_path):
    index.add(rows(tmp_path, "a.csv", ("Ferry", ferry(9), "2026-05-01")))
    corrected = [("Ferry", ferry(cost), "2026-05-01") for cost in (12, 9)]
    other = ("Terminal", "A dog found its way home over forty miles of moor. " * 3, "2026-05-01")
    for added in (2, 0):
        done = index.add(rows(tmp_path, "a.csv", other, *corrected))
        assert (done.added, done.updated) == (added, 0)
    assert index.counts()["articles"] == 3
    assert verify_index(index.folder, quick=False) == []
