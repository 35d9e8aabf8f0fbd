"""Questions written for this project: on Wikinews stories of the reader data, and on news made up for it.

Half of them are unanswerable near misses: they ask about what a text mentions, and it does not say. Both
kinds of files are in the folder ``questions`` beside this module; its ``README.md`` gives their form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import regex

from eval.lab.train.examples import development
from eval.lab.train.stories import stories
from rag.errors import ReaderDataError

QUESTIONS = Path(__file__).with_name("questions")
_STORIES = "stories.txt"
_NEWSROOMS = "newsroom-*.txt"
# Groups of questions worded as reporters and quizzes word them, every form answerable about as
# often as not; the older ones were worded to share few words with the text.
_PLAIN = ("newsroom-k-", "newsroom-m-")
_PLACE = regex.compile(r"(\d+)-(\d+)")
_BRACED = regex.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class SyntheticArticle:
    """One article: its title and its text."""

    title: str | None
    text: str
    outlet: str | None = None
    published: date | None = None


@dataclass(frozen=True, slots=True)
class SyntheticQuestion:
    """A question with the offsets of its answers; none for an unanswerable one."""

    question: str
    places: tuple[tuple[int, int, int], ...] = ()
    """As (number of the article, start, end), characters of its text."""


@dataclass(frozen=True, slots=True)
class StoryExample:
    """Articles on one event with questions about all of them together."""

    group: str
    articles: tuple[SyntheticArticle, ...]
    asked: tuple[SyntheticQuestion, ...]

    @property
    def as_of(self) -> date | None:
        """The day on which its questions are asked: some days after its newest article."""
        dates = [article.published for article in self.articles if article.published]
        if not dates:
            return None
        return max(dates) + timedelta(days=1 + len(self.group + self.articles[0].text) % 9)

    @property
    def plain(self) -> bool:
        """Whether its questions are in plain English, each form balanced."""
        return self.group.startswith(_PLAIN)

    @property
    def held_out(self) -> bool:
        """Whether it is kept for development, as `Example.held_out`."""
        return development(self.group)


def written(data: Path) -> list[StoryExample]:
    """Return every story, development parts included.

    Parameters
    ----------
    data
        Folder of reader data: it holds the texts of the Wikinews stories.

    Raises
    ------
    ReaderDataError
        Where a file is missing, or a question's answer is not in the text it is about.
    """
    try:
        return [*_wikinews(data), *newsrooms()]
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise ReaderDataError(f"{QUESTIONS}: cannot read the questions: {error!r}") from error


def _wikinews(data: Path) -> Iterator[StoryExample]:
    texts = {group.rpartition(":")[2]: (group, text) for group, text in stories(data).items()}
    for block in (QUESTIONS / _STORIES).read_text(encoding="utf-8").split("\n\n"):
        head, *lines = block.strip().split("\n")
        if not head:
            continue
        _, name, length = head.split(" ")
        group, text = texts[name]
        if len(text) != int(length):
            raise ValueError(f"story {name} has {len(text)} characters, not {length}")
        asked = []
        for line in lines:
            question, _, places = line[2:].partition(" | ")
            found = tuple((0, int(a), int(b)) for a, b in _PLACE.findall(places))
            if line.startswith("+") != bool(found) or any(
                not a < b <= len(text) for _, a, b in found
            ):
                raise ValueError(f"story {name}: {line}")
            asked.append(SyntheticQuestion(question, found))
        yield StoryExample(group, (SyntheticArticle(None, text),), tuple(asked))


def newsrooms() -> Iterator[StoryExample]:
    """Yield the stories invented for this project, which need no other data."""
    for file in sorted(QUESTIONS.glob(_NEWSROOMS)):
        news, _, questions = file.read_text(encoding="utf-8").partition("\n? questions\n")
        articles = []
        for part in regex.split(r"(?m)^@ ", news)[1:]:
            head, _, text = part.partition("\n")
            _, title, outlet, published = (field.strip() for field in head.split(" | "))
            articles.append(
                SyntheticArticle(title, text.strip(), outlet, date.fromisoformat(published))
            )
        asked = tuple(
            _asked(line, articles, file.name)
            for line in questions.split("\n")
            if line.startswith(("+ ", "- "))
        )
        yield StoryExample(file.stem, tuple(articles), asked)


def _asked(line: str, articles: list[SyntheticArticle], name: str) -> SyntheticQuestion:
    """Return a line's question; each ``||`` part must occur exactly once in the articles."""
    question, _, snippets = line[2:].partition(" | ")
    places = []
    for snippet in snippets.split("||") if snippets else ():
        snippet = snippet.strip()
        braced = _BRACED.search(snippet)
        if braced is None:
            raise ValueError(f"{name}: no answer is marked: {line}")
        plain = snippet.replace("{", "").replace("}", "")
        holding = [(n, a.text.find(plain)) for n, a in enumerate(articles) if plain in a.text]
        if len(holding) != 1 or articles[holding[0][0]].text.count(plain) != 1:
            raise ValueError(f"{name}: stands not once in the articles: {snippet}")
        number, start = holding[0]
        start += braced.start()
        places.append((number, start, start + len(braced[1])))
    if line.startswith("+") != bool(places):
        raise ValueError(f"{name}: {line}")
    return SyntheticQuestion(question.strip(), tuple(places))
