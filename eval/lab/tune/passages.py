"""Reader and network depth: quality and time by the number of passages."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from embeddings import Encoder
from eval.confidence import auroc
from eval.lab.tune.corpora import Corpus, indexed
from eval.metrics import holds_answer, token_f1
from rag.answering.grouping import group_spans
from rag.dialogue.rewrite import rewrite_query
from rag.index import Index
from rag.reader.protocol import Reader
from rag.reader.span_reader import NETWORK_DEPTH, SpanReader
from rag.retrieval.filters import day_asked
from rag.retrieval.retriever import Retriever

NUMBERS = (1, 2, 3, 5, 8, 10, 12, 15, 20)


@dataclass(frozen=True, slots=True)
class Read:
    """Figures of one depth on one corpus."""

    corpus: str
    passages: int
    depth: int
    """How many of them the network scored; 0 for a reader without one."""
    right: float
    """Share of answerable questions whose best quote holds an accepted answer."""
    f1: float
    """Of the words of the best quote, over answerable questions."""
    auroc: float | None
    """AUROC of the confidence, answerable against unanswerable; None where all are of one sort."""
    median_ms: float
    """Reading alone, without the search."""


def compare_numbers(
    corpora: Sequence[Corpus],
    encoder: Encoder,
    make: Callable[[Index], Reader],
    numbers: Sequence[int] = NUMBERS,
    depths: Sequence[int] = (),
) -> list[Read]:
    """Read each question's top 1, 2, ... passages; rows by corpus, then number.

    Parameters
    ----------
    depths
        How many of the passages a network scores; with every number that is no smaller. Empty: as many as
        it is by default.
    """
    found = []
    for corpus in corpora:
        with indexed(corpus, encoder) as index:
            reader, retriever = make(index), Retriever(index)
            alone = [rewrite_query(q.question, q.history) or q.question for q in corpus.questions]
            days = [day_asked(q.as_of) for q in corpus.questions]
            passages = [
                retriever.search(text, max(numbers), as_of=day)
                for text, day in zip(alone, days, strict=True)
            ]
            tried = [
                (n, own) for n in numbers for own in depths or [min(n, NETWORK_DEPTH)] if own <= n
            ]
            for number, own in tried:
                if isinstance(reader, SpanReader):
                    reader = reader.with_network_depth(own)
                rights, words, sure, times = [], [], [], []
                for question, text, day, some in zip(
                    corpus.questions, alone, days, passages, strict=True
                ):
                    began = time.perf_counter()
                    groups = group_spans(reader.read(text, some[:number], as_of=day))
                    times.append(time.perf_counter() - began)
                    best = groups[0] if groups else None
                    sure.append(reader.calibration.confidence(best.features) if best else 0.0)
                    if question.answerable:
                        quote = best.spans[0].quote if best else None
                        rights.append(holds_answer(quote, question.answers))
                        said = best.spans[0].text if best else None
                        words.append(token_f1(said, question.answers))
                found.append(
                    Read(
                        corpus.name,
                        number,
                        own if isinstance(reader, SpanReader) else 0,
                        statistics.fmean(rights) if rights else 0.0,
                        statistics.fmean(words) if words else 0.0,
                        auroc(sure, [q.answerable for q in corpus.questions]),
                        statistics.median(times) * 1000,
                    )
                )
    return found
