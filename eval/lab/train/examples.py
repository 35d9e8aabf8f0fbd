"""Open question sets as one record type, and the split of their articles into training and development."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from eval.lab.train.treebank import detokenised
from rag.errors import ReaderDataError

DEVELOPMENT_SHARE = 0.1
_SQUADSHIFTS = ("new_wiki", "reddit", "amazon_reviews")


@dataclass(frozen=True, slots=True)
class Example:
    """A question with a text; offsets are characters of ``context``, end exclusive."""

    source: str
    group: str
    """The article (or document) it comes from; the development split is by article."""
    question: str
    context: str
    spans: tuple[tuple[int, int, int], ...] = ()
    """Accepted answers as (start, end, votes)."""
    regions: tuple[tuple[int, int], ...] = ()
    """Sentences that hold the answer, where only sentences were marked."""
    sentences: tuple[tuple[int, int], ...] = ()
    """All sentences of the context, where the data set cuts them itself."""
    title: str | None = None
    published: date | None = None
    as_of: date | None = None
    """The day on which the question is asked of a dated text."""

    @property
    def answerable(self) -> bool:
        """Whether the context answers."""
        return bool(self.spans or self.regions)

    @property
    def held_out(self) -> bool:
        """Whether its article is in the development split; the same in every run and every source."""
        return development(self.group)


def development(group: str) -> bool:
    """Whether an article (or story) is in the development split."""
    digest = hashlib.sha256(group.encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32 < DEVELOPMENT_SHARE


def load(folder: Path) -> list[Example]:
    """Return every example of a reader-data folder, development parts included.

    Raises
    ------
    ReaderDataError
        Where the folder or one of its files is missing or is not what it should be.
    """
    readers: list[Callable[[Path], Iterator[Example]]] = [
        _squadshifts,
        _qamr,
        _discourse,
        _selqa,
        _clapnq,
    ]
    found: list[Example] = []
    for reader in readers:
        try:
            found.extend(reader(folder))
        except OSError as error:
            raise ReaderDataError(
                f"{error.filename or folder}: cannot read the reader data: {error.strerror or error}"
            ) from error
        except (KeyError, ValueError, IndexError) as error:
            # A bare KeyError would not name the file.
            raise ReaderDataError(f"{folder}: cannot read the reader data: {error!r}") from error
    return found


def _squadshifts(folder: Path) -> Iterator[Example]:
    for name in _SQUADSHIFTS:
        source = f"squadshifts-{name}"
        with _opened(folder / f"{source}.json.gz") as file:
            articles = json.load(file)["data"]
        for article in articles:
            one_article = name == "new_wiki"
            title = article["title"].replace("_", " ") if one_article else None
            for number, paragraph in enumerate(article["paragraphs"]):
                context = paragraph["context"]
                # Reddit's posts share one title; there each post is an article.
                group = article["title"] if name != "reddit" else f"reddit {number}"
                for qa in paragraph["qas"]:
                    votes: Counter[tuple[int, int]] = Counter()
                    for answer in qa["answers"]:
                        start = answer["answer_start"]
                        end = start + len(answer["text"])
                        if context[start:end] == answer["text"] and answer["text"].strip():
                            votes[start, end] += 1
                    if votes:
                        spans = tuple((*place, n) for place, n in votes.most_common(6))
                        yield Example(
                            source, group, _question(qa["question"]), context, spans, title=title
                        )


def _qamr(folder: Path) -> Iterator[Example]:
    sentences: dict[str, list[str]] = {}
    with _opened(folder / "qamr-sentences.tsv.gz") as file:
        for line in file:
            name, text = line.rstrip("\n").split("\t")
            sentences[name] = text.split(" ")
    for part in ("dev", "test"):
        votes: dict[tuple[str, str], Counter[tuple[int, int]]] = defaultdict(Counter)
        with _opened(folder / f"qamr-{part}.tsv.gz") as file:
            for line in file:
                name, *_, question, answer, first, second = line.rstrip("\n").split("\t")
                for tokens in (answer, first.partition(":")[2], second.partition(":")[2]):
                    run = _run(tokens)
                    if run:
                        votes[name, question][run] += 1
        for (name, question), counted in votes.items():
            context, places = detokenised(sentences[name])
            spans = tuple((places[a][0], places[b][1], n) for (a, b), n in counted.most_common(4))
            yield Example("qamr", _document(name), _question(question), context, spans)


def _run(tokens: str) -> tuple[int, int] | None:
    """Return the first and last of contiguous token ids; None where they are not contiguous."""
    if not tokens or not all(t.isdigit() for t in tokens.split()):
        return None
    ids = sorted({int(t) for t in tokens.split()})
    return (ids[0], ids[-1]) if ids[-1] - ids[0] == len(ids) - 1 else None


def _discourse(folder: Path) -> Iterator[Example]:
    for part in ("train", "dev", "test"):
        with _opened(folder / f"qadiscourse-wikinews-{part}.tsv.gz") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                context, _ = detokenised(row["sentence"].split())
                answer, _ = detokenised(row["full_answer"].split())
                start = context.lower().find(answer.lower().rstrip(" ."))
                if not answer or start < 0:
                    continue
                end = start + len(answer.rstrip(" ."))
                if end > start:
                    question = _question(row["full_question"])
                    name = _document(row["qasrl_id"])
                    yield Example("qadiscourse", name, question, context, ((start, end, 1),))


def _selqa(folder: Path) -> Iterator[Example]:
    for part in ("dev", "test"):
        with _opened(folder / f"selqa-ass-{part}.json.gz") as file:
            rows = json.load(file)
        for row in rows:
            context, sentences = _joined(row["candidates"])
            regions = tuple(sentences[n] for n in row["answers"])
            yield Example(
                "selqa",
                row["article"],
                _question(row["question"]),
                context,
                regions=regions,
                sentences=sentences,
                title=row["article"],
            )


def _clapnq(folder: Path) -> Iterator[Example]:
    for kind in ("answerable", "unanswerable"):
        with _opened(folder / f"clapnq-dev-{kind}.jsonl.gz") as file:
            rows = [json.loads(line) for line in file]
        for row in rows:
            passage = row["passages"][0]
            tokens = [s.split() for s in passage["sentences"]]
            context, sentences = _joined([detokenised(t)[0] for t in tokens])
            marked = _marked(row) if kind == "answerable" else set()
            regions = tuple(
                place for place, t in zip(sentences, tokens, strict=True) if " ".join(t) in marked
            )
            yield Example(
                f"clapnq-{kind}",
                passage["title"],
                _question(row["input"]),
                context,
                regions=regions,
                sentences=sentences,
                title=passage["title"],
            )


def _marked(row: dict[str, Any]) -> set[str]:
    return {" ".join(s.split()) for out in row["output"] for s in out.get("selected_sentences", ())}


def _joined(sentences: list[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    places, at = [], 0
    for sentence in sentences:
        places.append((at, at + len(sentence)))
        at += len(sentence) + 1
    return " ".join(sentences), tuple(places)


def _question(text: str) -> str:
    """Return a question with single spaces, a capital and a question mark."""
    text = " ".join(text.split()).rstrip(" .?") + "?"
    return text[:1].upper() + text[1:]


def _document(name: str) -> str:
    """Return the document of a sentence id such as ``Wiki1k:wikinews:1162655:2:1``."""
    return ":".join(name.split(":")[:3])


def _opened(path: Path) -> TextIO:
    return gzip.open(path, "rt", encoding="utf-8", newline="")
