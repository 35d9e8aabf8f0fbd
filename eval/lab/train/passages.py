"""The passages of an epoch: each question with a positive passage, and some with a negative one.

Sampled for every epoch from its own seed, so that a question has other windows, neighbours and
hard negatives each time, and a resumed run samples the same ones.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import regex

from eval.lab.train.earlier_turns import EarlierTurns
from eval.lab.train.examples import Example
from eval.lab.train.hard_negatives import Encode, NearMisses
from eval.lab.train.synthetic import StoryExample
from rag.text.sentences import sentence_spans

# A hard negative is one of this many texts with the highest overlap.
_NEAREST = 6


@dataclass(frozen=True, slots=True)
class Mix:
    """Expected number of examples a question and an epoch, by kind of negative and of source."""

    kept: Mapping[str, float]
    """Share of a source's questions with their own text; 1 where not named."""
    elsewhere: float
    """... with texts of high lexical overlap that do not answer it."""
    removed: float
    """... with its own text without the answering sentences."""
    swapped: float
    """... with a name or number of the question replaced."""
    neighbours: float
    """Share of single-sentence questions whose sentence is surrounded by others."""
    written: int = 0
    """Samples of every written question, each with other passages (see `hard_negatives`)."""
    plain: float = 1.0
    """Share of the written questions in plain English that are sampled."""
    not_plain: float = 1.0
    """Share of the other written questions that are sampled."""
    repeated: float = 0.0
    """How often a question gets texts that only repeat it, as a list of questions does."""
    careless: float = 0.0
    """Share of questions without a question mark, some of them with a typing error."""
    followed: float = 0.0
    """Share of questions worded as a rewritten follow-up (see `earlier_turns`)."""


# First phase, one epoch: human questions on paragraphs and sentences.
BASE = Mix(
    {
        "selqa": 0.6,
        "qamr": 0.15,
        "qadiscourse": 0.15,
        "squadshifts-reddit": 0.22,
        "squadshifts-amazon_reviews": 0.12,
    },
    elsewhere=0.35,
    removed=0.08,
    swapped=0.08,
    neighbours=0.8,
)
# News: written questions, and enough of the others to avoid forgetting.
NEWS = Mix(
    {
        "selqa": 0.2,
        "qamr": 0.05,
        "qadiscourse": 0.05,
        "squadshifts-new_wiki": 0.2,
        "squadshifts-reddit": 0.03,
        "squadshifts-amazon_reviews": 0.02,
    },
    elsewhere=0.2,
    removed=0.06,
    swapped=0.06,
    neighbours=0.8,
    written=1,
    not_plain=0.04,
    repeated=0.08,
    careless=0.15,
)
# A real archive's questions, with a little of everything else.
ARCHIVE = Mix(
    {
        "selqa": 0.1,
        "qamr": 0.02,
        "qadiscourse": 0.02,
        "squadshifts-new_wiki": 0.06,
        "squadshifts-reddit": 0.01,
        "squadshifts-amazon_reviews": 0.01,
    },
    elsewhere=0.3,
    removed=0.05,
    swapped=0.05,
    neighbours=0.8,
    written=1,
    plain=0.15,
    not_plain=0.0,
    careless=0.1,
)
# Another pass over everything, on weights that have seen all three phases.
AGAIN = Mix(
    {
        "selqa": 0.1,
        "qamr": 0.11,
        "qadiscourse": 0.07,
        "squadshifts-new_wiki": 0.38,
        "squadshifts-reddit": 0.01,
        "squadshifts-amazon_reviews": 0.01,
    },
    elsewhere=0.2,
    removed=0.06,
    swapped=0.06,
    neighbours=0.6,
    written=1,
    plain=0.35,
    not_plain=0.07,
    repeated=0.03,
    careless=0.1,
    followed=0.12,
)
# Once more, most of it what the weights have seen least: the older written questions, half of them near
# misses, and questions on Wikipedia and on single sentences.
MORE = replace(
    AGAIN,
    kept={
        "selqa": 0.08,
        "qamr": 0.2,
        "qadiscourse": 0.1,
        "squadshifts-new_wiki": 0.4,
        "squadshifts-reddit": 0.01,
        "squadshifts-amazon_reviews": 0.01,
    },
    not_plain=0.15,
    followed=0.15,
)
MIXES: Mapping[str, Mix] = {
    "base": BASE,
    "news": NEWS,
    "archive": ARCHIVE,
    "again": AGAIN,
    "more": MORE,
}
_CONTENT = regex.compile(r"[\p{L}\p{N}]{4,}")
_NAME = regex.compile(r"(?<=\S\s)\p{Lu}[\p{L}’'-]+(?: \p{Lu}[\p{L}’'-]+)*")
_NUMBER = regex.compile(r"\b\d[\d,.]*\d\b|\b\d\b")


