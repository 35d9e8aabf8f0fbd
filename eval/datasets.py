"""Question sets from disk: presscite's own JSONL, SQuAD files, BEIR folders."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from rag.errors import DatasetError
from rag.types import Turn

Split = Literal["dev", "test", "all"]

Scalar = str | int | float | bool
"""What a field of a question may hold for questions to be grouped by it."""

_READ_FIELDS = frozenset({"id", "question", "answers", "articles", "history", "kind", "as_of"})
_SPLITS = {"dev": "dev", "development": "dev", "test": "test"}
_KINDS: tuple[tuple[str, str], ...] = (
    (r"how (many|much)|what (percentage|share|number|amount|proportion)", "how many"),
    (r"how", "how"),
    (r"who(se|m)?", "who"),
    (r"when|(in |on )?(what|which) (year|month|day|date|time)", "when"),
    (r"where|(in |on )?(what|which) (city|country|place|state|town|province)", "where"),
    (r"why", "why"),
    (r"(what|which)|(in|on|at|by|for|of|to|from|with) (what|which)", "what"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question with the answers that count; no answers means the articles don't say."""

    id: str
    question: str
    answers: tuple[str, ...]
    articles: tuple[str, ...]
    """Where the answer stands: article ids, URLs, paths or file stems; empty means anywhere."""
    history: tuple[Turn, ...] = ()
    kind: str = "other"
    as_of: date | None = None
    """The day it was asked; None where that does not matter, which means today."""
    fields: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    """What else its line says, to group by."""

    @property
    def answerable(self) -> bool:
        """Whether there is an answer to find."""
        return bool(self.answers)


@dataclass(frozen=True, slots=True)
class Document:
    """A text that becomes an article of a temporary index."""

    id: str
    text: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions to answer, from an index (no documents) or from the documents they came with."""

    name: str
    questions: tuple[Question, ...]
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A question with graded relevance by document id; retrieval only."""

    id: str
    question: str
    qrels: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """A BEIR folder: documents to search and the queries its qrels judge."""

    name: str
    queries: tuple[Query, ...]
    documents: tuple[Document, ...]


Dataset = QuestionSet | RetrievalSet


def kind_of(question: str) -> str:
    """What a question asks for, by its first words: who, when, where, why, how many, what..."""
    start = question.strip().lower()
    for pattern, kind in _KINDS:
        if re.match(rf"(?:{pattern})\b", start):
            return kind
    return "other"


def read_dataset(path: Path, *, split: Split = "test") -> Dataset:
    """Read a question set, whichever of the three it is.

    Parameters
    ----------
    path
        A ``.jsonl`` of presscite's own, a SQuAD ``.json`` (either may be gzipped), or a BEIR
        folder.
    split
        Which part of a presscite JSONL; lines that name no split belong to every one.

    Raises
    ------
    DatasetError
        Where the file is missing, empty, or holds what it should not.
    """
    if path.is_dir():
        return read_beir(path)
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".jsonl"):
        return read_jsonl(path, split=split)
    if name.endswith(".json"):
        return read_squad(path)
    if not path.exists():
        raise DatasetError(f"{path}: no such file; give a .jsonl, a SQuAD .json or a BEIR folder")
    raise DatasetError(
        f"{path}: cannot tell what this is; give a .jsonl, a SQuAD .json or a BEIR folder"
    )


def read_jsonl(path: Path, *, split: Split = "test") -> QuestionSet:
    """Read presscite's own question set: ``id``, ``question``, ``answers``, ``articles``.

    Optional: ``history`` (earlier turns, oldest first), ``as_of`` (the day it was asked), ``kind``,
    ``split`` (dev or test). Other fields are kept for grouping where they hold one value, not several.

    Raises
    ------
    DatasetError
        Naming the line that cannot be read, or the split that holds no question.
    """
    questions = []
    seen: dict[str, int] = {}
    for number, row in _json_lines(path):
        where = f"{path}:{number}"
        part = row.get("split")
        if part is not None and part not in _SPLITS:
            raise DatasetError(f"{where}: split is {part!r}; write dev or test, or leave it out")
        text = _string(row, "question", where)
        name = str(row.get("id", number))
        if name in seen:
            raise DatasetError(
                f"{where}: id {name!r} stands in line {seen[name]} too; give every question its own"
            )
        seen[name] = number
        if split != "all" and part is not None and _SPLITS[part] != split:
            continue
        kind = row.get("kind")
        questions.append(
            Question(
                id=name,
                question=text,
                answers=_strings(row, "answers", where),
                articles=_strings(row, "articles", where),
                history=_history(row, where),
                kind=kind if isinstance(kind, str) and kind else kind_of(text),
                as_of=_day(row, "as_of", where),
                fields=_fields(row),
            )
        )
    if not questions:
        raise DatasetError(f"{path}: no question in split {split!r}; try --split all")
    return QuestionSet(path.name.split(".")[0], tuple(questions))


