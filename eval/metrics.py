"""What an answer and a ranking are worth: pure functions, strings and rankings in, numbers out.

All figures are in 0..1 and higher is better. Means over questions are the caller's.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_ENGLISH_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_ALONE = re.compile(r"([぀-ヿ㐀-䶿一-鿿豈-﫿])")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[.,](?=\d)")
_PERCENT = re.compile(r"%|\bper\s?cent\b", re.IGNORECASE)
# Without "one", which is as often a pronoun.
_NUMBERS = {
    "zero": "0", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13",
    "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18",
    "nineteen": "19", "twenty": "20",
}  # fmt: skip
_NUMBER = re.compile(rf"\b(?:{'|'.join(_NUMBERS)})\b", re.IGNORECASE)


class _Marks(dict[int, str | int]):
    """A table for ``str.translate`` that puts ``mark`` in the place of punctuation and signs."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self._mark = mark

    def __missing__(self, code: int) -> str | int:
        category = unicodedata.category(chr(code))
        # What SQuAD's script drops of ASCII, and beyond it their like: the euro sign, the minus sign.
        is_mark = category[0] == "P" or category in ("Sm", "Sc") or chr(code) in "^`"
        self[code] = self._mark if is_mark else code
        return self[code]


_MARKS = {mark: _Marks(mark) for mark in ("", " ")}


def _tokens(text: str, mark: str) -> list[str]:
    """Lower-case words without English articles; each punctuation mark becomes ``mark``."""
    plain = unicodedata.normalize("NFC", text).lower().translate(_MARKS[mark])
    return _ALONE.sub(r" \1 ", _ENGLISH_ARTICLES.sub(" ", plain)).split()


def _one_spelling(text: str) -> str:
    """Write small numbers in figures, "%" as a word, and letters without their accents."""
    text = _PERCENT.sub(" percent ", text)
    # Ignoring case, "ſ" is an "s" too, and no word of the table has it.
    text = _NUMBER.sub(lambda found: _NUMBERS.get(found[0].lower(), found[0]), text)
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    return "".join(c for c in apart if not unicodedata.combining(c))


def normalise(text: str) -> str:
    """Put an answer in the form in which answers are compared.

    Lower case, no punctuation, no English articles, single spaces: the rules of the official
    SQuAD script (Rajpurkar et al. 2016, arXiv:1606.05250, ``normalize_answer``), with two
    extensions that leave ASCII text as it was: every Unicode punctuation mark and sign of currency
    or arithmetic goes, and Han and Kana characters stand alone as words, as in MLQA (Lewis et al.
    2020, arXiv:1910.07475).
    """
    return " ".join(_tokens(text, ""))


def exact_match(predicted: str | None, accepted: Sequence[str]) -> float:
    """1 where the prediction equals an accepted answer once both are normalised, else 0.

    arXiv:1606.05250, section 6.1. None (nothing was said) is worth 0.
    """
    if predicted is None:
        return 0.0
    said = normalise(predicted)
    return float(any(said == normalise(answer) for answer in accepted))


def token_f1(predicted: str | None, accepted: Sequence[str]) -> float:
    """Harmonic mean of token precision and recall, the best over the accepted answers.

    arXiv:1606.05250, section 6.1: ``2 p r / (p + r)`` over the bag of normalised tokens. Where a
    side has no token left, 1 if both are empty, as in the SQuAD 2.0 script.
    """
    if predicted is None:
        return 0.0
    said = normalise(predicted).split()

    def against(answer: str) -> float:
        wanted = normalise(answer).split()
        if not said or not wanted:
            return float(said == wanted)
        shared = sum((Counter(said) & Counter(wanted)).values())
        return 2 * shared / (len(said) + len(wanted))

    return max((against(answer) for answer in accepted), default=0.0)


def holds_answer(text: str | None, accepted: Sequence[str]) -> bool:
    """Whether an accepted answer stands in ``text`` as whole words, both normalised.

    Punctuation is read both ways: dropped, as SQuAD does ("U.S." is "us"), and as a gap, so that
    "24" stands in "24-hour" and "Hanoi" in "Hanoi's". A point or comma between digits is never a
    gap: "5" does not stand in "5.3". So are spellings: "seven" stands in "7 states", "5 percent" in
    "5%", and "La Nina" in "La Niña".
    """
    if not text:
        return False
    if _stands_in(text, accepted):
        return True
    spelt, others = _one_spelling(text), [_one_spelling(answer) for answer in accepted]
    # Where neither changed, there is nothing to look at again.
    return (spelt != text or others != list(accepted)) and _stands_in(spelt, others)