class Passages:
    """Samples the passages of an epoch from the training examples and stories."""

    def __init__(
        self,
        examples: Sequence[Example],
        seed: int,
        mix: Mix = BASE,
        stories: Sequence[StoryExample] = (),
        encode: Encode | None = None,
        archive: Sequence[Example] = (),
    ) -> None:
        self._examples = examples
        self._seed = seed
        self._mix = mix
        self._written = NearMisses(stories, encode)
        self._archive = archive
        self._earlier = EarlierTurns(examples, stories)
        self._near = _nearest(examples)
        self._names = _pool(examples, _NAME)
        self._numbers = _pool(examples, _NUMBER)

    def epoch(self, number: int) -> list[Example]:
        """Return the examples of one epoch (0-based), in no order."""
        rng = random.Random(f"{self._seed} {number}")
        mix = self._mix
        made: list[Example] = list(self._archive)
        for example, near in zip(self._examples, self._near, strict=True):
            if rng.random() >= mix.kept.get(example.source, 1.0):
                continue
            single = example.source in ("qamr", "qadiscourse")
            specific = not single or _specific(example)
            if single and specific and rng.random() < mix.neighbours:
                made.append(_among(example, near, rng))
            else:
                made.append(example)
            if not specific:
                continue
            if rng.random() < mix.elsewhere:
                made.extend(_elsewhere(example, near, rng))
            if rng.random() < mix.removed and not single:
                made.extend(without_answer(example))
            if rng.random() < mix.swapped:
                made.extend(self._swapped(example, rng))
            if rng.random() < mix.repeated:
                made.extend(_repeated(example, near, rng))
        for _ in range(mix.written):
            made.extend(self._written.epoch(rng, mix.plain, mix.not_plain))
        typed: dict[str, str] = {}
        for example in made:
            if example.question not in typed:
                asked = example.question
                if mix.followed and rng.random() < mix.followed:
                    asked = self._earlier.followed(asked, rng)
                elif rng.random() < mix.careless:
                    asked = _carelessly(asked, rng)
                typed[example.question] = asked
        return [replace(example, question=typed[example.question]) for example in made]

    def _swapped(self, example: Example, rng: random.Random) -> list[Example]:
        """Return the question with one name or number replaced, so that the text does not answer it."""
        for form, pool in ((_NUMBER, self._numbers), (_NAME, self._names)):
            found = list(form.finditer(example.question))
            if not found:
                continue
            place = rng.choice(found)
            other = rng.choice(pool)
            if other.lower() in example.context.lower() or place.group() not in example.context:
                continue
            question = example.question[: place.start()] + other + example.question[place.end() :]
            return [replace(example, question=question, spans=(), regions=())]
        return []


def _elsewhere(example: Example, near: Sequence[str], rng: random.Random) -> list[Example]:
    """Return the question with one hard negative, or a few where texts are single sentences."""
    count = rng.choice((1, 2, 3)) if len(example.context) < 250 else 1
    others = rng.sample(list(near), min(count, len(near)))
    if not others:
        return []
    # Without its title, which would identify the positive text.
    context = " ".join(others)
    return [replace(example, context=context, spans=(), regions=(), sentences=(), title=None)]


