"""Questions made of the sentences of articles: a part of a statement is put as a question word.

No parser is needed where the part is the subject ("Forty people came" is "How many people came?"), or
where an auxiliary verb only has to change places with it ("The bridge was opened in May").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from rag.text.answer_types import COUNT, DATE, MONEY, PERCENT, has_verb
from rag.text.entities import CasingStats, find_persons
from rag.text.patterns import lazily
from rag.text.sentences import sentence_spans
from rag.text.word_lists import listed_words
from rag.types import Article

_MIN_WORDS, _MAX_WORDS = 4, 15
_MAX_SENTENCE = 400
_REFERS_BACK = lazily(
    r"\b(?:he|she|it|they|his|her|hers|its|their|him|them|this|that|these|those|there|here|we|our|i"
    r"|former|latter|also|too|then|such|both|another|other)\b",
    regex.I,
)
# A question takes neither what only the day of printing explains nor a second clause.
_WEEKDAY = lazily(
    r" (?:on |since |last |next )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: \p{Ll}+ing)?\b"
)
_CUT = lazily(
    r"(?:[,;:(–—]| (?:and|but|because|after|before|while|although|when|which|who|where|as|so|if)\b).*$"
)
_QUOTES = lazily(r"[\"“”„«»]")
_NAME_INSIDE = lazily(r"(?<=\S )\p{Lu}[\p{L}\p{M}’'-]+")
_VERB_NEXT = lazily(r"^ (?P<verb>\p{Ll}+)\b")
_DESCRIBED = lazily(r"^, (?P<what>(?:a|an|the) (?:[\p{L}’'-]+ ?){2,10})(?<! )[,.]")
_ABBREVIATED = lazily(
    r"(?P<long>\p{Lu}\p{Ll}+(?: (?:(?:of|and|for|the|on) )*\p{Lu}\p{Ll}+)+) \((?P<short>\p{Lu}{3,6})\)"
)
_SURE_NAME = 0.6
_VERB_WORDS = 2
_COUNTED_WORDS = 6
_AMOUNT = lazily(r"^(?P<subject>[^,;]{3,80}?) (?P<aux>will|would|can|could) (?P<verb>\p{Ll}+) $")
_PASSIVE = lazily(
    r"^(?P<subject>[^,;]{3,80}?) (?P<aux>was|were|is|are|will be) (?P<rest>\p{Ll}+(?: [^,;]*?)?)"
    r" (?:on|in) $"
)


@dataclass(frozen=True, slots=True)
class MadeQuestion:
    """A question with the words of the article that answer it."""

    question: str
    answer: str
    form: str
    """who, is, acronym, count, amount or when."""


def questions_of(article: Article) -> Iterator[MadeQuestion]:
    """Yield questions that sentences of an article answer, in its order; few sentences have a form for it."""
    casing = CasingStats.of([article.text[:8000]])
    for start, end in sentence_spans(article.text):
        sentence = " ".join(article.text[start:end].split())
        if len(sentence) > _MAX_SENTENCE or _QUOTES.search(sentence) or not has_verb(sentence):
            continue
        for made in _made(sentence, casing):
            whole = _finished(made.question)
            if whole is not None:
                yield MadeQuestion(whole, made.answer, made.form)


def _made(sentence: str, casing: CasingStats) -> Iterator[MadeQuestion]:
    count = COUNT.match(sentence)
    counted = count is not None and PERCENT.match(sentence) is None
    if count and counted and _says(sentence[count.end() :], _COUNTED_WORDS):
        yield MadeQuestion(f"How many{sentence[count.end() :]}", count.group(), "count")
    persons = find_persons(sentence, casing)
    if persons and persons[0][0] == 0:
        end = persons[0][1]
        verb = _VERB_NEXT.match(sentence[end:])
        told = verb is not None and verb["verb"] not in listed_words("reporting_verbs")
        if told and _says(sentence[end:], _VERB_WORDS):
            yield MadeQuestion(f"Who{sentence[end:]}", sentence[:end], "who")
    for start, end, score in persons:
        described = _DESCRIBED.match(sentence[end:])
        name = sentence[start:end]
        if described and score >= _SURE_NAME and " " in name:
            yield MadeQuestion(f"Who is {name}", described["what"], "is")
    for spelt in _ABBREVIATED.finditer(sentence):
        long = spelt["long"].removeprefix("The ")
        if _initials(long) == spelt["short"]:
            yield MadeQuestion(f"What does {spelt['short']} stand for", long, "acronym")
    for money in MONEY.finditer(sentence):
        paid = _AMOUNT.match(sentence[: money.start()])
        if paid:
            subject = _inside(paid["subject"], casing)
            question = f"How much {paid['aux']} {subject} {paid['verb']}"
            yield MadeQuestion(question, money.group(), "amount")
    for day in DATE.finditer(sentence):
        passive = _PASSIVE.match(sentence[: day.start()])
        # "On Sunday" is of the day of printing, and a counted subject is another each time.
        dated = any(character.isdigit() for character in day.group())
        if passive and dated and not COUNT.match(sentence):
            aux, _, more = passive["aux"].partition(" ")
            rest = " ".join(part for part in (more, passive["rest"]) if part)
            question = f"When {aux} {_inside(passive['subject'], casing)} {rest}"
            yield MadeQuestion(question, day.group(), "when")


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split() if word[0].isupper())


def _says(text: str, words: int) -> bool:
    """Whether a verb stands among the first words of a text, the first of them in lower case."""
    first = text.split()[:words]
    return bool(first) and first[0].islower() and has_verb(" ".join(first))


def _inside(subject: str, casing: CasingStats) -> str:
    """Return a subject as it is written inside of a sentence."""
    word = subject.split(maxsplit=1)[0].lower()
    common = word in listed_words("determiners") or word in casing.lower_case
    return subject[0].lower() + subject[1:] if common else subject


def _finished(question: str) -> str | None:
    """Return a question without what only its article explains; None where too little or much is left."""
    words = question.rstrip(" .!?")
    words = _WEEKDAY.sub("", words)
    if len(words.split()) > _MAX_WORDS or _CUT.search(words):
        words = _CUT.sub("", words).rstrip(" ,")
    if not _MIN_WORDS <= len(words.split()) <= _MAX_WORDS or _REFERS_BACK.search(words):
        return None
    # It must say what it is about where nobody sees the article.
    return f"{words}?" if _NAME_INSIDE.search(words) else None
