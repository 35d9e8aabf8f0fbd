"""Questions about scraped articles whose answers are told by place."""

import json
import shutil
from pathlib import Path

import pytest

from eval.lab.tune.scraped import QUESTIONS, scraped
from rag.errors import DatasetError


def test_answers_are_whole_words_of_the_articles(corpus: Path) -> None:
    read = scraped(corpus)
    assert len(read.articles) == 5
    assert sum(q.answerable for q in read.questions) == 60
    assert sum(not q.answerable for q in read.questions) == 30
    assert len({q.id for q in read.questions}) == len({q.question for q in read.questions}) == 90
    texts = {article.id: article.text for article in read.articles}
    found = 0
    for question in read.questions:
        assert all(answer == answer.strip() != "" for answer in question.answers)
        found += any(a in texts[name] for a in question.answers for name in question.articles)
    # Menus, credits and the line that dates a page are no part of an article's text.
    assert found >= 55


def test_an_article_that_is_missing_is_named(corpus: Path, tmp_path: Path) -> None:
    files = sorted(corpus.glob("*.txt"))
    for file in files[1:]:
        shutil.copy(file, tmp_path)
    with pytest.raises(DatasetError, match=files[0].stem):
        scraped(tmp_path)


def test_no_words_of_the_articles_are_kept_here() -> None:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 90
    for record in map(json.loads, lines):
        assert record.keys() - {"places"} == {"id", "kind", "question"}
        for places in record.get("places", {}).values():
            assert all(isinstance(offset, int) for place in places for offset in place)
