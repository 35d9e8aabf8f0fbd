"""Presscite's own question sets: JSONL with a question a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eval.datasets.files import day_field, json_lines, string_field, string_list
from eval.datasets.records import Question, QuestionSet, Scalar, Split, question_word
from rag.dialogue.history import turns_of
from rag.errors import DatasetError, QueryError
from rag.types import Turn

_READ_FIELDS = frozenset(
    {"id", "question", "answers", "answer", "articles", "history", "kind", "as_of"}
)
_SPLITS = {"dev": "dev", "development": "dev", "test": "test"}
# A line without answers is unanswerable, so a misspelt name of the field must not pass for that.
_LIKE_ANSWERS = ("answer", "gold", "expected", "reference", "ground_truth", "label", "target")


def read_jsonl(path: Path, *, split: Split = "test") -> QuestionSet:
    """Read ``id``, ``question``, ``answers`` (or ``answer``, for a single one), ``articles``.

    Optional: ``history`` (earlier turns, oldest first), ``as_of`` (the day it was asked), ``kind``,
    ``split`` (dev or test). Other fields are kept for grouping where they hold one value, not several.

    Raises
    ------
    DatasetError
        Naming the line that cannot be read, or the split that holds no question.
    """
    questions = []
    seen: dict[str, int] = {}
    for number, row in json_lines(path):
        where = f"{path}:{number}"
        part = row.get("split")
        if part is not None and (not isinstance(part, str) or part not in _SPLITS):
            raise DatasetError(f"{where}: split is {part!r}; write dev or test, or leave it out")
        text = string_field(row, "question", where)
        name = str(number if row.get("id") is None else row["id"])
        if name in seen:
            raise DatasetError(
                f"{where}: id {name!r} stands in line {seen[name]} too; give every question its own"
            )
        seen[name] = number
        answers = _answers(row, where)
        if split != "all" and part is not None and _SPLITS[part] != split:
            continue
        kind = row.get("kind")
        questions.append(
            Question(
                id=name,
                question=text,
                answers=answers,
                articles=string_list(row, "articles", where),
                history=_history(row, where),
                kind=kind if isinstance(kind, str) and kind else question_word(text),
                as_of=day_field(row, "as_of", where),
                fields=_fields(row),
            )
        )
    if not seen:
        raise DatasetError(f"{path}: no question in it; write one object with a 'question' a line")
    if not questions:
        raise DatasetError(f"{path}: no question in split {split!r}; try --split all")
    return QuestionSet(path.name.split(".")[0], tuple(questions))


def _answers(row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    given = [name for name in ("answers", "answer") if row.get(name) is not None]
    if len(given) == 2:
        raise DatasetError(f"{where}: it has 'answer' and 'answers'; write 'answers' alone")
    if given:
        return string_list(row, given[0], where)
    other = [name for name in row if name.lower().startswith(_LIKE_ANSWERS)]
    other = [name for name in other if name not in _READ_FIELDS and row[name]]
    if other and "answers" not in row:
        raise DatasetError(
            f"{where}: it has {other[0]!r} and no 'answers'; rename it, or write an empty list "
            "of answers where the articles don't say"
        )
    return ()


def _fields(row: Mapping[str, Any]) -> Mapping[str, Scalar]:
    kept = {k: v for k, v in row.items() if k not in _READ_FIELDS and isinstance(v, Scalar)}
    return MappingProxyType(kept)


def _history(row: Mapping[str, Any], where: str) -> tuple[Turn, ...]:
    try:
        return turns_of(row.get("history"))
    except QueryError as error:
        raise DatasetError(f"{where}: {error}") from error
