"""The articles and questions of a comparison: the sample, a folder with its questions, or a SQuAD file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from eval.datasets import Question, read_squad
from eval.lab.tune.corpora import Corpus, own, sample
from rag.errors import DatasetError, SourceError
from rag.ingest.article import make_article

SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Texts:
    """Where a comparison's texts come from; the command line's options, no more."""

    articles: str = SAMPLE
    questions: Path | None = None
    squad: Path | None = None
    paragraphs: int | None = None
    limit: int | None = None

    def arguments(self) -> list[str]:
        """Return the options that say the same to another process."""
        said: list[str] = ["--articles", self.articles]
        for name in ("questions", "squad", "paragraphs", "limit"):
            value = getattr(self, name)
            if value is not None:
                said += [f"--{name}", str(value)]
        return said

    def read(self) -> Corpus:
        """Return the articles and the questions asked of every system.

        Follow-ups and questions without a word are left out: not every system takes them. Of a
        presscite JSONL only the development half is read.

        Raises
        ------
        DatasetError
            Where the options do not go together, or leave no article or no question.
        """
        corpus = self._whole()
        asked = [
            question
            for question in corpus.questions
            if not question.history and any(map(str.isalnum, question.question))
        ]
        if not corpus.articles or not asked:
            raise DatasetError(f"{corpus.name}: no article or no question is left; take more")
        return replace(corpus, questions=tuple(spread(asked, self.limit)))

    def _whole(self) -> Corpus:
        if self.squad is not None:
            return from_squad(self.squad, self.paragraphs)
        if self.articles == SAMPLE and self.questions is None:
            return sample()
        if self.articles == SAMPLE or self.questions is None:
            raise DatasetError(
                "articles of your own need questions about them, and the other way round; "
                "give both --articles and --questions"
            )
        return own(self.questions, [self.articles])


def from_squad(path: Path, paragraphs: int | None = None) -> Corpus:
    """Return a SQuAD file's paragraphs as articles, the first so many of them, with their questions.

    Raises
    ------
    DatasetError
    """
    data = read_squad(path)
    ids: dict[str, str] = {}
    articles = {}
    for document in data.documents[:paragraphs]:
        with suppress(SourceError):  # a paragraph without words cannot be found
            article = make_article(
                text=document.text, title=document.title, source=f"{data.name}#{document.id}"
            )
            articles[article.id], ids[document.id] = article, article.id
    questions = tuple(
        replace(question, articles=tuple(ids[name] for name in question.articles))
        for question in data.questions
        if all(name in ids for name in question.articles)
    )
    return Corpus(data.name, tuple(articles.values()), questions)


def spread(questions: Sequence[Question], limit: int | None) -> list[Question]:
    """Return about so many questions, evenly from first to last, so that all articles are asked about."""
    if limit is None or limit >= len(questions):
        return list(questions)
    return [questions[number * len(questions) // limit] for number in range(limit)]
