"""What is tuned on: the sample's development half, and other people's articles with questions."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from embeddings import Encoder, EncoderIdentity, Vectors, find_encoder
from eval.datasets import Question, read_jsonl, read_squad
from rag.chunking import ChunkBudget
from rag.errors import DatasetError
from rag.index import Index
from rag.ingest import read_sources
from rag.ingest.article import make_article
from rag.types import Article, Skipped


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles and questions about them; ``question.articles`` are article ids."""

    name: str
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]


class RememberingEncoder:
    """An encoder that encodes every text once, however often a sweep asks for it."""

    def __init__(self, encoder: Encoder | None = None) -> None:
        self._encoder = encoder or find_encoder()
        self._known: dict[str, Vectors] = {}

    @property
    def identity(self) -> EncoderIdentity:
        """That of the encoder behind it."""
        return self._encoder.identity

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 of shape ``(len(texts), identity.dimension)``."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        if not texts:
            return np.empty((0, self.identity.dimension), np.float32)
        return np.stack([self._known[text] for text in texts])


def sample() -> Corpus:
    """Return the sample with the questions of its development half, never the other's."""
    folder = Path(str(files("eval.sample")))
    return own(folder / "questions.jsonl", [str(folder / "articles")], name="sample")


def own(questions: Path, sources: Sequence[str], *, name: str | None = None) -> Corpus:
    """Return articles from files and the development questions of a presscite JSONL about them.

    Raises
    ------
    DatasetError
    """
    read = [item for item in read_sources(sources) if not isinstance(item, Skipped)]
    stems: dict[str, str] = {}
    for article in read:
        stems |= {ref: article.id for ref in (article.id, Path(article.sources[0]).stem)}
    asked = read_jsonl(questions, split="dev")
    return Corpus(
        name or asked.name,
        tuple(read),
        tuple(
            replace(q, articles=tuple(stems[ref] for ref in q.articles if ref in stems))
            for q in asked.questions
        ),
    )


def from_data(folder: Path, *, limit: int) -> list[Corpus]:
    """Return Wikipedia articles put together from two question sets, about ``limit`` questions each.

    Raises
    ------
    DatasetError
        Where the folder holds neither ``squadshifts-new_wiki.json.gz`` nor ``selqa-ass-dev.json.gz``.
    """
    found = []
    wiki, selqa = folder / "squadshifts-new_wiki.json.gz", folder / "selqa-ass-dev.json.gz"
    if wiki.exists():
        found.append(_wiki(wiki, limit))
    if selqa.exists():
        found.append(_selqa(selqa, limit))
    if not found:
        raise DatasetError(f"{folder}: neither {wiki.name} nor {selqa.name} is there")
    return found


def _wiki(path: Path, limit: int) -> Corpus:
    """Put the paragraphs of a set that has no titles together, ten an article, in file order."""
    data = read_squad(path)
    step = max(1, len(data.questions) // limit)
    owner: dict[str, Article] = {}
    articles = []
    for first in range(0, len(data.documents), 10):
        group = data.documents[first : first + 10]
        text = "\n".join(" ".join(document.text.split()) for document in group)
        article = make_article(text=text, source=f"wiki#{first}")
        articles.append(article)
        owner |= {document.id: article for document in group}
    questions = tuple(
        replace(q, articles=(owner[q.articles[0]].id,)) for q in data.questions[::step]
    )
    # Only what the chosen questions are about, and as much again to be mistaken for it.
    used = {q.articles[0] for q in questions}
    spare = [a for a in articles if a.id not in used][: len(used)]
    return Corpus("wiki", tuple(a for a in articles if a.id in used) + tuple(spare), questions)


def _selqa(path: Path, limit: int) -> Corpus:
    """Put SelQA's sections together again; the answer to a question is its first marked sentence."""
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))
    sections: dict[str, dict[str, None]] = {}
    for row in rows:
        sections.setdefault(row["article"], {})[" ".join(row["candidates"])] = None
    articles = {
        title: make_article(text="\n".join(texts), title=title, source=f"selqa#{title}")
        for title, texts in sections.items()
    }
    step = max(1, len(rows) // limit)
    questions = tuple(
        Question(
            id=f"selqa-{number}",
            question=row["question"],
            answers=tuple(row["candidates"][n] for n in row["answers"]),
            articles=(articles[row["article"]].id,),
        )
        for number, row in enumerate(rows)
        if number % step == 0 and row["answers"]
    )
    return Corpus("selqa", tuple(articles.values()), questions)


@contextmanager
def indexed(corpus: Corpus, encoder: Encoder, budget: ChunkBudget | None = None) -> Iterator[Index]:
    """Hold a temporary index of a corpus's articles."""
    with (
        tempfile.TemporaryDirectory(prefix="presscite-tune-", ignore_cleanup_errors=True) as folder,
        Index.open(Path(folder) / "index", create=True, encoder=encoder, budget=budget) as index,
    ):
        index.add(corpus.articles)
        yield index
