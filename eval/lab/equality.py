"""Whether two indexes of the same articles, such as a folder and its copy in Milvus, answer alike.

python -m eval.lab.equality INDEX OTHER QUESTIONS.jsonl [--limit N] [--as-of DAY] [--json]

Both are named as ``--index`` names them. Printed are the shares of questions with the same first quote,
the same passages in the same order, and the same confidence, and why the others differ.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from eval.datasets import Question, QuestionSet, read_dataset
from rag.errors import DatasetError, PressciteError, QueryError
from rag.index.opening import open_index
from rag.index.protocol import SearchIndex
from rag.retrieval.filters import checked_day
from rag.types import Answer, Filters

if TYPE_CHECKING:
    from rag.answering.answerer import Answerer

CONFIDENCE = 1e-4
"""Confidences that differ by no more count as the same."""
_DEPTH = 100
"""Candidates by vector and by words that are compared, as many as retrieval looks at first."""
_SCORE = 1e-3
"""Scores of words that differ by no more of their size count as the same: they are sums of float32."""
# Questions between two lines of progress.
_EVERY = 20
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two indexes answered one question."""

    id: str
    question: str
    quote: bool
    """Whether both told the same, with the same first quote at the same place, or both abstained."""
    passages: bool
    """Whether the passages are the same, in the same order."""
    order: bool
    """Whether they are the same in any order."""
    confidence: float
    """Difference of the confidences."""
    why: str = ""
    """Where they differ, what differed first."""

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.quote and self.passages and self.confidence <= CONFIDENCE


def compare(
    one: Answerer, other: Answerer, questions: Sequence[Question], as_of: date | None = None
) -> Iterator[Comparison]:
    """Ask two answerers the same questions.

    Parameters
    ----------
    as_of
        The day of questions that name none; None: today.
    """
    for question in questions:
        day = question.as_of or as_of
        asked = [
            each.ask(question.question, history=question.history, as_of=day)
            for each in (one, other)
        ]
        yield _comparison(question, asked[0], asked[1], one, other)


def _comparison(
    question: Question, mine: Answer, theirs: Answer, one: Answerer, other: Answerer
) -> Comparison:
    found = [_passages(answer) for answer in (mine, theirs)]
    compared = Comparison(
        question.id,
        question.question,
        _told(mine) == _told(theirs),
        found[0] == found[1],
        sorted(found[0]) == sorted(found[1]),
        abs(mine.confidence - theirs.confidence),
    )
    if compared.same:
        return compared
    text = mine.standalone_question or question.question
    why = difference(one.retriever.index, other.retriever.index, text, mine.as_of)
    return Comparison(**asdict(compared) | {"why": why})


def difference(one: SearchIndex, other: SearchIndex, question: str, as_of: date | None) -> str:
    """Return in what the candidates of a question differ first."""
    filters = Filters(as_of=as_of)
    vector = one.encode([question])[0]
    near, words = [], []
    for index in (one, other):
        with index.view() as view:
            near.append(dict(view.search_dense(vector, _DEPTH, filters)))
            words.append(dict(view.search_lexical(question, _DEPTH, filters)))
    if near[0].keys() != near[1].keys():
        return "neighbours: an approximate search by vector missed some"
    if words[0].keys() != words[1].keys():
        return "words: other chunks were found by words"
    if any(abs(score - words[1][n]) > _SCORE * max(1.0, score) for n, score in words[0].items()):
        return "scores: the same chunks were found by words, with other scores"
    return "rounding: the same candidates with the same scores"


def _told(answer: Answer) -> tuple[object, ...]:
    """Return what is shown first: the words, their article and place; nothing of an abstention but that."""
    if answer.abstained or not answer.citations:
        return (answer.abstained,)
    first = answer.citations[0]
    return (False, answer.text, first.article.id, first.start, first.end, first.quote)


def _passages(answer: Answer) -> list[tuple[str, int, int]]:
    return [(one.article.id, one.chunk.start, one.chunk.end) for one in answer.passages]


def shares(compared: Sequence[Comparison]) -> dict[str, float]:
    """Return the shares of questions in which two indexes are alike."""
    count = max(1, len(compared))
    return {
        "same_first_quote": sum(one.quote for one in compared) / count,
        "same_passages": sum(one.passages for one in compared) / count,
        "same_passages_in_any_order": sum(one.order for one in compared) / count,
        "same_confidence": sum(one.confidence <= CONFIDENCE for one in compared) / count,
        "all_the_same": sum(one.same for one in compared) / count,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print the shares; exit status 0 also where they differ, 2 for an unusable index."""
    parser = argparse.ArgumentParser(prog="python -m eval.lab.equality", description=__doc__)
    parser.add_argument("index")
    parser.add_argument("other")
    parser.add_argument("questions", type=Path, help="presscite's JSONL")
    parser.add_argument("--split", choices=("dev", "test", "all"), default="all")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--as-of")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    try:
        compared = _run(given)
    except PressciteError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if given.json:
        differing = [asdict(one) for one in compared if not one.same]
        print(
            json.dumps({"n": len(compared), **shares(compared), "differing": differing}, indent=1)
        )
        return 0
    print(f"{len(compared):,} questions")
    for name, share in shares(compared).items():
        print(f"{name.replace('_', ' ')}: {share:.4f}")
    for why, count in Counter(one.why for one in compared if not one.same).most_common():
        print(f"{count:>5}  {why}")
    for one in [one for one in compared if not one.same][:_SHOWN]:
        print(f"{one.id}: {one.question} ({one.why})")
    return 0


def _run(given: argparse.Namespace) -> list[Comparison]:
    from rag.answering.answerer import Answerer

    questions = read_dataset(given.questions, split=given.split)
    if not isinstance(questions, QuestionSet) or questions.documents:
        raise DatasetError(f"{given.questions}: it brings its own articles; name presscite's JSONL")
    if given.limit is not None and given.limit < 1:
        raise QueryError(f"--limit {given.limit}: ask at least one question")
    day = checked_day("--as-of", given.as_of)
    chosen = questions.questions[: given.limit]
    compared = []
    with open_index(given.index) as one, open_index(given.other, encoder=one.encoder) as other:
        for number, found in enumerate(
            compare(Answerer(one), Answerer(other), chosen, day), start=1
        ):
            compared.append(found)
            if number % _EVERY == 0 or number == len(chosen):
                print(f"{number:,} of {len(chosen):,}", file=sys.stderr, flush=True)
    return compared


if __name__ == "__main__":
    sys.exit(main())
