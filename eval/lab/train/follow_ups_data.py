"""Examples of follow-ups: MTRAG, the development dialogues, and follow-ups made of written questions."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.follow_ups.dialogues import read_dialogues
from eval.lab.train.synthetic import StoryExample, newsrooms
from rag.dialogue.features import CLASSES
from rag.dialogue.terms import Word, words_of
from rag.errors import DatasetError
from rag.types import Turn

DOMAINS = ("clapnq", "cloud", "fiqa", "govt")
_PREPOSITIONS = frozenset(
    [
        "of",
        "in",
        "for",
        "at",
        "by",
        "from",
        "to",
        "with",
        "on",
        "about",
        "between",
        "during",
        "after",
        "before",
        "against",
        "into",
        "under",
    ]
)
_ARTICLES = frozenset({"the", "a", "an", "this"})
_PRONOUNS = CLASSES["person"] | CLASSES["thing"] | CLASSES["several"] | CLASSES["place"]
_LINKS = frozenset({"of", "the", "and", "in", "a", "for"})
_YEAR = re.compile(r"(?:19|20)\d\d")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w’-]+(?: [A-Z][\w’-]+)*")
# What is asked of a name that the conversation may never have mentioned: such questions stand alone.
_SHORT = (
    "Who is {person}?",
    "And who is {person}?",
    "But who is {person}?",
    "What did {person} say?",
    "How old is {person}?",
    "Where was {person} born?",
    "Did {person} resign?",
    "What is {name}?",
    "And what is {name}?",
    "What is the {name}?",
    "Where is {name}?",
    "When was {name} founded?",
    "Who heads {name}?",
    "Who leads the {name}?",
    "What does {name} mean?",
    "Who won in {name}?",
    "What happened in {name}?",
    "Which company owns {name}?",
    "How many people live in {name}?",
)
_PHRASE_ALONE = re.compile(
    r"(?i)((?:(?:in|on|at|by|for|from|to|with|of|since|until|after|under|against) )?"
    r"(?:who|whom|when|where|why|how (?:many|much|long|often|old)|which|what)"
    r"(?: [a-z]+){0,2}?) (?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|should)\b"
)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question of a conversation with the same question in full, itself where it stands alone."""

    source: str
    question: str
    history: tuple[Turn, ...]
    full: str
    alone: bool | None = None
    """None where the source does not say: it then is one that takes over no word."""


def mtrag(folder: Path) -> list[FollowUp]:
    """Return MTRAG's later turns (Katsis et al. 2025, arXiv:2501.03468); the answers are not in it.

    Raises
    ------
    DatasetError
        Where a file is missing or a line is none of its kind.
    """
    found = []
    try:
        for domain in DOMAINS:
            questions, rewrites = (
                _by_id(folder / f"mtrag-{domain}-{kind}.jsonl") for kind in ("questions", "rewrite")
            )
            for key, text in questions.items():
                turns = [turn.strip() for turn in text.split("|user|:")[1:]]
                if len(turns) > 1:
                    full = rewrites[key].replace("|user|:", "").strip()
                    earlier = tuple(Turn(turn) for turn in turns[:-1])
                    found.append(FollowUp(f"mtrag-{domain}", turns[-1], earlier, full))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{folder}: not the follow-ups of MTRAG ({error})") from error
    return found


def _by_id(path: Path) -> dict[str, str]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {row["_id"]: row["text"] for row in rows}


def development() -> list[FollowUp]:
    """Return the later turns of the development dialogues, never the test's."""
    found = []
    for dialogue in read_dialogues("dev"):
        history: list[Turn] = []
        for turn in dialogue.turns:
            if history:
                found.append(
                    FollowUp("dev", turn.question, tuple(history), turn.full, alone=turn.alone)
                )
            history.append(Turn(turn.question, turn.answers[0]))
    return found


def synthetic(number: int, seed: int) -> list[FollowUp]:
    """Return follow-ups and stand-alone questions made of the questions of invented newsrooms."""
    rng = random.Random(seed)
    stories = [story for story in newsrooms() if len(story.asked) > 5]
    found: list[FollowUp] = []
    while len(found) < number:
        story = rng.choice(stories)
        made = _one(story, stories, rng)
        if made is not None and _kept(made, rng):
            found.append(made)
    return found


