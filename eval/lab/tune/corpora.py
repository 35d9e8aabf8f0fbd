"""Corpora for tuning: the sample's development half, and articles with questions from elsewhere."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings import Encoder
from eval.datasets import Question, read_jsonl, read_squad
from rag.errors import DatasetError
from rag.index import Index
from rag.index.chunking import ChunkBudget
from rag.ingest import read_sources
from rag.ingest.article import make_article
from rag.types import Article, Skipped

if TYPE_CHECKING:
    from eval.lab.train.examples import Example as TrainingExample
    from eval.lab.train.synthetic import StoryExample


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles and questions about them; ``question.articles`` are article ids."""

    name: str
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]
    index: Path | None = None
    """An index that holds the articles already; ``articles`` is then empty."""


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
        stems |= dict.fromkeys((article.id, Path(article.sources[0]).stem), article.id)
    asked = read_jsonl(questions, split="dev")
    return Corpus(
        name or asked.name,
        tuple(read),
        tuple(
            replace(q, articles=tuple(stems[ref] for ref in q.articles if ref in stems))
            for q in asked.questions
        ),
    )


def forms() -> Corpus:
    """Return the articles of ``eval/forms`` with their development half."""
    folder = Path(str(files("eval"))) / "forms"
    return own(folder / "questions.jsonl", [str(folder / "articles")], name="forms")


def archive(index: Path, questions: Path) -> Corpus:
    """Return an archive that is indexed already, with all questions of a presscite JSONL about it.

    Raises
    ------
    DatasetError
    """
    asked = read_jsonl(questions, split="all")
    return Corpus(f"archive {index.stem}", (), asked.questions, index)


def from_data(folder: Path, *, limit: int) -> list[Corpus]:
    """Return Wikipedia articles reassembled from two question sets, about ``limit`` questions each.

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


def held_out(folder: Path, *, limit: int) -> list[Corpus]:
    """Return the Wikipedia articles held out from training, about ``limit`` questions each.

    Raises
    ------
    ReaderDataError
        Where the folder is not one of reader data.
    """
    from eval.lab.train.examples import load

    kept = [e for e in load(folder) if e.held_out]
    return [
        _of_examples(name, [e for e in kept if e.source == source], limit)
        for name, source in (("wiki", "squadshifts-new_wiki"), ("selqa", "selqa"))
    ]


def written_news(folder: Path, *, limit: int) -> Corpus:
    """Return the stories held out from training, with about ``limit`` written questions.

    More than half of these are unanswerable. A question's topic is its story.

    Raises
    ------
    ReaderDataError
        Where the folder is not one of reader data.
    """
    from eval.lab.train.synthetic import written

    return of_stories("written", [s for s in written(folder) if s.held_out], limit=limit)


def of_stories(
    name: str, stories: Sequence[StoryExample], *, limit: int, answerable: bool = False
) -> Corpus:
    """Return the articles of stories with about ``limit`` of their questions, evenly from all.

    Parameters
    ----------
    answerable
        Leave out unanswerable questions.
    """
    articles: list[Article] = []
    questions: list[Question] = []
    for story in stories:
        made = [
            make_article(text=told.text, title=told.title, source=f"{story.group}#{number}")
            for number, told in enumerate(story.articles)
        ]
        articles += made
        questions += [
            Question(
                id=f"{story.group}-{number}",
                question=asked.question,
                answers=tuple(story.articles[n].text[a:b] for n, a, b in asked.places),
                articles=tuple(made[n].id for n, *_ in asked.places),
            )
            for number, asked in enumerate(story.asked)
            if asked.places or not answerable
        ]
    return Corpus(name, tuple(articles), tuple(questions[:: max(1, len(questions) // limit)]))


def _of_examples(name: str, examples: Sequence[TrainingExample], limit: int) -> Corpus:
    texts: dict[str, dict[str, None]] = {}
    titles: dict[str, str | None] = {}
    for example in examples:
        texts.setdefault(example.group, {})[" ".join(example.context.split())] = None
        titles[example.group] = example.title
    articles = {
        group: make_article(text="\n".join(parts), title=titles[group], source=f"{name}#{group}")
        for group, parts in texts.items()
    }
    questions = tuple(
        Question(
            id=f"{name}-{number}",
            question=example.question,
            answers=tuple(
                " ".join(example.context[a:b].split())
                for a, b, *_ in (example.spans or example.regions)
            ),
            articles=(articles[example.group].id,),
        )
        for number, example in enumerate(examples[:: max(1, len(examples) // limit)])
        if example.answerable
    )
    return Corpus(name, tuple(articles.values()), questions)


def _wiki(path: Path, limit: int) -> Corpus:
    """Join the paragraphs of a set without titles, ten an article, in file order.

    Six questions an article, so that the articles are few enough to be embedded in minutes.
    """
    data = read_squad(path)
    asked: dict[str, list[Question]] = {}
    for question in data.questions:
        asked.setdefault(question.articles[0], []).append(question)
    articles = []
    questions: list[Question] = []
    for first in range(0, len(data.documents), 10):
        group = data.documents[first : first + 10]
        text = "\n".join(" ".join(document.text.split()) for document in group)
        article = make_article(text=text, source=f"wiki#{first}")
        articles.append(article)
        about = [q for document in group for q in asked.get(document.id, ())]
        questions += (replace(q, articles=(article.id,)) for q in about[:: len(about) // 6 + 1])
        if len(questions) >= limit:
            break
    return Corpus("wiki", tuple(articles), tuple(questions))


def _selqa(path: Path, limit: int) -> Corpus:
    """Reassemble SelQA's sections; the marked sentences answer a question."""
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))
    rows = sorted(rows, key=lambda row: str(row["article"]))[:limit]
    sections: dict[str, dict[str, None]] = {}
    for row in rows:
        sections.setdefault(row["article"], {})[" ".join(row["candidates"])] = None
    articles = {
        title: make_article(text="\n".join(texts), title=title, source=f"selqa#{title}")
        for title, texts in sections.items()
    }
    questions = tuple(
        Question(
            id=f"selqa-{number}",
            question=row["question"],
            answers=tuple(row["candidates"][n] for n in row["answers"]),
            articles=(articles[row["article"]].id,),
        )
        for number, row in enumerate(rows)
        if row["answers"]
    )
    return Corpus("selqa", tuple(articles.values()), questions)


@contextmanager
def indexed(corpus: Corpus, encoder: Encoder, budget: ChunkBudget | None = None) -> Iterator[Index]:
    """Open a corpus's own index, or a temporary one of its articles."""
    if corpus.index is not None:
        with Index.open(corpus.index) as kept:
            yield kept
        return
    with (
        tempfile.TemporaryDirectory(prefix="presscite-tune-", ignore_cleanup_errors=True) as folder,
        Index.open(Path(folder) / "index", create=True, encoder=encoder, budget=budget) as index,
    ):
        index.add(corpus.articles)
        yield index
