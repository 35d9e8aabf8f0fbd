"""One system, timed and judged, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from eval.confidence import percentile
from eval.lab.baselines.protocol import System
from eval.lab.baselines.quality import SystemAnswer, figures, intervals, passage_words
from eval.lab.bench.memory import peak_rss_mb
from eval.lab.tune.corpora import Corpus

T = TypeVar("T")
Row = dict[str, Any]


def measure(name: str, system: System, corpus: Corpus) -> Row:
    """Start, index, search and answer; return what it took and what it was worth.

    Seconds and milliseconds are wall time. ``start_seconds`` is imports and models,
    ``index_seconds`` cutting, embedding and indexing with the models loaded. Every question is
    searched once for ``search_ms`` and then asked for ``answer_ms``, which includes a search of its
    own; the first is done once beforehand, untimed.
    """
    _, start_seconds = _timed(system.start)
    passages, index_seconds = _timed(lambda: system.add(corpus.articles))
    first = corpus.questions[0].question
    system.search(first)
    system.answer(first)
    asked, searching, answering = [], [], []
    for question in corpus.questions:
        text = question.question
        found, seconds = _timed(lambda text=text: system.search(text))  # type: ignore[misc]
        searching.append(seconds * 1000)
        said, seconds = _timed(lambda text=text: system.answer(text))  # type: ignore[misc]
        answering.append(seconds * 1000)
        asked.append(SystemAnswer(question, tuple(found), said))
    return {
        "name": name,
        "corpus": corpus.name,
        "articles": len(corpus.articles),
        "passages": passages,
        "passage_words": _rounded(passage_words(asked), 1),
        "n": len(asked),
        "n_answerable": sum(one.question.answerable for one in asked),
        "start_seconds": round(start_seconds, 3),
        "index_seconds": round(index_seconds, 3),
        "search_ms": _spread(searching),
        "answer_ms": _spread(answering),
        "peak_rss_mb": peak_rss_mb(),
        **{k: _rounded(v, 4) for k, v in figures(asked, abstains=system.abstains).items()},
        "intervals": {
            k: [round(bound, 4) for bound in v] if v else None for k, v in intervals(asked).items()
        },
        "notes": list(system.notes),
    }


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def _spread(values: list[float]) -> dict[str, float | None]:
    return {f"p{p}": _rounded(percentile(values, p), 2) for p in (50, 95)}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
