"""Development questions on scraped articles, menus and captions included.

The articles are not ours, so accepted answers are given by offsets in their files and none of their words
is kept here. A third of the questions is unanswerable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.answer_runs import run_questions
from eval.datasets import Question, QuestionSet
from eval.lab.tune.corpora import Corpus, indexed
from eval.remembering_encoder import RememberingEncoder
from rag.answering.answerer import Answerer
from rag.errors import DatasetError
from rag.ingest import read_sources
from rag.types import Skipped

QUESTIONS = Path(__file__).with_name("scraped.jsonl")


@dataclass(frozen=True, slots=True)
class ScrapedCounts:
    """Counts of questions by outcome."""

    answerable: int
    right_first: int
    """The best quote holds an accepted answer, shown or abstained from."""
    answered_right: int
    span_right: int
    """Answered, and the span holds an accepted answer."""
    answered_wrong: int
    unanswerable: int
    refused: int


def scraped(folder: Path) -> Corpus:
    """Return the five articles of a folder with the questions about them.

    Raises
    ------
    DatasetError
        Where one of the articles is missing.
    """
    articles = {
        Path(item.sources[0]).stem: item
        for item in read_sources([str(folder)])
        if not isinstance(item, Skipped)
    }
    questions = []
    for row in _rows():
        places: dict[str, list[list[int]]] = row.get("places", {})
        for name in places:
            if name not in articles:
                raise DatasetError(f"{folder}: {name}.txt is not there; name the folder of it")
        texts = {name: _text(folder / f"{name}.txt") for name in places}
        answers = dict.fromkeys(texts[name][a:b] for name in places for a, b in places[name])
        questions.append(
            Question(
                row["id"],
                row["question"],
                tuple(answers),
                tuple(articles[name].id for name in places),
                kind=row["kind"],
            )
        )
    return Corpus("scraped", tuple(articles.values()), tuple(questions))


def _rows() -> Iterator[dict[str, Any]]:
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _text(file: Path) -> str:
    return file.read_bytes().decode()


def kept(corpus: Corpus) -> ScrapedCounts:
    """Evaluate the default reader on every question of a corpus."""
    with indexed(corpus, RememberingEncoder()) as index:
        asked = QuestionSet(corpus.name, corpus.questions)
        replies = [r.reply for r in run_questions(asked, Answerer(index), index).records if r.reply]
    yes = [r for r in replies if r.answerable]
    no = [r for r in replies if not r.answerable]
    told = [r for r in yes if not r.abstained]
    return ScrapedCounts(
        answerable=len(yes),
        right_first=sum(r.quote_hit > 0 for r in yes),
        answered_right=sum(r.quote_hit > 0 for r in told),
        span_right=sum(r.span_holds for r in told),
        answered_wrong=sum(r.quote_hit == 0 for r in told),
        unanswerable=len(no),
        refused=sum(r.abstained for r in no),
    )
