"""Question sets from disk: presscite's own JSONL, SQuAD files, BEIR folders."""

from __future__ import annotations

from pathlib import Path

from eval.datasets.beir import read_beir
from eval.datasets.own import read_jsonl
from eval.datasets.records import (
    Dataset,
    Document,
    Query,
    Question,
    QuestionSet,
    RetrievalSet,
    Scalar,
    Split,
    question_word,
)
from eval.datasets.squad import has_contexts, read_squad, read_squad_rows
from rag.errors import DatasetError

__all__ = [
    "Dataset",
    "Document",
    "Query",
    "Question",
    "QuestionSet",
    "RetrievalSet",
    "Scalar",
    "Split",
    "question_word",
    "read_beir",
    "read_dataset",
    "read_jsonl",
    "read_squad",
]


def read_dataset(path: Path, *, split: Split = "test") -> Dataset:
    """Read a question set, whichever of the three it is.

    Parameters
    ----------
    path
        A ``.jsonl`` of presscite's own or of SQuAD rows, a SQuAD ``.json`` (each may be gzipped), or
        a BEIR folder.
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
        return read_squad_rows(path) if has_contexts(path) else read_jsonl(path, split=split)
    if name.endswith(".json"):
        return read_squad(path)
    if not path.exists():
        raise DatasetError(f"{path}: no such file; give a .jsonl, a SQuAD .json or a BEIR folder")
    raise DatasetError(
        f"{path}: cannot tell what this is; give a .jsonl, a SQuAD .json or a BEIR folder"
    )
