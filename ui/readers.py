"""An answerer for ``--reader`` and ``--min-accuracy``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import QueryError

if TYPE_CHECKING:
    from datetime import date

    from rag.answering.answerer import Answerer
    from rag.index.protocol import SearchIndex
    from rag.reader.protocol import Reader


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
    index: SearchIndex,
    *,
    reader: str | None = None,
    min_accuracy: float | None = None,
    as_of: date | None = None,
) -> Answerer:
    """Return an answerer with the reader and the target accuracy asked for.

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
    from rag.reader.loading import load_reader

    named = {} if reader is None else {"name": reader}
    chosen: Reader = load_reader(**named, encode=index.encode)
    if min_accuracy is not None:
        from rag.reader.selective import at_target_accuracy

        chosen = at_target_accuracy(chosen, min_accuracy)
    return Answerer(index, reader=chosen, as_of=as_of)
