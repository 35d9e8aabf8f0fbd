"""The parts of answering that an ablation leaves out one at a time, and what stands in the place of each.

A part is a weight, a number or a function of the product; without it the weight is 0, and the function is
one that does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from rag.reader.encoding import lead_text
from rag.reader.feature_reader import EMBEDDED_FEATURES, FeatureReader
from rag.reader.span_reader import SpanReader
from rag.text.answer_types import AnswerType
from rag.types import Candidate, Passage, Span

TIME_SIGNALS = frozenset({"staleness", "frame_distance"})
"""The ranker weights that are about dates."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part and how to do without it."""

    name: str
    instead: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What takes the place of a name of the product, by the name's dotted path."""
    reader: Callable[[SpanReader], SpanReader] | None = field(default=None, hash=False)
    """The reader without it; None for the same."""
    time_weight: float | None = None
    """That of the search; None for its own."""
    searches: bool = False
    """Whether without it the search finds other passages."""
    features: bool = False
    """Whether without it sentences have other features of the feature reader."""

    @contextmanager
    def left_out(self) -> Iterator[None]:
        """Do without it inside the block, in this process."""
        with ExitStack() as stack:
            for name, other in self.instead.items():
                stack.enter_context(patch(name, other))
            yield


def parts(reader: SpanReader) -> list[Part]:
    """Return every part that answers a reader's questions, in the order of the work."""
    found = [Part("search: time", time_weight=0.0)]
    found += [
        Part(f"choice: {name}", reader=_without_feature(name))
        for name in reader.features.weights
        if name not in EMBEDDED_FEATURES
    ]
    found += [
        Part("choice: answer types", {f"{_FEATURES}.classify_question": _no_type}, features=True),
        Part("choice: time", {f"{_READER}._TIME_WEIGHT": 0.0}),
        Part("choice: all of it", {f"{_READER}.best_passages": _as_found}),
        Part("network: date", {f"{_READER}.lead_text": _undated}),
        Part("network: title", {f"{_READER}.lead_text": _untitled}),
        Part("network: sentences alone", {f"{_READER}.SENTENCE_DEPTH": 0}),
        Part("network: sentence between its neighbours", {f"{_READER}.CONTEXT_DEPTH": 0}),
        Part("words: whole words, figures, pairs", {f"{_READER}.expand_span": _as_read}),
    ]
    found += [
        Part(f"order: {name}", reader=_without_weight(name))
        for name in reader.weights
        if name != "null_score_diff"
    ]
    found += [
        Part("order: agreement of sources", {f"{_GROUPING}._AGREEMENT": 0.0}),
        Part("groups: answers of other words", {f"{_GROUPING}.same_answer": _same_words}),
        Part("groups: names", {f"{_EQUIVALENCE}.names_different_entity": _never}),
        Part("groups: days", {f"{_GROUPING}._say_the_same": _ignoring_days}),
        Part(
            "names: countries",
            {
                f"{_ENTITIES}.codes": lambda form: frozenset(),
                f"{_ENTITIES}.is_demonym": _never,
                f"{_ENTITIES}.country_words": lambda text, start=0, end=None: iter(()),
            },
            features=True,
        ),
        Part("speakers: words of others", {"rag.answering.speakers.OTHER_WORDS": 0.0}),
        Part("speakers: all of it", {f"{_ANSWERER}.prefer_speaker": _same_spans}),
        Part("topics and outlets asked about", {f"{_ANSWERER}.asking": _never_asked}),
        Part("texts that repeat the question", {f"{_ANSWERER}.without_repeated": _not_looked_for}),
        Part("the newest of a change first", {f"{_ANSWERER}.related": _as_they_stand}),
        Part("at most three copies", {f"{_ANSWERER}.MAX_COPIES": None}),
        Part(
            "time in search, choice, network and order",
            {f"{_READER}._TIME_WEIGHT": 0.0, f"{_READER}.lead_text": _undated},
            reader=_without_time,
            time_weight=0.0,
        ),
    ]
    return found


