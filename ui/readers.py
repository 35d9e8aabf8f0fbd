"""Which reader answers, and how sure it must be: what ``--reader`` and ``--min-accuracy`` mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import QueryError

if TYPE_CHECKING:
    from datetime import date

    from rag.answering.answerer import Answerer
    from rag.index import Index


def checked_accuracy(accuracy: float | None) -> float | None:
    """Return the accuracy asked for, before anything is loaded for it.

    Raises
    ------
    QueryError
        Where it is no share between 0 and 1.
    """
    if accuracy is not None and not 0 < accuracy < 1:
        raise QueryError(f"--min-accuracy is {accuracy:g}; give a share between 0 and 1, as in 0.9")
    return accuracy


def answerer_with(
    index: Index,
    *,
    reader: str | None = None,
    min_accuracy: float | None = None,
    as_of: date | None = None,
) -> Answerer:
    """Return an answerer whose reader has this name and abstains where it is less sure than that.

    Parameters
    ----------
    reader
        As `rag.reader.loading.load_reader` takes it; None for the answerer's own default.
    min_accuracy
        Share of right answers among those given, on the development questions; None for the
        reader's own threshold.
    as_of
        The day of questions that are asked without one; None for today.

    Raises
    ------
    ModelError
        Where nothing has that name.
    QueryError
        Where the reader never reached that accuracy.
    """
    from rag.answering.answerer import Answerer

    if reader is None:
        answerer = Answerer(index, as_of=as_of)
    else:
        from rag.reader.loading import load_reader

        answerer = Answerer(index, reader=load_reader(reader, encode=index.encode), as_of=as_of)
    if min_accuracy is None:
        return answerer
    from rag.reader.selective import at_target_accuracy

    return Answerer(
        index,
        reader=at_target_accuracy(answerer.reader, min_accuracy),
        retriever=answerer.retriever,
        as_of=as_of,
    )
