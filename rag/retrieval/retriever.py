"""A question to passages: candidates by vector and by words, fused."""

from __future__ import annotations

from datetime import date

from embeddings import Vectors
from rag.errors import QueryError
from rag.features import PassageFeatures
from rag.index.protocol import IndexView, SearchIndex
from rag.retrieval.filters import day_asked, make_filters
from rag.text.temporal import TimeFrame, time_features, time_frame, time_score
from rag.types import Filters, Passage

MAX_QUESTION = 2000
MAX_K = 1000
# Share of the vectors' score in the fused one (python -m eval.lab.tune fusion). Recall at 1 and 10 on the
# sample's development half is 0.87 and 0.99, on 50 hard questions about raw news articles 0.62 and 0.88, on
# Wikipedia paragraphs 0.74 and 0.95; at 0.7 0.84 and 0.99, 0.52 and 0.84, 0.80 and 0.96: on news it is the
# better weight. Words alone 0.66 and 0.95, 0.42 and 0.74, 0.77 and 0.94; vectors alone 0.68 and 0.99, 0.62
# and 0.86, 0.65 and 0.93; reciprocal rank fusion 0.82 and 0.99, 0.58 and 0.88, 0.80 and 0.96.
DENSE_WEIGHT = 0.8
TIME_WEIGHT = 0.03
"""What a log-day of a passage's date (`rag.text.temporal.time_score`) takes from the fused score."""
_DEPTH = 100
# Passages among which the newest date is looked for: as many as are read, however many are asked for.
_NEWEST_OF = 12


class Retriever:
    """Searches one index; many threads may share it."""

    def __init__(
        self,
        index: SearchIndex,
        *,
        dense_weight: float = DENSE_WEIGHT,
        time_weight: float = TIME_WEIGHT,
    ) -> None:
        self.index = index
        self._dense_weight = dense_weight
        self._time_weight = time_weight

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        outlet: str | None = None,
        language: str | None = None,
        as_of: date | str | None = None,
    ) -> list[Passage]:
        """Return up to k passages, best first; scores lie in 0..1, equal ones keep the index's order.

        Nothing published after ``as_of``, the day the question is asked (default today), is among
        them; articles without a date are.

        Raises
        ------
        QueryError
            Where the question is empty or over 2,000 characters, or k or a filter is none.
        """
        question = checked_question(question)
        if not 1 <= k <= MAX_K:
            raise QueryError(f"k is {k}; ask for 1 to {MAX_K} passages")
        asked = day_asked(as_of)
        filters = make_filters(since, until, outlet, language, asked)
        frame = time_frame(question, asked)
        vector = self.index.encode([question])[0]
        with self.index.view() as view:
            return self._fused(view, question, vector, k, filters, frame)

    def _fused(
        self,
        view: IndexView,
        question: str,
        vector: Vectors,
        k: int,
        filters: Filters,
        frame: TimeFrame | None,
    ) -> list[Passage]:
        """Combine both candidate lists convexly.

        Each score is divided by the best of its kind, zero staying zero, and the two are mixed
        (Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval"). How
        well a passage's date suits the question is added with its own weight.
        """
        depth = max(_DEPTH, k)
        near = dict(view.search_dense(vector, depth, filters))
        lexical = dict(view.search_lexical(question, depth, filters))
        found = view.chunks(sorted(near.keys() | lexical.keys()))
        # From the catalog's own vectors: FAISS sums in another order, so that the last bits, and
        # with them the order of what is equal, would depend on what has been folded so far.
        dense = {number: float(own @ vector) for number, (_, _, own) in found.items()}
        top_dense = max((dense[n] for n in found), default=0.0) or 1.0
        top_words = max((lexical.get(n, 0.0) for n in found), default=0.0) or 1.0
        weight = self._dense_weight
        fused = {
            n: weight * max(0.0, dense[n]) / max(top_dense, 1e-6)
            + (1 - weight) * lexical.get(n, 0.0) / top_words
            for n in found
        }
        published = {n: owner.article.published for n, (_, owner, _) in found.items()}
        best = sorted(fused, key=lambda n: (-fused[n], n))[:_NEWEST_OF]
        newest = max((day for n in best if (day := published[n])), default=None)
        timed = {n: time_features(frame, published[n], newest) for n in found}
        scored = sorted(
            (-max(0.0, fused[n] + self._time_weight * time_score(timed[n])), n) for n in found
        )
        passages = []
        for score, number in scored[:k]:
            chunk, owner, _ = found[number]
            passages.append(
                Passage(
                    chunk,
                    owner.article,
                    round(-score, 6),
                    PassageFeatures(dense[number], lexical.get(number, 0.0), timed[number]),
                    owner.copy_group,
                )
            )
        return passages


def checked_question(question: str) -> str:
    """Return a question in the articles' own Unicode form.

    Raises
    ------
    QueryError
    """
    from rag.text.normalise import normalise_line

    question = normalise_line(question)
    if not any(character.isalnum() for character in question):
        raise QueryError("the question is empty; ask something in words")
    if len(question) > MAX_QUESTION:
        raise QueryError(
            f"the question has {len(question):,} characters; at most {MAX_QUESTION:,} can be read"
        )
    return question
