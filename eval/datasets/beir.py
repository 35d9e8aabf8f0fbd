"""BEIR folders: documents, queries and graded judgements (Thakur et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eval.datasets.files import file_text, json_lines, string_field
from eval.datasets.records import Document, Query, RetrievalSet
from rag.errors import DatasetError
from rag.types import MAX_QUESTION

_CORPUS, _QUERIES, _QRELS = "corpus.jsonl", "queries.jsonl", "qrels/test.tsv"


def read_beir(folder: Path) -> RetrievalSet:
    """Read ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/test.tsv``; only judged queries count.

    As in BEIR's own loader the last of several lines with one id counts, and a document's title is
    searched with its text. A query that is a document of the corpus (ArguAna) is not compared with itself.

    Raises
    ------
    DatasetError
        Where one of the three is missing or a line of it cannot be read.
    """
    notes: list[str] = []
    folder = _where_it_lies(folder, notes)
    qrels = _read_qrels(folder / _QRELS, notes)
    documents = _documents(folder / _CORPUS, notes)
    texts, twice = _by_id(folder / _QUERIES)
    if twice:
        notes.append(f"{_QUERIES}: {_number(twice, 'query id')} given again; the last counts")
    queries, cut = [], 0
    for name, (number, item) in texts.items():
        if name in qrels:
            text = string_field(item, "text", f"{folder / _QUERIES}:{number}")
            judged = MappingProxyType(qrels[name])
            itself = _itself(name, text, judged, documents)
            if len(text) > MAX_QUESTION:
                cut += 1
                text = text[:MAX_QUESTION].rsplit(None, 1)[0]
            queries.append(Query(name, text, judged, itself))
    if not queries:
        raise DatasetError(f"{folder}: no query of {_QUERIES} is judged in {_QRELS}")
    if cut:
        notes.append(
            f"{_QUERIES}: {_number(cut, 'query')} over {MAX_QUESTION:,} characters, "
            "searched by the beginning"
        )
    unknown = len(qrels) - len(queries)
    if unknown:
        notes.append(f"{_QRELS}: {_number(unknown, 'query id')} not in {_QUERIES}, left out")
    missing = {name for query in queries for name in query.qrels} - documents.keys()
    if missing:
        notes.append(
            f"{_QRELS}: {_number(len(missing), 'document')} not in {_CORPUS}, counted as not found"
        )
    return RetrievalSet(folder.name, tuple(queries), tuple(documents.values()), tuple(notes))


def _where_it_lies(folder: Path, notes: list[str]) -> Path:
    """Return the folder that holds the corpus: this one, or the only one in it that does."""
    if (folder / _CORPUS).exists():
        return folder
    inner = sorted(path.parent for path in folder.glob(f"*/{_CORPUS}"))
    if len(inner) > 1:
        names = ", ".join(path.name for path in inner)
        raise DatasetError(f"{folder}: holds {len(inner)} BEIR folders; name one of {names}")
    if not inner:
        raise DatasetError(
            f"{folder}: no {_CORPUS} in it; give a BEIR folder, with {_QUERIES} and {_QRELS} beside it"
        )
    notes.append(f"read from {inner[0]}")
    return inner[0]


def _read_qrels(table: Path, notes: list[str]) -> dict[str, dict[str, int]]:
    """Read BEIR's table, with or without its header line, or TREC's four columns."""
    qrels: dict[str, dict[str, int]] = {}
    again = 0
    for number, line in enumerate(file_text(table).splitlines(), start=1):
        fields = [field.strip() for field in line.split("\t")] if "\t" in line else line.split()
        if not any(fields):
            continue
        grade = _grade(fields[-1])
        if number == 1 and grade is None:
            continue
        if len(fields) == 4:
            # TREC: query, iteration, document, grade.
            del fields[1]
        if grade is None or len(fields) != 3 or not all(fields):
            raise DatasetError(
                f"{table}:{number}: expected query id, document id and a whole grade, between tabs; "
                "repair the line"
            )
        query, document, _ = fields
        judged = qrels.setdefault(query, {})
        again += document in judged
        judged[document] = grade
    if again:
        notes.append(f"{_QRELS}: {_number(again, 'judgement')} given again; the last counts")
    return qrels


def _grade(text: str) -> int | None:
    try:
        value = float(text)
        return int(value) if value == int(value) else None
    except (ValueError, OverflowError):
        return None


def _documents(path: Path, notes: list[str]) -> dict[str, Document]:
    rows, twice = _by_id(path)
    if twice:
        notes.append(f"{_CORPUS}: {_number(twice, 'document id')} given again; the last counts")
    documents, empty = {}, 0
    for name, (number, item) in rows.items():
        title, text = (item.get(key) or "" for key in ("title", "text"))
        if not isinstance(title, str) or not isinstance(text, str):
            raise DatasetError(f"{path}:{number}: title and text must be text; repair the line")
        if not text.strip():
            # BEIR searches the title with the text: alone it is all there is to find.
            title, text = "", title
        empty += not text.strip()
        documents[name] = Document(name, text, title.strip() or None)
    if empty:
        notes.append(f"{_CORPUS}: {_number(empty, 'document')} without words, never found")
    return documents


def _by_id(path: Path) -> tuple[dict[str, tuple[int, dict[str, Any]]], int]:
    """Return the last row of each id with its line, and how many rows came before their last."""
    rows: dict[str, tuple[int, dict[str, Any]]] = {}
    count = 0
    for number, item in json_lines(path):
        name = item.get("_id")
        if not isinstance(name, str | int) or isinstance(name, bool) or not str(name).strip():
            raise DatasetError(f"{path}:{number}: '_id' is {name!r}; write it as text")
        rows[str(name).strip()] = (number, item)
        count += 1
    return rows, count - len(rows)


def _itself(
    name: str, text: str, qrels: Mapping[str, int], documents: Mapping[str, Document]
) -> str | None:
    """Return the document that is the query: of its id and words, and not judged as relevant.

    BEIR's evaluation leaves out every document of the query's id, which also hits ids that are equal by
    chance, so the words must agree too.
    """
    document = documents.get(name)
    if document is None or qrels.get(name, 0) > 0:
        return None
    own, asked = (" ".join(words.lower().split()) for words in (document.text, text))
    return name if own and (own in asked or asked in own) else None


def _number(count: int, thing: str) -> str:
    plural = {"query": "queries"}.get(thing, f"{thing}s")
    return f"{count:,} {thing if count == 1 else plural}"
