"""Distantly supervised training examples from a news archive: questions with answers, without offsets.

Distant supervision: of the passages published near the day asked that hold a question's answer, the one
that a trained network finds likeliest is taken as the answering one (hard expectation maximisation, Min et
al. 2019, "A Discrete Hard EM Approach for Weakly Supervised Question Answering"); passages of the same
search that do not hold it are the negatives.
"""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import regex

from eval.lab.train.examples import Example
from rag.errors import ReaderDataError
from rag.index.chunking import ChunkBudget, chunk_spans
from rag.text.normalise import normalise

SOURCE = "archive"
QUESTIONS, ARTICLES = "train-questions.jsonl", "train-articles.jsonl.xz"
BEFORE, AFTER = timedelta(days=21), timedelta(days=10)
"""How far from the day asked an answering report may be published."""
_LEXICAL_DEPTH = 25
_LISTED_DEPTH = 12
_DENSE_WEIGHT = 0.8
_POSITIVES, _NEGATIVES = 4, 10
_WORD = regex.compile(r"\p{N}+(?:[.,]\p{N}+)*|\p{L}[\p{L}\p{M}]*")
_NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: str(number) for number, word in enumerate(_NUMBER_WORDS.split())}
_ASKED = regex.compile(r"[^.?!\n]+\?")
_ALIKE = 0.6
_ARTICLES = frozenset(("a", "an", "the"))
Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]
Score = Callable[[Sequence[Example]], Sequence[float]]
"""Examples to the log-likelihood of the best accepted span of each."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk of a dated article."""

    url: str
    title: str
    published: date
    text: str


@dataclass(frozen=True, slots=True)
class Mined:
    """A question with the passages of its search: those that hold its answer, and others."""

    id: str
    question: str
    answers: tuple[str, ...]
    as_of: date
    positives: tuple[Piece, ...]
    negatives: tuple[Piece, ...]


def mine(folder: Path, encode: Encode, say: Callable[[str], None] = print) -> list[Mined]:
    """Retrieve passages for each question known to be answerable; split them into positives and negatives.

    Raises
    ------
    ReaderDataError
        Where the folder does not hold an archive's training part.
    """
    try:
        with (folder / QUESTIONS).open(encoding="utf-8") as lines:
            asked = [json.loads(line) for line in lines]
        pieces = list(_pieces(folder / ARTICLES))
    except (OSError, ValueError, KeyError) as error:
        raise ReaderDataError(f"{folder}: cannot read the archive: {error!r}") from error
    asked = [row for row in asked if row["near"]]
    say(f"{len(asked)} questions, {len(pieces):,} passages")
    found = _searched(asked, pieces, encode, say)
    return [
        _sorted(row, [pieces[n] for n in order]) for row, order in zip(asked, found, strict=True)
    ]


def _pieces(file: Path) -> Iterator[Piece]:
    budget = ChunkBudget()
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            text = normalise(row["text"])
            for start, end in chunk_spans(text, budget):
                yield Piece(
                    row["url"],
                    row["title"] or "",
                    date.fromisoformat(row["published"]),
                    text[start:end],
                )