def varied(name: str, value: float) -> Part:
    """Return the change of one number of the product: a constant by its dotted path, or a weight.

    Parameters
    ----------
    name
        ``order.NAME`` is a ranker weight, ``choice.NAME`` a weight of the feature reader,
        ``network.depth`` the number of passages that the network scores.

    Raises
    ------
    ValueError
        Where the product has no number of that name.
    """
    told = f"{name} = {value:g}"
    if name == f"{_RETRIEVER}.TIME_WEIGHT":
        return Part(told, time_weight=value)
    if name.startswith("order."):
        own = name.removeprefix("order.")
        return Part(told, reader=lambda reader: with_order(reader, {**reader.weights, own: value}))
    if name.startswith("choice."):
        own = name.removeprefix("choice.")
        return Part(
            told,
            reader=lambda reader: _with_features(reader, {**reader.features.weights, own: value}),
        )
    if name == "network.depth":
        return Part(told, reader=lambda reader: reader.with_network_depth(int(value)))
    try:
        now = resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{name}: no constant of presscite ({error})") from error
    if isinstance(now, bool) or not isinstance(now, int | float):
        raise ValueError(f"{name}: no number")
    # A number of the search, or of the dates that it looks at, changes what it finds.
    searches = name.startswith(("rag.retrieval.", "rag.text.", "rag.index."))
    features = searches or not name.startswith((f"{_READER}.", "rag.answering."))
    return Part(told, {name: type(now)(value)}, searches=searches, features=features)


_FEATURES = "rag.reader.feature_reader"
_READER = "rag.reader.span_reader"
_GROUPING = "rag.answering.grouping"
_EQUIVALENCE = "rag.answering.answer_equivalence"
_ENTITIES = "rag.text.entities"
_ANSWERER = "rag.answering.answerer"
_RETRIEVER = "rag.retrieval.retriever"


def with_order(reader: SpanReader, weights: Mapping[str, float]) -> SpanReader:
    """Return a reader with other ranker weights."""
    return SpanReader(reader.scorer, reader.features, reader.calibration, weights)


def _without_feature(name: str) -> Callable[[SpanReader], SpanReader]:
    return lambda reader: _with_features(reader, _less(reader.features.weights, {name}))


def _with_features(reader: SpanReader, weights: Mapping[str, float]) -> SpanReader:
    return reader.with_features(FeatureReader(None, weights=weights))


def _without_weight(name: str) -> Callable[[SpanReader], SpanReader]:
    return lambda reader: with_order(reader, _less(reader.weights, {name}))


def _without_time(reader: SpanReader) -> SpanReader:
    return with_order(reader, _less(reader.weights, TIME_SIGNALS))


def _less(weights: Mapping[str, float], names: set[str] | frozenset[str]) -> dict[str, float]:
    return {own: weight for own, weight in weights.items() if own not in names}


def _no_type(question: str) -> AnswerType:
    return AnswerType("clause", None)


def _as_found(offered: Sequence[Span], number: int) -> list[Passage]:
    """Return the passages of the highest retrieval scores, in the place of the chosen ones."""
    passages = {span.passage.chunk.id: span.passage for span in offered}
    return sorted(passages.values(), key=lambda p: (-p.score, p.chunk.id))[:number]


def _undated(published: date | None, as_of: date | None, title: str | None) -> str:
    return lead_text(None, as_of, title)


def _untitled(published: date | None, as_of: date | None, title: str | None) -> str:
    return lead_text(published, as_of, None)


def _as_read(text: str, start: int, end: int, low: int, high: int) -> tuple[int, int]:
    return start, end


def _same_words(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _ignoring_days(one: Span, other: Span) -> bool:
    from rag.answering.answer_equivalence import same_answer

    return same_answer(one.text, other.text)


def _never(*_: object) -> bool:
    return False


def _never_asked(question: str, outlets: object = ()) -> None:
    return None


def _same_spans(spans: Sequence[Span], speaker: str) -> list[Span]:
    return list(spans)


def _not_looked_for(question: str, spans: Sequence[Span]) -> list[Span]:
    return list(spans)


def _as_they_stand(
    question: str, candidates: Sequence[Candidate], *_: object
) -> tuple[Candidate, ...]:
    """Return answers as they are ordered, every other one beside the first."""
    return (candidates[0], *(replace(other, relation="also") for other in candidates[1:]))