def read_squad(path: Path) -> QuestionSet:
    """Read SQuAD v1.1 or v2.0; every distinct paragraph becomes a document, in file order.

    Raises
    ------
    DatasetError
        Where the file is not SQuAD's JSON.
    """
    try:
        data = json.loads(_text(path))["data"]
        documents: dict[tuple[str, str], Document] = {}
        questions: dict[str, Question] = {}
        for page in data:
            title = str(page.get("title") or "").replace("_", " ")
            for paragraph in page["paragraphs"]:
                key = (title, str(paragraph["context"]))
                document = documents.setdefault(
                    key, Document(f"paragraph-{len(documents) + 1}", key[1], title or None)
                )
                for item in paragraph["qas"]:
                    question = _squad_question(item, document.id)
                    questions.setdefault(question.id, question)
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}:{error.lineno}: not JSON ({error.msg}); repair it") from error
    except (ValueError, RecursionError) as error:
        # Figures of thousands of digits, or brackets nested as deep.
        raise DatasetError(f"{path}: no JSON to be read ({error}); repair it") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{path}: not a SQuAD file ({error!r} where data/paragraphs/qas are expected); "
            "give SQuAD v1.1 or v2.0"
        ) from error
    if not questions:
        raise DatasetError(f"{path}: no question in it; give SQuAD v1.1 or v2.0")
    return QuestionSet(
        path.name.split(".")[0], tuple(questions.values()), tuple(documents.values())
    )


def _squad_question(item: Mapping[str, Any], document: str) -> Question:
    impossible = bool(item.get("is_impossible", False))
    answers = () if impossible else tuple(dict.fromkeys(str(a["text"]) for a in item["answers"]))
    text = str(item["question"]).strip()
    return Question(str(item["id"]), text, answers, (document,), kind=kind_of(text))


def read_beir(folder: Path) -> RetrievalSet:
    """Read ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/test.tsv``; only judged queries count.

    Raises
    ------
    DatasetError
        Where one of the three is missing or a line of it cannot be read.
    """
    qrels: dict[str, dict[str, int]] = {}
    table = folder / "qrels" / "test.tsv"
    rows = csv.reader(_text(table).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, row in enumerate(rows, start=1):
        if not row or (number == 1 and row[-1].strip() == "score"):
            continue
        try:
            query, document, grade = row
            qrels.setdefault(query, {})[document] = int(grade)
        except ValueError as error:
            raise DatasetError(
                f"{table}:{number}: expected query id, document id and grade, between tabs; "
                "repair the line"
            ) from error
    queries = []
    for number, item in _json_lines(folder / "queries.jsonl"):
        where = f"{folder / 'queries.jsonl'}:{number}"
        name = str(item.get("_id", ""))
        if name in qrels:
            judged = MappingProxyType(qrels[name])
            queries.append(Query(name, _string(item, "text", where), judged))
    documents = tuple(
        Document(
            str(item.get("_id", number)), str(item.get("text") or ""), item.get("title") or None
        )
        for number, item in _json_lines(folder / "corpus.jsonl")
    )
    if not queries:
        raise DatasetError(f"{folder}: no query of queries.jsonl is judged in qrels/test.tsv")
    return RetrievalSet(folder.name, tuple(queries), documents)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such file; check the path") from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged or not UTF-8"
        raise DatasetError(f"{path}: cannot be read ({reason}); save it as UTF-8 text") from error


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DatasetError(
                f"{path}:{number}: not JSON ({error.msg}); write one object a line"
            ) from error
        except (ValueError, RecursionError) as error:
            raise DatasetError(
                f"{path}:{number}: no JSON to be read ({error}); repair it"
            ) from error
        if not isinstance(row, dict):
            raise DatasetError(f"{path}:{number}: not an object; write one object a line")
        yield number, row


def _string(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DatasetError(f"{where}: {key!r} is {value!r}; write it as text")
    return value.strip()


def _strings(row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = row.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise DatasetError(f"{where}: {key!r} is {value!r}; write a list of texts")
    return tuple(value)


def _day(row: Mapping[str, Any], key: str, where: str) -> date | None:
    value = row.get(key)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise DatasetError(f"{where}: {key!r} is {value!r}; write a day as YYYY-MM-DD") from None


def _fields(row: Mapping[str, Any]) -> Mapping[str, Scalar]:
    kept = {k: v for k, v in row.items() if k not in _READ_FIELDS and isinstance(v, Scalar)}
    return MappingProxyType(kept)


def _history(row: Mapping[str, Any], where: str) -> tuple[Turn, ...]:
    turns: Sequence[Any] = row.get("history") or ()
    if not isinstance(turns, list | tuple) or not all(isinstance(t, dict) for t in turns):
        raise DatasetError(f"{where}: 'history' is {turns!r}; write a list of question and answer")
    return tuple(Turn(_string(turn, "question", where), turn.get("answer")) for turn in turns)