def _searched(
    asked: Sequence[Mapping[str, Any]],
    pieces: Sequence[Piece],
    encode: Encode,
    say: Callable[[str], None],
) -> list[list[int]]:
    """Return for each question the pieces of highest lexical overlap, by fused lexical and dense scores."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32, min_df=2)
    matrix = words.fit_transform([f"{p.title}\n{p.text}" for p in pieces]).T.tocsr()
    say("words indexed")
    questions = [row["question"] for row in asked]
    of_article: dict[str, list[int]] = {}
    for number, piece in enumerate(pieces):
        of_article.setdefault(piece.url, []).append(number)
    lexical: list[tuple[list[int], list[float]]] = []
    for first in range(0, len(questions), 64):
        rows = (words.transform(questions[first : first + 64]) @ matrix).tocsr()
        for row, question in zip(rows, asked[first : first + 64], strict=True):
            order = np.argsort(-row.data, kind="stable")
            listed = {n for url in question["articles"] for n in of_article.get(url, ())}
            own = [n for n in order if int(row.indices[n]) in listed][:_LISTED_DEPTH]
            best = list(dict.fromkeys([*order[:_LEXICAL_DEPTH].tolist(), *map(int, own)]))
            lexical.append((row.indices[best].tolist(), row.data[best].tolist()))
    wanted = sorted({n for order, _ in lexical for n in order})
    say(f"embedding {len(wanted):,} passages")
    vectors: dict[int, npt.NDArray[np.float32]] = {}
    for first in range(0, len(wanted), 512):
        part = wanted[first : first + 512]
        texts = [f"{pieces[n].title}\n{pieces[n].text}" for n in part]
        vectors.update(zip(part, encode(texts), strict=True))
    found = []
    for vector, (numbers, scores) in zip(encode(questions), lexical, strict=True):
        near = [float(vectors[n] @ vector) for n in numbers]
        top = max(near, default=1.0)
        both = [
            _DENSE_WEIGHT * own / top + (1 - _DENSE_WEIGHT) * score / scores[0]
            for own, score in zip(near, scores, strict=True)
        ]
        found.append(
            [n for _, n in sorted(zip(both, numbers, strict=True), key=lambda p: (-p[0], p[1]))]
        )
    return found


def _sorted(row: Mapping[str, Any], order: Sequence[Piece]) -> Mined:
    asked = date.fromisoformat(str(row["as_of"]))
    answers = tuple(str(answer) for answer in row["answers"])
    asking = [p for p in order if repeats(str(row["question"]), p.text)]
    holding = [p for p in order if p not in asking and spans_of(p.text, answers)]
    near = [p for p in holding if asked - BEFORE <= p.published <= asked + AFTER]
    without = [p for p in order if p not in holding and p.published <= asked + AFTER]
    return Mined(
        str(row["id"]),
        str(row["question"]),
        answers,
        asked,
        tuple(near[:_POSITIVES]),
        tuple(without[:_NEGATIVES]),
    )


def repeats(question: str, text: str) -> bool:
    """Whether a text repeats the question itself, as a printed quiz does, so that it cannot answer it."""
    words = {_plain(word) for word in _WORD.findall(question)}
    for asked in _ASKED.findall(text):
        others = {_plain(word) for word in _WORD.findall(asked)}
        if len(words & others) > _ALIKE * len(words | others):
            return True
    return False


def save_mined(mined: Sequence[Mined], file: Path) -> None:
    """Write mined passages, one question a line."""
    rows = (json.dumps(asdict(one), default=date.isoformat) for one in mined)
    file.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


def load_mined(file: Path) -> list[Mined]:
    """Return what `save_mined` wrote."""

    def piece(row: dict[str, Any]) -> Piece:
        return Piece(**row | {"published": date.fromisoformat(row["published"])})

    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.append(
            Mined(
                row["id"],
                row["question"],
                tuple(row["answers"]),
                date.fromisoformat(row["as_of"]),
                tuple(map(piece, row["positives"])),
                tuple(map(piece, row["negatives"])),
            )
        )
    return found


def chosen(mined: Sequence[Mined], score: Score) -> list[tuple[Mined, Piece]]:
    """Return each question with the positive piece of the highest likelihood."""
    candidates = [(question, piece) for question in mined for piece in question.positives]
    scores = score([example(question, piece) for question, piece in candidates])
    best: dict[str, tuple[float, Mined, Piece]] = {}
    for (question, piece), own in zip(candidates, scores, strict=True):
        if question.id not in best or own > best[question.id][0]:
            best[question.id] = (own, question, piece)
    return [(question, piece) for _, question, piece in best.values()]


def examples_of(
    picked: Sequence[tuple[Mined, Piece]], negatives: int, times: int, rng: random.Random
) -> list[Example]:
    """Return each question ``times`` times, with its positive piece and sampled negatives."""
    made = []
    for turn in range(times):
        for question, piece in picked:
            likely = question.negatives[: 2 * negatives]
            others = rng.sample(likely, min(negatives, len(likely)))
            own = [example(question, piece)]
            own += [replace(example(question, other), spans=()) for other in others]
            # A new group for each turn, so that its passages are contrasted with each other.
            made += [replace(e, group=f"{question.id} {turn}") for e in own]
    return made


def example(question: Mined, piece: Piece) -> Example:
    """Return the question with one piece; its accepted spans are the occurrences of the answer."""
    return Example(
        SOURCE,
        question.id,
        question.question,
        piece.text,
        tuple((a, b, 1) for a, b in spans_of(piece.text, question.answers)),
        title=piece.title or None,
        published=piece.published,
        # A quiz may be printed some days late; it asks about nothing later than itself.
        as_of=max(question.as_of, piece.published),
    )


def spans_of(text: str, answers: Sequence[str]) -> list[tuple[int, int]]:
    """Return the occurrences of an answer; number words and digits match each other."""
    words = [(m.start(), m.end(), _plain(m.group())) for m in _WORD.finditer(text)]
    found = []
    for answer in answers:
        wanted = [_plain(w) for w in _WORD.findall(answer)]
        wanted = [w for w in wanted if w not in _ARTICLES] or wanted
        if not wanted:
            continue
        for first in range(len(words) - len(wanted) + 1):
            if [w for *_, w in words[first : first + len(wanted)]] == wanted:
                found.append((words[first][0], words[first + len(wanted) - 1][1]))
    return found


def _plain(word: str) -> str:
    word = word.lower().replace(",", "")
    return _NUMBERS.get(word, word)
