"""``presscite eval``: a question set and an index to figures, a table and a report."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from eval.datasets import Dataset, QuestionSet, RetrievalSet, Split, read_dataset
from rag.errors import DatasetError

if TYPE_CHECKING:
    from datetime import date

    from eval.result import Result
    from rag.answering.answerer import Answerer
    from rag.index import ArticleIndex
    from rag.index.opening import IndexName


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """Options of one run; None means the default."""

    dataset: Path | None
    """None for the sample's own questions."""
    index: IndexName | None
    split: Split
    oracle: bool
    limit: int | None
    reader: str | None
    compare: str | None
    min_accuracy: float | None
    as_of: date | None = None
    """The day of questions that name none; None for today."""
    by: str | None = None
    """The field of the questions to tell the figures by."""
    from_feedback: bool = False
    """Whether the questions are made of the feedback kept with the index."""
    collection: str | None = None
    """The label of the articles to ask; None for all."""


def run(options: EvalOptions) -> Result:
    """Run a question set, telling on standard error how far it is.

    Raises
    ------
    PressciteError
        Where the set, the index or a reader cannot be used.
    """
    from eval.runner import evaluate
    from ui.cli.progress import stages
    from ui.defaults import open_for_questions
    from ui.readers import answerer_with

    def ours(index: ArticleIndex) -> Answerer:
        return answerer_with(
            index, reader=options.reader, min_accuracy=options.min_accuracy, as_of=options.as_of
        )

    def others(index: ArticleIndex) -> Answerer:
        return answerer_with(
            index, reader=options.compare, min_accuracy=options.min_accuracy, as_of=options.as_of
        )

    with ExitStack() as stack:
        if options.from_feedback:
            opened: ArticleIndex | None
            kept = opened = stack.enter_context(open_for_questions(options.index)[0])
            questions = _told(feedback_questions(kept), "feedback", options)
        else:
            sample = options.dataset is None
            path = options.dataset or Path(str(files("eval.sample") / "questions.jsonl"))
            questions = _told(read_dataset(path, split=options.split), str(path), options)
            opened = _index(questions, options.index, sample=sample)
            if opened is not None:
                stack.enter_context(opened)
        shown = stack.enter_context(stages())
        result = evaluate(
            questions,
            index=opened,
            make_answerer=ours,
            make_other=others if options.compare is not None else None,
            oracle=options.oracle,
            limit=options.limit,
            collection=options.collection,
            progress=shown,
        )
    return replace(result, by=options.by)


def feedback_questions(index: ArticleIndex) -> QuestionSet:
    """Return the evaluation questions made of the feedback kept with an index.

    Raises
    ------
    DatasetError
        Where there is none to make a question of.
    """
    from eval.feedback import FeedbackStore, questions_of
    from ui.keeping import kept_folder

    def current(article_id: str) -> str | None:
        try:
            return index.article(article_id).id
        except KeyError:
            return index.successor(article_id)

    made = questions_of(FeedbackStore(kept_folder(index)).all(), current).questions
    if not made.questions:
        raise DatasetError(
            f"{index.place}: no feedback there to make a question of; in the chat, say which "
            f"answers are right or where the right one stands"
        )
    return made


def _told(questions: Dataset, name: str, options: EvalOptions) -> Dataset:
    """Return a question set, after saying its notes and checking the field to tell figures by."""
    from eval.grouping import check_field
    from ui.cli.output import say

    for note in questions.notes:
        say(f"{name}: {note}")
    if options.by is not None:
        # Said before the run, which may take minutes.
        check_field(questions, options.by)
    return questions


def record_of(result: Result) -> dict[str, object]:
    """Return what ``--json`` prints.

    The figures; ``lost``, where the answer to each question that was not told was lost; ``by``,
    where they are told by a field; and ``compared`` where there was a second reader.
    """
    from eval.comparison import compared_figures
    from eval.grouping import figures_by, groups_of
    from eval.losses import Loss

    record: dict[str, object] = dict(result.figures())
    record["lost"] = {
        one.id: one.loss.name.lower() for one in result.records if one.loss not in (None, Loss.TOLD)
    }
    if result.by is not None:
        record["by"] = figures_by(result)
    if result.compared is not None:
        record["compared"] = compared = compared_figures(result)
        if result.by is not None:
            groups = groups_of(result).items()
            compared["by"] = {result.by: {name: compared_figures(part) for name, part in groups}}
    return record


def _index(questions: Dataset, named: IndexName | None, *, sample: bool) -> ArticleIndex | None:
    """Return the index to ask, or None for a set that brings its own articles."""
    from ui.defaults import open_for_questions, open_sample

    if isinstance(questions, RetrievalSet) or questions.documents:
        return None
    return open_sample() if sample and named is None else open_for_questions(named)[0]