def _one(
    story: StoryExample, stories: Sequence[StoryExample], rng: random.Random
) -> FollowUp | None:
    history = tuple(_history(story, rng))
    kind = rng.random()
    other = story if rng.random() < 0.4 else rng.choice(stories)
    if kind < 0.12:
        short = _short_question(other, rng)
        return FollowUp("news", short, history, short, alone=True) if short else None
    if kind < 0.42:
        full = rng.choice(other.asked).question
        if rng.random() < 0.12:
            full = f"And {full[0].lower()}{full[1:]}"
        return FollowUp("news", full, history, full, alone=True)
    if kind < 0.57:
        pair = _ellipsis(history[-1].question, story, rng)
        return FollowUp("news", pair[0], history, pair[1], alone=False) if pair else None
    full = _related(history, story, rng)
    shortened = _phrase_alone(full, history, rng) if kind < 0.67 else _reduced(full, history, rng)
    if shortened is None or shortened == full:
        return None
    return FollowUp("news", shortened, history, full, alone=False)


def _kept(made: FollowUp, rng: random.Random) -> bool:
    """Thin out what is not told by its words: a follow-up that has a name, a whole question without one."""
    words = [word.text for word in words_of(made.question)]
    named = any(word[0].isupper() or word[0].isdigit() for word in words[1:])
    referring = any(word.lower() in _PRONOUNS for word in words)
    if made.alone:
        # A whole question without a name is what a change of topic mostly looks like.
        return True
    return not named or referring or len(words) <= 4 or rng.random() < 0.2


def _history(story: StoryExample, rng: random.Random) -> Iterator[Turn]:
    turns: list[Turn] = []
    for asked in rng.sample(list(story.asked), rng.choice([1, 1, 2, 2, 3])):
        answer = next((story.articles[n].text[a:b] for n, a, b in asked.places), None)
        question = asked.question
        if turns and rng.random() < 0.6:
            question = _reduced(question, turns, rng) or question
        turns.append(Turn(question, answer if rng.random() < 0.85 else None))
        yield turns[-1]


def _related(history: Sequence[Turn], story: StoryExample, rng: random.Random) -> str:
    """Return a question of a story that shares words with a conversation."""
    known = _keys(history)
    tried = rng.sample(list(story.asked), min(12, len(story.asked)))
    said = {turn.question for turn in history}
    left = [one.question for one in tried if one.question not in said] or [tried[0].question]
    return max(left, key=lambda q: sum(w.key in known for w in words_of(q)) + 2.5 * rng.random())


def _keys(history: Sequence[Turn]) -> set[str]:
    texts = [text for turn in history for text in (turn.question, turn.answer or "")]
    return {word.key for text in texts for word in words_of(text) if word.key}


def _short_question(story: StoryExample, rng: random.Random) -> str | None:
    names = _NAME.findall(rng.choice(story.articles).text)
    people = [name for name in names if name.count(" ") == 1]
    if not people:
        return None
    person = rng.choice(people)
    if rng.random() < 0.3:
        person = person.split()[1]
    return rng.choice(_SHORT).format(person=person, name=rng.choice(names))


def _phrase_alone(full: str, history: Sequence[Turn], rng: random.Random) -> str | None:
    """Return the question phrase where the rest was mentioned before: "On which day?"."""
    phrase = _PHRASE_ALONE.match(full)
    if phrase is None:
        return None
    known = _keys(history)
    rest = [word for word in words_of(full[phrase.end() :]) if word.key]
    if not rest or sum(word.key in known for word in rest) < 0.6 * len(rest):
        return None
    short = phrase.group(1)
    return f"And {short.lower()}?" if rng.random() < 0.15 else f"{short}?"


def _reduced(full: str, history: Sequence[Turn], rng: random.Random) -> str | None:
    """Leave out, or put pronouns for, what a question shares with the conversation."""
    words = words_of(full)
    text = full.rstrip("? ")
    edits = [
        edit
        for first, last in _shared(full, words, _keys(history))
        if rng.random() >= 0.12 and (edit := _edit(full, words, first, last, rng)) is not None
    ]
    if not edits:
        return None
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    text = " ".join(text.split()).strip(" ,")
    if not text:
        return None
    if rng.random() < 0.2:
        text = f"And {text[0].lower()}{text[1:]}"
    return f"{text[0].upper()}{text[1:]}?"