def _repeated(example: Example, near: Sequence[str], rng: random.Random) -> list[Example]:
    """Return the question with hard negatives and itself among them: repeating is not answering."""
    others = rng.sample(list(near), min(2, len(near)))
    others.insert(rng.randint(0, len(others)), example.question)
    context = " ".join(others)
    return [replace(example, context=context, spans=(), regions=(), sentences=(), title=None)]


def _carelessly(question: str, rng: random.Random) -> str:
    """Return a question without its question mark, perhaps with a typing error."""
    typed = question.rstrip("?")
    at = rng.randrange(1, max(2, len(typed) - 1))
    slips = (
        typed,
        typed,
        typed[:at] + typed[at + 1 :],
        typed[: at - 1] + typed[at : at + 1] + typed[at - 1] + typed[at + 1 :],
    )
    return rng.choice(slips)


def _among(example: Example, near: Sequence[str], rng: random.Random) -> Example:
    """Return the example with up to three similar sentences around its own."""
    others = rng.sample(list(near), min(rng.choice((1, 2, 3)), len(near)))
    before = others[: rng.randint(0, len(others))]
    after = others[len(before) :]
    lead = "".join(f"{text} " for text in before)
    context = lead + " ".join([example.context, *after])
    spans = tuple((a + len(lead), b + len(lead), n) for a, b, n in example.spans)
    return replace(example, context=context, spans=spans)


def _specific(example: Example) -> bool:
    """Whether a question about one sentence is specific enough to exclude similar ones."""
    words = set(_CONTENT.findall(example.question.lower()))
    shared = words & set(_CONTENT.findall(example.context.lower()))
    return len(shared) >= 2


def without_answer(example: Example) -> list[Example]:
    """Return the text without the answering sentences; [] where an answer remains in it."""
    golds = [(a, b) for a, b, *_ in (example.spans or example.regions)]
    sentences = example.sentences or tuple(sentence_spans(example.context))
    kept = [
        example.context[start:end]
        for start, end in sentences
        if not any(a < end and start < b for a, b in golds)
    ]
    context = " ".join(kept)
    answers = [example.context[a:b].lower() for a, b in golds]
    if len(context) < 60 or any(answer in context.lower() for answer in answers):
        return []
    return [replace(example, context=context, spans=(), regions=(), sentences=())]


def _pool(examples: Sequence[Example], form: regex.Pattern[str]) -> list[str]:
    return sorted({m.group() for e in examples for m in form.finditer(e.question)})


def _nearest(examples: Sequence[Example]) -> list[list[str]]:
    """Return hard negatives of each question: highest TF-IDF overlap, without an accepted answer.

    Texts are of the same kind of source (sentences, or paragraphs), distinguished by length; a text
    that contains an accepted answer is left out, even where it does not answer.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    near: list[list[str]] = [[] for _ in examples]
    for short in (True, False):
        mine = [n for n, e in enumerate(examples) if (len(e.context) < 400) == short]
        texts = list(dict.fromkeys(examples[n].context for n in mine))
        if len(texts) < 2:
            continue
        words = TfidfVectorizer(sublinear_tf=True, stop_words="english")
        matrix = words.fit_transform(texts)
        for first in range(0, len(mine), 512):
            part = mine[first : first + 512]
            likeness = (words.transform([examples[n].question for n in part]) @ matrix.T).toarray()
            keep = min(4 * _NEAREST, len(texts) - 1)
            best = np.argpartition(-likeness, keep - 1, axis=1)[:, :keep]
            for row, n in enumerate(part):
                found = best[row]
                order = found[np.lexsort((found, -likeness[row][found]))].tolist()
                near[n] = _that_miss(examples[n], [texts[c] for c in order])
    return near


def _that_miss(example: Example, texts: Sequence[str]) -> list[str]:
    answers = {example.context[a:b].lower() for a, b, *_ in example.spans}
    return [
        text
        for text in texts
        if text != example.context and not any(answer in text.lower() for answer in answers)
    ][:_NEAREST]
