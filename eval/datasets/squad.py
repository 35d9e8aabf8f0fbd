"""SQuAD v1.1 and v2.0 files, nested as published or one row a question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.datasets.files import file_text, json_lines
from eval.datasets.records import Document, Question, QuestionSet, question_word
from rag.errors import DatasetError

_FLAGS = {"true": True, "false": False, "1": True, "0": False}


class _Reading:
    """Collects the documents and questions of one file, and what is to be noted about them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._documents: dict[tuple[str, str], Document] = {}
        self._questions: dict[str, Question] = {}
        self._asked: set[tuple[str, str, str]] = set()
        self._counts: dict[str, int] = {}

    def add(self, title: object, context: object, rows: object) -> None:
        """Add a paragraph with its questions."""
        if not isinstance(context, str) or not context.strip():
            self._count("{} without a text, left out with its questions", "paragraph")
            return
        if not isinstance(rows, list):
            raise TypeError(f"qas is {rows!r}")
        name = title.replace("_", " ") if isinstance(title, str) else ""
        key = (name, context)
        document = self._documents.setdefault(
            key, Document(f"paragraph-{len(self._documents) + 1}", context, name or None)
        )
        for row in rows:
            self._add_question(row, document)

    def _add_question(self, row: Mapping[str, Any], document: Document) -> None:
        text = row["question"]
        if not isinstance(text, str) or not text.strip():
            self._count("{} without words, left out", "question")
            return
        given = row.get("id")
        own = str(len(self._questions) + 1) if given is None else str(given)
        text = " ".join(text.split())
        if (own, text, document.id) in self._asked:
            return
        self._asked.add((own, text, document.id))
        name, number = own, 1
        while name in self._questions:
            number += 1
            name = f"{own}#{number}"
        if number > 1:
            self._count("{} with an id that another has, numbered", "question")
        answers = self._answers(row, document)
        self._questions[name] = Question(
            name, text, answers, (document.id,), kind=question_word(text)
        )

    def _answers(self, row: Mapping[str, Any], document: Document) -> tuple[str, ...]:
        impossible = _flag(row.get("is_impossible"))
        if impossible:
            return ()
        found = tuple(dict.fromkeys(text for text in _texts(row.get("answers")) if text.strip()))
        if not found and impossible is False:
            self._count("{} without an answer, not marked impossible; taken as such", "question")
        if any(text not in document.text for text in found):
            self._count("{} with an answer that its paragraph does not hold", "question")
        return found

    def _count(self, form: str, thing: str) -> None:
        key = f"{form}|{thing}"
        self._counts[key] = self._counts.get(key, 0) + 1

    def done(self) -> QuestionSet:
        """Return what was read.

        Raises
        ------
        DatasetError
            Where no question was.
        """
        notes = []
        for key, count in self._counts.items():
            form, _, thing = key.partition("|")
            notes.append(form.format(f"{count:,} {thing}{'s' if count > 1 else ''}"))
        if not self._questions:
            why = f" ({'; '.join(notes)})" if notes else ""
            raise DatasetError(f"{self._path}: no question in it{why}; give SQuAD v1.1 or v2.0")
        return QuestionSet(
            self._path.name.split(".")[0],
            tuple(self._questions.values()),
            tuple(self._documents.values()),
            tuple(notes),
        )


def read_squad(path: Path) -> QuestionSet:
    """Read SQuAD v1.1 or v2.0; every distinct paragraph becomes a document, in file order.

    Rows of one question each with its ``context``, as dataset libraries export them, are read too.

    Raises
    ------
    DatasetError
        Where the file is not SQuAD's JSON.
    """
    reading = _Reading(path)
    try:
        data = json.loads(file_text(path))["data"]
        for page in data:
            if "paragraphs" not in page and "context" in page:
                reading.add(page.get("title"), page["context"], [page])
                continue
            for paragraph in page["paragraphs"]:
                reading.add(page.get("title"), paragraph["context"], paragraph["qas"])
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}:{error.lineno}: not JSON ({error.msg}); repair it") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{path}: not a SQuAD file ({error!r} where data/paragraphs/qas are expected); "
            "give SQuAD v1.1 or v2.0"
        ) from error
    except (ValueError, RecursionError) as error:
        # Figures of thousands of digits, or brackets nested as deep.
        raise DatasetError(f"{path}: no JSON to be read ({error}); repair it") from error
    return reading.done()


def has_contexts(path: Path) -> bool:
    """Whether the lines of a JSONL bring their own paragraph, as exported SQuAD rows do."""
    for _, row in json_lines(path):
        return "context" in row and "question" in row
    return False


def read_squad_rows(path: Path) -> QuestionSet:
    """Read a JSONL of SQuAD rows: ``context``, ``question``, ``answers`` with their ``text``.

    Raises
    ------
    DatasetError
    """
    reading = _Reading(path)
    for number, row in json_lines(path):
        try:
            reading.add(row.get("title"), row.get("context"), [row])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DatasetError(
                f"{path}:{number}: no SQuAD row ({error!r}); write context, question and answers"
            ) from error
    return reading.done()


def _texts(answers: object) -> Iterator[str]:
    if isinstance(answers, Mapping):
        # Exported by column: {"text": [...], "answer_start": [...]}.
        answers = answers["text"]
        if not isinstance(answers, list):
            raise TypeError(f"the answers' text is {answers!r}")
    if answers is None:
        return
    if not isinstance(answers, list):
        raise TypeError(f"answers is {answers!r}")
    for answer in answers:
        text = answer["text"] if isinstance(answer, Mapping) else answer
        if not isinstance(text, str):
            raise TypeError(f"an answer is {answer!r}")
        yield text


def _flag(value: object) -> bool | None:
    """Return what ``is_impossible`` says; None where it is not there."""
    if value is None or isinstance(value, bool):
        return value
    found = _FLAGS.get(str(value).strip().lower())
    if found is None:
        raise TypeError(f"is_impossible is {value!r}, neither true nor false")
    return found