def _shared(text: str, words: Sequence[Word], known: set[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and last words of runs that the conversation has too."""
    n = 0
    while n < len(words):
        if words[n].key not in known:
            n += 1
            continue
        last, ahead = n, n + 1
        while ahead < len(words) and text[words[ahead - 1].end : words[ahead].start] == " ":
            if words[ahead].key in known:
                last = ahead
            elif words[ahead].key or words[ahead].text.lower() not in _LINKS:
                break
            ahead += 1
        yield n, last
        n = last + 1


def _edit(
    text: str, words: Sequence[Word], first: int, last: int, rng: random.Random
) -> tuple[int, int, str] | None:
    """Return what replaces a shared run, as offsets and new words; None where it stays."""
    start, end, begin = words[first].start, words[last].end, first
    names = sum(word.text[0].isupper() for word in words[first : last + 1])
    named = words[first].text[0].isupper() and first > 0
    if begin and words[begin - 1].text.lower() in _ARTICLES:
        begin -= 1
        start = words[begin].start
    before = words[begin - 1].text.lower() if begin else ""
    chance = rng.random()
    if text[end : end + 2] in ("'s", "’s"):
        return start, end + 2, rng.choice(["his", "her", "its", "their"] if named else ["its"])
    if before in _PREPOSITIONS:
        if chance < 0.6:
            return words[begin - 1].start, end, ""
        if chance < 0.75 and before in ("in", "at", "to"):
            return words[begin - 1].start, end, "there"
        return (
            start,
            end,
            rng.choice(["him", "her", "it"] if named and names > 1 else ["it", "them"]),
        )
    if first == last and not named and begin == first and last + 1 < len(words):
        # A plain word without an article is as likely a verb.
        return None
    if not named and begin < first and chance < 0.25:
        # "the new session" becomes "the session".
        return (words[first].start, words[last].start, "") if last > first else None
    if last + 1 == len(words):
        choices = ["him", "her", "them", "it"] if named and names > 1 else ["it", "them", "that"]
        return start, end, "" if chance < 0.35 else rng.choice(choices)
    return (
        start,
        end,
        rng.choice(["he", "she", "they", "it"] if named and names > 1 else ["it", "they"]),
    )


def _ellipsis(question: str, story: StoryExample, rng: random.Random) -> tuple[str, str] | None:
    """Return a fragment that replaces a name, a year or a noun of a question, and the whole."""
    words = words_of(question)
    spots = [
        n
        for n in range(1, len(words))
        if words[n].text[0].isupper()
        or _YEAR.fullmatch(words[n].text)
        or (words[n].key and words[n - 1].text.lower() in ("the", "many"))
    ]
    if not spots:
        return None
    first = last = rng.choice(spots)
    old = words[first].text
    before = words[first - 1].text.lower()
    if old[0].isupper():
        while first > 1 and words[first - 1].text[0].isupper():
            first -= 1
        while last + 1 < len(words) and words[last + 1].text[0].isupper():
            last += 1
        before = words[first - 1].text.lower()
    year = bool(_YEAR.fullmatch(old))
    new = str(int(old) - rng.randint(1, 3)) if year else _like(old, before, question, story, rng)
    if new is None:
        return None
    full = question[: words[first].start] + new + question[words[last].end :]
    part = new
    if question[words[last].end :].startswith("'s") and rng.random() < 0.5:
        part = f"{new}'s"
    elif before in _PREPOSITIONS and (year or rng.random() < 0.6):
        part = f"{before} {new}"
    elif before == "the":
        part = f"the {new}"
    if year and rng.random() < 0.2:
        part = rng.choice(["the year before", "a year earlier", "a year later"])
    opening = "And " if rng.random() < 0.6 else "What about " if not year else ""
    part = opening + part
    return f"{part[0].upper()}{part[1:]}?", full


def _like(
    old: str, before: str, question: str, story: StoryExample, rng: random.Random
) -> str | None:
    """Return a name or noun of another question that could stand in the old one's place."""
    other = rng.choice(story.asked).question
    if old[0].isupper():
        found = _NAME.findall(other)
    else:
        words = words_of(other)
        found = [
            word.text
            for n, word in enumerate(words)
            if n and word.key and word.text[0].islower() and words[n - 1].text.lower() == before
        ]
    found = [one for one in found if one.lower() not in question.lower()]
    return rng.choice(found) if found else None
