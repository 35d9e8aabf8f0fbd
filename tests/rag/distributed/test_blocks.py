"""Blocks that are read here and prepared there become what the plain `add` makes; no cluster is needed."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from rag.distributed import ClusterArticles, Plan, content_keys
from rag.distributed.frames import unpack
from rag.distributed.plan import Unit, check_sources, units
from rag.distributed.preparing import BlockPreparer
from rag.distributed.reading import BlockReader
from rag.errors import QueryError
from rag.index import ChunkBudget, Index
from rag.ingest import ReadOptions, isolated, read_sources
from rag.types import Skipped
from tests.conftest import HashEncoder
from tests.rag.distributed.catalogs import rows, write_news
from tests.rag.stories import story

# warcio's writer leaves temporary files open.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
BUDGET = ChunkBudget(40, 1)


class InProcess:
    """Reads and prepares in this process what a cluster would; a block may be read by another reader."""

    def __init__(self, plan, known):
        self.plan = plan
        self.preparer = BlockPreparer(plan, HashEncoder(), known)

    def blocks(self, found):
        with self.preparer:
            for unit in found:
                if isinstance(unit, Skipped):
                    continue
                number = 0
                reader = BlockReader(self.plan)
                while True:
                    ended, block = reader.read(unit, number)
                    if ended:
                        break
                    if number % 3 == 2:
                        reader = BlockReader(self.plan)
                    yield self.preparer.prepare(block)
                    number += 1


def add(folder, sources, *, options=None, positions=None, known=(), items=10, stop=None):
    """Add as `presscite add --ray` does; returns the report, the notes and the articles."""
    notes = []
    positions = {} if positions is None else positions
    options = options or ReadOptions()
    encoder = HashEncoder()
    plan = Plan(
        "hash", encoder.identity, BUDGET, options.date_order, options.fields, block_items=items
    )
    articles = ClusterArticles(plan, encoder, notes.append, positions)
    articles.schedule = InProcess(plan, content_keys(known))
    found = articles.items(units(sources, positions))
    if stop:
        found = stopping(found, stop)
    with Index.open(folder, create=True, encoder=articles.encoder, budget=BUDGET) as index:
        try:
            report = index.add(found, positions=positions, prepared=articles.chunks)
        except KeyboardInterrupt:
            report = None
    return report, notes, articles, encoder


def stopping(items, count):
    for number, item in enumerate(items):
        if number == count:
            raise KeyboardInterrupt
        yield item


def plain(folder, sources, options=None):
    notes, positions = [], {}
    options = replace(options or ReadOptions(), on_note=notes.append, positions=positions)
    with Index.open(folder, create=True, encoder=HashEncoder(), budget=BUDGET) as index:
        return index.add(read_sources(sources, options=options), positions=positions), notes


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    return write_news(tmp_path_factory.mktemp("blocks") / "news")


@pytest.fixture(autouse=True)
def one_parser_and_small_groups(monkeypatch):
    monkeypatch.setattr("rag.distributed.plan._GROUP_BYTES", 1000)
    monkeypatch.setattr(isolated, "MAX_WORKERS", 1)


@pytest.mark.slow
def test_the_same_rows_notes_and_reasons_as_the_plain_add(tmp_path, news):
    sources = [str(news), str(tmp_path / "nothing")]
    wanted, notes = plain(tmp_path / "plain", sources)
    report, told, articles, _ = add(tmp_path / "index", sources)
    assert wanted.added > 60
    assert len(wanted.skipped) >= 6
    same = replace(report, seconds=0.0, skipped=())
    assert same == replace(wanted, seconds=0.0, skipped=())
    # A source that is no file is skipped by the schedule, which knows it first.
    assert [*report.skipped, wanted.skipped[-1]] == list(wanted.skipped)
    assert told == notes
    assert rows(tmp_path / "index", ("derived",)) == rows(tmp_path / "plain", ("derived",))
    with Index.open(tmp_path / "index") as index:
        assert index.copies("e3") != ["e3"]
        assert index.boilerplate()["articles"] > 0
    # Only chunks whose boilerplate went, and the probes, are embedded here.
    assert 0 < articles.encoder.missing < wanted.chunks // 2


@pytest.mark.slow
def test_what_is_there_is_not_embedded_again(tmp_path, news):
    add(tmp_path / "index", [str(news)])
    with Index.open(tmp_path / "index") as index:
        known = list(index.contents())
    before = rows(tmp_path / "index")
    report, _, articles, encoder = add(tmp_path / "index", [str(news)], known=known)
    assert (report.added, report.updated, report.chunks) == (0, 0, 0)
    assert report.unchanged > 60
    assert len(articles.chunks) == 0
    assert encoder.calls == 0
    assert rows(tmp_path / "index") == before


@pytest.mark.parametrize("stop", [3, 25])
def test_an_add_that_was_broken_off_goes_on_and_nothing_is_there_twice(tmp_path, monkeypatch, stop):
    monkeypatch.setattr("rag.index.batch.BATCH_CHUNKS", 20)
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps({"text": story(n).text}) for n in range(40)))
    add(tmp_path / "index", [str(file)], stop=stop)
    with Index.open(tmp_path / "index") as index:
        positions, held = index.positions(), index.counts()["articles"]
    assert held < 40
    report, notes, _, _ = add(tmp_path / "index", [str(file)], positions=positions)
    assert report.added == 40 - held
    # How far a file was read is committed with the batch after it.
    assert report.unchanged <= 1
    assert ("were read before" in "".join(one.message for one in notes)) == (held > 0)
    plain(tmp_path / "plain", [str(file)])
    assert rows(tmp_path / "index") == rows(tmp_path / "plain")


def test_a_table_that_shows_the_order_of_its_dates_shows_it_to_every_block(tmp_path):
    file = tmp_path / "a.csv"
    lines = [f'"{story(n).text}",{n % 12 + 1:02}/{28 - n % 3}/2024' for n in range(30)]
    file.write_text("\n".join(["text,published", '"Bells rang in Arbon.",03/04/2024', *lines]))
    report, notes, _, _ = add(tmp_path / "index", [str(file)], items=4)
    assert report.added == 31
    with Index.open(tmp_path / "index") as index:
        assert next(index.articles()).published.isoformat() == "2024-03-04"
    assert "month first" in "".join(one.message for one in notes)


def test_notes_on_records_are_told_up_to_a_number_a_file(tmp_path):
    file = tmp_path / "a.jsonl"
    row = {"title": ["odd"]}
    file.write_text("\n".join(json.dumps(row | {"text": story(n).text}) for n in range(130)))
    _, notes, _, _ = add(tmp_path / "index", [str(file)])
    _, wanted = plain(tmp_path / "plain", [str(file)])
    assert notes == wanted
    assert notes[-1].message == "more notes on its records are left out"


def test_any_block_is_the_same_whoever_reads_it(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps({"text": story(n).text}) for n in range(25)))
    plan = Plan("hash", HashEncoder().identity, block_items=10)
    unit = Unit((os.fsencode(file),), whole=False)
    first = BlockReader(plan)
    blocks = [first.read(unit, number) for number in range(4)]
    assert [ended for ended, _ in blocks] == [False, False, False, True]
    assert [BlockReader(plan).read(unit, number) for number in (2, 0, 3)] == [
        blocks[2], blocks[0], blocks[3]
    ]  # fmt: skip
    assert first.read(unit, 1) == blocks[1]
    assert sum("record" in record for _, block in blocks for record, _ in unpack(block)) == 25


def test_small_files_are_read_together_and_long_ones_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.distributed.plan._GROUP_BYTES", 250_000)
    for n in range(3):
        (tmp_path / f"{n}.txt").write_text(story(n).text)
    (tmp_path / "1b.jsonl").write_text(" " * 300_000)
    found = list(units([str(tmp_path), str(tmp_path / "none")], {}))
    assert [len(one.files) for one in found[:-1]] == [2, 1, 1]
    assert [one.whole for one in found[:-1]] == [True, False, True]
    assert found[-1].reason.startswith("no such file")


def test_a_file_that_a_node_does_not_see_is_skipped_with_the_nodes_name(tmp_path):
    plan = Plan("hash", HashEncoder().identity)
    _, block = BlockReader(plan).read(Unit((os.fsencode(tmp_path / "a.txt"),), whole=True), 0)
    source, reason, unusable = [*unpack(block)][-1][0]["skipped"]
    assert source == str(tmp_path / "a.txt")
    assert "every node must see the files" in reason
    assert unusable


def test_an_article_that_cannot_be_one_is_skipped_as_in_the_plain_add(tmp_path):
    file = tmp_path / "a.jsonl"
    lines = [{"text": story(1).text, "url": "ftp://x"}, {"text": story(2).text}]
    file.write_text("\n".join(map(json.dumps, lines)))
    report, _, _, _ = add(tmp_path / "index", [str(file)])
    wanted, _ = plain(tmp_path / "plain", [str(file)])
    assert report.skipped == wanted.skipped
    assert report.added == wanted.added


@pytest.mark.parametrize("source", ["-", "https://news.example/", "HTTP://news.example/"])
def test_sources_that_no_other_machine_can_read_are_refused(source):
    with pytest.raises(QueryError, match="--ray reads files and folders"):
        check_sources(["a.jsonl", source])


def test_content_keys_tell_id_and_content_apart():
    keys = content_keys([("a", "1"), ("b", "1"), ("a", "2")])
    assert len(set(keys.tolist())) == 3
    assert np.all(keys[:-1] < keys[1:])
