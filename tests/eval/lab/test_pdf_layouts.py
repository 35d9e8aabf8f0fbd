"""The layouts that PDFs are measured in: the same for one seed, and what a perfect reading scores."""

import random

from eval.lab.pdf_layouts import Told, f1, listed, page_of_chance, score
from tests.rag.ingest.pdf_writer import Put, write_pdf

STORIES = [Told("Boats sail again", ("The ferry left Orvane at dawn.", "Nobody waved.")),
           Told("Tram rejected", ("The council said no.",))]  # fmt: skip


def test_one_seed_gives_one_layout_and_others_others():
    pages = [page_of_chance(STORIES, random.Random(seed)) for seed in range(40)]
    assert pages == [page_of_chance(STORIES, random.Random(seed)) for seed in range(40)]
    assert len({page for page, _ in pages}) > 30
    assert all(lines[:2] == list(STORIES[0].paragraphs) for _, lines in pages)
    assert any(lines[2:] == ["Tram rejected", "The council said no."] for _, lines in pages)


def test_scores():
    lines = [f"Line {n} of the minutes was read aloud and agreed on that day." for n in range(3)]
    puts = [Put(line, 50, 700 - 30 * n) for n, line in enumerate(lines)]
    data = write_pdf([[Put("Boats sail again", 50, 760, 24), *puts]])
    perfect = score(data, "Boats sail again", lines)
    assert (perfect.words, perfect.order, perfect.paragraphs, perfect.title) == (
        1.0,
        1.0,
        1.0,
        True,
    )
    assert score(data, "Boats", [*lines[:2], "Missing."]).paragraphs == 2 / 3
    assert f1("a b c d", "d c b a", 1) == 1.0
    assert f1("a b c d", "d c b a", 2) == 0.0


def test_articles_of_a_file(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "One", "text": "' + "Word " * 200 + '"}\n{"text": "No title."}\n')
    assert [one.title for one in listed(path)] == ["One"]
