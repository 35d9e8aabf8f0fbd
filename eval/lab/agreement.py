"""Measures `rag.answering.agreement` on labelled pairs of statements, and fits its weights.

python -m eval.lab.agreement [--split dev|test] [--fit] [--wrong]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors
from embeddings.loading import load_encoder
from rag.answering.agreement import compared, relations
from rag.answering.evidence import WEIGHTS, evidence_of
from rag.answering.statements import Statement
from rag.reader.loading import load_reader
from rag.reader.protocol import Reader
from rag.text.answer_types import classify_question
from rag.types import Article, Chunk, Passage, Relation

PAIRS = Path(__file__).parent.parent / "agreement" / "pairs.jsonl"
AS_OF = date(2026, 11, 26)
"""The day the questions are asked, from which a statement without a date is seen."""
CONFLICTS = ("different", "changed")
_RIDGE = 0.3
_STEPS = 50
# The null score difference of a statement that the reader takes no sentence of.
_UNREAD = -2.0

Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements for one question, and how a person says they stand to each other."""

    id: str
    split: str
    question: str
    one: Statement
    other: Statement
    relation: Relation


def read_pairs(path: Path = PAIRS) -> list[Pair]:
    """Return the labelled pairs; ``other`` in the file is ``also`` here."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        said = "also" if record["relation"] == "other" else record["relation"]
        relation = next(one for one in get_args(Relation) if one == said)
        one, other = _statement(record["one"]), _statement(record["other"])
        found.append(Pair(record["id"], record["split"], record["question"], one, other, relation))
    return found


def _statement(record: dict[str, str | None]) -> Statement:
    """Return a statement whose answer is marked ``[[so]]`` in its quote."""
    quote, day = record["quote"] or "", record["published"]
    start, end = quote.index("[["), quote.index("]]") - 2
    plain = quote.replace("[[", "").replace("]]", "")
    return Statement(plain, start, end, date.fromisoformat(day) if day else None)


def with_answerable(pairs: Sequence[Pair], reader: Reader) -> list[Pair]:
    """Return pairs with what the reader says of each statement, each read as an article of its own."""
    found = []
    for pair in pairs:
        passages = [_passage(number, one) for number, one in enumerate((pair.one, pair.other))]
        best: dict[str, float] = {}
        for span in reader.read(pair.question, passages):
            best.setdefault(span.passage.article.id, span.features.null_score_diff)
        one, other = (
            replace(one, answerable=best.get(str(number), _UNREAD))
            for number, one in enumerate((pair.one, pair.other))
        )
        found.append(replace(pair, one=one, other=other))
    return found


def _passage(number: int, statement: Statement) -> Passage:
    text = statement.quote
    article = Article(str(number), text, published=statement.published)
    return Passage(Chunk(number, article.id, 0, len(text), text), article, 1.0)


def told(pair: Pair, encode: Encode) -> Relation:
    """Return how the product says that the second stands to the first."""
    return relations(pair.question, pair.one, [pair.other], encode, AS_OF)[0]


def figures(labels: Sequence[Relation], found: Sequence[Relation]) -> dict[str, tuple[float, ...]]:
    """Return precision, recall and number by relation, and of both conflicts as one."""
    table: dict[str, tuple[float, ...]] = {}
    groups = {name: (name,) for name in ("same", "different", "changed", "also")}
    for name, names in {**groups, "conflict": CONFLICTS}.items():
        is_so = [label in names for label in labels]
        said = [one in names for one in found]
        both = sum(a and b for a, b in zip(is_so, said, strict=True))
        table[name] = (both / max(1, sum(said)), both / max(1, sum(is_so)), sum(is_so))
    return table


def fit(pairs: Sequence[Pair], encode: Encode) -> dict[str, float]:
    """Return ridge-regularised logistic weights, with the intercept, of the pairs whose values differ."""
    rows, labels = [], []
    for pair in pairs:
        asked = classify_question(pair.question)
        if compared(pair.question, asked, pair.one, pair.other, AS_OF) not in CONFLICTS:
            continue
        evidence = evidence_of(pair.question, pair.one, [pair.other], encode, AS_OF)[0]
        rows.append([*(getattr(evidence, name) for name in WEIGHTS), 1.0])
        labels.append(pair.relation in CONFLICTS)
    weights = _logistic(np.array(rows), np.array(labels, dtype=np.float64))
    return dict(zip([*WEIGHTS, "intercept"], weights.round(2).tolist(), strict=True))


def _logistic(rows: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights by Newton's method; the last column, the intercept, is not penalised."""
    weights = np.zeros(rows.shape[1])
    ridge = np.full(rows.shape[1], _RIDGE)
    ridge[-1] = 1e-6
    for _ in range(_STEPS):
        chances = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (chances - labels) + ridge * weights
        curve = rows.T @ (rows * (chances * (1 - chances))[:, None]) + np.diag(ridge)
        weights -= np.linalg.solve(curve, slope)
    return weights


def main(arguments: Sequence[str]) -> None:
    """Print the figures of a split, or fit on the development pairs."""
    parser = argparse.ArgumentParser(prog="python -m eval.lab.agreement")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--fit", action="store_true", help="fit the weights on the dev pairs")
    parser.add_argument("--wrong", action="store_true", help="print the pairs told wrong")
    given = parser.parse_args(arguments)
    encode = load_encoder().encode
    pairs = [p for p in read_pairs() if p.split == ("dev" if given.fit else given.split)]
    pairs = with_answerable(pairs, load_reader(encode=encode))
    if given.fit:
        print(json.dumps(fit(pairs, encode)))
        return
    found = [told(pair, encode) for pair in pairs]
    for name, (precision, recall, number) in figures([p.relation for p in pairs], found).items():
        print(f"{name:<10} precision {precision:.2f}  recall {recall:.2f}  pairs {number:.0f}")
    if given.wrong:
        for pair, said in zip(pairs, found, strict=True):
            if said != pair.relation:
                print(f"{pair.id} is {pair.relation}, told {said}: {pair.question}")
                print(f"    {pair.one.quote} | {pair.other.quote}")


if __name__ == "__main__":
    main(sys.argv[1:])
