"""The parts of answering that an ablation leaves out one at a time, and what stands in the place of each.

A part is a weight, a number or a function of the product; without it the weight is 0, and the function is
one that does nothing. They are named by the step that they belong to: the search, the choice of the passages
that the network reads, what it reads, the words it marks, the order of quotes, the groups of equal answers.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from rag.answering.asking import Asking, asking
from rag.features import SpanFeatures
from rag.reader.encoding import lead_text
from rag.reader.feature_reader import EMBEDDED_FEATURES, FeatureReader
from rag.reader.span_reader import SpanReader
from rag.text.attribution import _casing
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
    search: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Weights of the search (`rag.retrieval.retriever.Retriever`) that are not its own."""
    searches: bool = False
    """Whether without it the search finds other passages for another reason."""
    features: bool = False
    """Whether without it sentences have other features of the feature reader."""

    @contextmanager
    def left_out(self) -> Iterator[None]:
        """Do without it inside the block, in this process; what the product keeps of texts is forgotten."""
        with ExitStack() as stack:
            stack.callback(_casing.cache_clear)
            for name, other in self.instead.items():
                stack.enter_context(patch(name, other))
            _casing.cache_clear()
            yield


def parts(reader: SpanReader) -> list[Part]:
    """Return the parts that answer a reader's questions, in the order of the work.

    Not among them are the rewriting of follow-ups (`eval.follow_ups`) and the features of the confidence,
    which would have to be fitted anew.
    """
    found = [
        Part("search: words", search={"dense_weight": 1.0}),
        Part("search: vectors", search={"dense_weight": 0.0}),
        Part("search: time", search={"time_weight": 0.0}),
    ]
    found += [
        Part(f"choice: {name}", reader=_without_feature(name))
        for name in reader.features.weights
        if name not in EMBEDDED_FEATURES
    ]
    found += [
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
        Part("topics and outlets asked about", {f"{_ANSWERER}.asking": _speakers_alone}),
        Part("misspelt words", {f"{_ANSWERER}.respelt": _as_asked}),
        Part("texts that repeat the question", {f"{_ANSWERER}.without_repeated": _not_looked_for}),
        Part("the newest of a change first", {f"{_ANSWERER}.related": _as_they_stand}),
        Part("at most three copies", {f"{_ANSWERER}.MAX_COPIES": None}),
        Part(
            "time in search, choice, network and order",
            {f"{_READER}._TIME_WEIGHT": 0.0, f"{_READER}.lead_text": _undated},
            reader=_without_time,
            search={"time_weight": 0.0},
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
        Where the product has no number of that name, or another value would not reach all that uses it.
    """
    told = f"{name} = {value:g}"
    if name in _OF_SEARCH:
        return Part(told, search={_OF_SEARCH[name]: value})
    kind, _, own = name.partition(".")
    if kind in ("order", "choice") and own not in _FEATURES:
        raise ValueError(f"{name}: no feature of a span")
    if kind == "order":
        return Part(told, reader=lambda reader: reader.with_weights({**reader.weights, own: value}))
    if kind == "choice":
        return Part(
            told,
            reader=lambda reader: _with_features(reader, {**reader.features.weights, own: value}),
        )
    if name == "network.depth":
        return Part(told, reader=lambda reader: reader.with_network_depth(int(value)))
    if not name.startswith(_SWEPT):
        raise ValueError(
            f"{name}: not one of {', '.join(_SWEPT)}, which are read when a question is asked"
        )
    try:
        now = resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{name}: no constant of presscite ({error})") from error
    if isinstance(now, bool) or not isinstance(now, int | float):
        raise ValueError(f"{name}: no number")
    if elsewhere := _bound_elsewhere(name):
        raise ValueError(
            f"{name}: {elsewhere} has a copy of it; sweep a number that is read in one place"
        )
    if type(now)(value) != value:
        raise ValueError(f"{name}: {value:g} is no whole number")
    # The dates of passages are looked at by the search too.
    searches = name.startswith("rag.text.")
    features = not name.startswith((f"{_READER}.", "rag.answering."))
    return Part(told, {name: type(now)(value)}, searches=searches, features=features)


def _bound_elsewhere(name: str) -> str | None:
    """Return where else a constant's value was taken over: another module, or a default of its own."""
    owner, _, attribute = name.rpartition(".")
    for other, module in sorted(sys.modules.items()):
        if other.startswith("rag.") and other != owner and attribute in vars(module):
            return other
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[owner]))):
        if isinstance(node, ast.FunctionDef):
            defaults = [*node.args.defaults, *node.args.kw_defaults]
            if any(isinstance(one, ast.Name) and one.id == attribute for one in defaults):
                return node.name
    return None


_FEATURES = frozenset(one.name for one in fields(SpanFeatures))
_SWEPT = (
    "rag.answering.",
    "rag.reader.candidate_sentences.",
    "rag.reader.sentence_features.",
    "rag.reader.span_reader.",
    "rag.reader.spans.",
    "rag.text.temporal.",
)
_OF_SEARCH = {
    "rag.retrieval.retriever.DENSE_WEIGHT": "dense_weight",
    "rag.retrieval.retriever.TIME_WEIGHT": "time_weight",
    "rag.retrieval.retriever.AGAIN_WEIGHT": "again_weight",
}
_READER = "rag.reader.span_reader"
_GROUPING = "rag.answering.grouping"
_EQUIVALENCE = "rag.answering.answer_equivalence"
_ENTITIES = "rag.text.entities"
_ANSWERER = "rag.answering.answerer"


def _without_feature(name: str) -> Callable[[SpanReader], SpanReader]:
    return lambda reader: _with_features(reader, _less(reader.features.weights, {name}))


def _with_features(reader: SpanReader, weights: Mapping[str, float]) -> SpanReader:
    return reader.with_features(FeatureReader(None, weights=weights))


def _without_weight(name: str) -> Callable[[SpanReader], SpanReader]:
    return lambda reader: reader.with_weights(_less(reader.weights, {name}))


def _without_time(reader: SpanReader) -> SpanReader:
    return reader.with_weights(_less(reader.weights, TIME_SIGNALS))


def _less(weights: Mapping[str, float], names: set[str] | frozenset[str]) -> dict[str, float]:
    return {own: weight for own, weight in weights.items() if own not in names}


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


def _speakers_alone(question: str, outlets: object = ()) -> Asking | None:
    asked = asking(question)
    return asked if asked is not None and asked.speaker is not None else None


def _as_asked(question: str, *_: object) -> str:
    return question


def _same_spans(spans: Sequence[Span], speaker: str) -> list[Span]:
    return list(spans)


def _not_looked_for(question: str, spans: Sequence[Span]) -> list[Span]:
    return list(spans)


def _as_they_stand(
    question: str, candidates: Sequence[Candidate], *_: object
) -> tuple[Candidate, ...]:
    """Return answers as they are ordered, every other one beside the first."""
    return (candidates[0], *(replace(other, relation="also") for other in candidates[1:]))