def _stands_in(text: str, accepted: Sequence[str]) -> bool:
    for mark in ("", " "):
        if mark:
            text = _BETWEEN_DIGITS.sub("", text)
        words = f" {' '.join(_tokens(text, mark))} "
        for answer in accepted:
            shown = _BETWEEN_DIGITS.sub("", answer) if mark else answer
            wanted = " ".join(_tokens(shown, mark))
            if wanted and f" {wanted} " in words:
                return True
            # A name may be spelt like an article ("An"): then the letters must match as they are.
            if (
                answer.strip()
                and not wanted
                and re.search(rf"\b{re.escape(answer.strip())}\b", text)
            ):
                return True
    return False


def quote_hit(quote: str | None, accepted: Sequence[str]) -> float:
    """1 where an accepted answer stands in the quote (see `holds_answer`), else 0."""
    return float(holds_answer(quote, accepted))


def citation_accuracy(
    article_id: str | None, quote: str | None, listed: Sequence[str], accepted: Sequence[str]
) -> float:
    """1 where the cited article is a listed one, or its quote holds an accepted answer, else 0.

    The second half is for what a question's author did not list: another article that says the
    same. None for ``article_id`` (nothing was cited) is worth 0.
    """
    if article_id is None:
        return 0.0
    return float(article_id in listed or holds_answer(quote, accepted))


def ranked(scores: Mapping[str, float]) -> list[str]:
    """Ids by falling score, equal scores by id: the order every ranking metric here assumes."""
    return sorted(scores, key=lambda item: (-scores[item], item))


def success_at_k(ranking: Sequence[str], qrels: Mapping[str, int], k: int) -> float:
    """1 where a relevant id (grade above 0) is among the first ``k``, else 0."""
    return float(any(qrels.get(item, 0) > 0 for item in ranking[:k]))


def recall_at_k(ranking: Sequence[str], qrels: Mapping[str, int], k: int) -> float:
    """Share of the relevant ids that are among the first ``k``; 0 where none is relevant.

    Manning et al., Introduction to Information Retrieval (2008), section 8.3.
    """
    relevant = {item for item, grade in qrels.items() if grade > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def mrr_at_k(ranking: Sequence[str], qrels: Mapping[str, int], k: int) -> float:
    """One over the rank of the first relevant id within ``k``, else 0; its mean is the MRR.

    Voorhees, The TREC-8 Question Answering Track Report (1999).
    """
    for rank, item in enumerate(ranking[:k], start=1):
        if qrels.get(item, 0) > 0:
            return 1.0 / rank
    return 0.0


def ndcg_at_k(
    ranking: Sequence[str], qrels: Mapping[str, int], k: int, *, exponential: bool = False
) -> float:
    """Discounted cumulative gain of the first ``k`` over that of the best order; 0 without gain.

    Parameters
    ----------
    ranking
        Ids, best first.
    qrels
        Grade by id; binary relevance is grades 0 and 1, and grades below 0 count as 0.
    k
        Depth of the cut, for the ideal order too.
    exponential
        Gain ``2**grade - 1`` (Burges et al. 2005) in place of the grade itself, the linear gain
        of trec_eval (Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418).
    """

    def gain(grade: int) -> float:
        grade = max(grade, 0)
        return float(2**grade - 1) if exponential else float(grade)

    def discounted(gains: Sequence[float]) -> float:
        return sum(g / math.log2(rank + 1) for rank, g in enumerate(gains[:k], start=1))

    ideal = discounted(sorted((gain(grade) for grade in qrels.values()), reverse=True))
    return discounted([gain(qrels.get(item, 0)) for item in ranking]) / ideal if ideal else 0.0


def bootstrap_interval(
    n: int,
    statistic: Callable[[NDArray[np.intp]], float | None],
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 13,
) -> tuple[float, float] | None:
    """Percentile bootstrap interval of a figure over ``n`` questions.

    Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.

    Parameters
    ----------
    n
        Number of questions.
    statistic
        Takes indices drawn with replacement, shape ``(n,)``, and gives the figure of that
        resample, or None where it is undefined there; such resamples are left out.
    resamples, level, seed
        How many resamples, the share of them inside the interval, and the random seed.

    Returns
    -------
    tuple[float, float] | None
        Lower and upper bound; None where no resample has the figure.
    """
    draw = np.random.default_rng(seed)
    found = [statistic(draw.integers(0, n, n)) for _ in range(resamples)] if n else []
    values = [value for value in found if value is not None]
    if not values:
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(np.asarray(values), [tail, 1 - tail])
    return float(low), float(high)
