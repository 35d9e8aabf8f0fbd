"""Point 7: one field of what an index was built with does not agree."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rag import Index, Retriever
from rag.errors import IndexMismatchError, PressciteError
from rag.index import FORMAT
from rag.index.chunking import ChunkBudget
from rag.index.verify import verify_index
from tests.conftest import HashEncoder
from tests.faults.answer_snapshots import BUDGET, made, observe, opened
from tests.faults.model import Setting, Try
from tests.faults.operations import CATALOG, copy_of


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A field, the encoder or the edit that makes it disagree, and what a refusal must name."""

    field: str
    values: tuple[str, str]
    encoder: HashEncoder
    edit: Callable[[Path], None] | None = None
    refused: tuple[str, ...] = ("search", "add")
    """What must be refused: how chunks were counted matters only where new ones are."""


def mismatches(setting: Setting) -> Iterator[Try]:
    """Open, search and add with each field at odds: refused with both values, or handled."""
    pristine = setting.root / "pristine"
    with opened(pristine, create=True) as index:
        index.add(made(range(4)))
    folder = setting.root / "index"
    for mismatch in _mismatches():
        copy_of(pristine, folder)
        if mismatch.edit:
            mismatch.edit(folder)
        yield _refused(folder, mismatch)
    yield _budget_kept(copy_of(pristine, folder))
    for found in (0, FORMAT + 1, 99):
        copy_of(pristine, folder)
        _set(folder, "format", lambda _, found=found: found)
        yield _format_refused(folder, found)


def _mismatches() -> Iterator[Mismatch]:
    own = HashEncoder()

    def other(field: str, value: object) -> HashEncoder:
        encoder = HashEncoder()
        encoder.identity = replace(encoder.identity, **{field: value})
        return encoder

    def stored(field: str, value: object) -> Callable[[Path], None]:
        return lambda folder: _set(folder, "built_with", lambda built: built | {field: value})

    salted = HashEncoder(salt="x")
    sums = own.identity.weights_sha256, salted.identity.weights_sha256
    yield Mismatch("model name", ("hash-32", "other-32"), HashEncoder(name="other-32"))
    yield Mismatch("weights hash", (sums[0][:12], sums[1][:12]), salted)
    yield Mismatch("dimension", ("32", "16"), HashEncoder(dimension=16))
    yield Mismatch("normalisation", ("True", "False"), other("normalised", False))
    yield Mismatch("word pieces", ("256", "99"), other("max_word_pieces", 99))
    edit = stored("token_encoding", "o200k_base")
    yield Mismatch("token encoding", ("o200k_base", "cl100k_base"), own, edit, ("add",))
    liar = HashEncoder(salt="changed")
    liar.identity = own.identity
    yield Mismatch("probes", ("cosine", "0.95"), liar)


def _refused(folder: Path, mismatch: Mismatch) -> Try:
    """Check that opening, or else both searching and adding, is refused with both values."""
    missed = []
    wrong = None
    before = _texts(folder)
    for name, attempt in (
        ("search", lambda index: Retriever(index).search("bells of Konstanz")),
        ("add", lambda index: index.add(made([9]))),
    ):
        if name not in mismatch.refused:
            continue
        try:
            with Index.open(folder, create=True, encoder=mismatch.encoder, budget=BUDGET) as index:
                attempt(index)
            missed.append(name)
        except IndexMismatchError as error:
            text = str(error)
            absent = [value for value in mismatch.values if value not in text]
            if absent or len(text.splitlines()) != 1:
                wrong = f"{name}: the message does not name {absent}: {text}"
        except Exception as error:
            wrong = f"{name}: {type(error).__name__}: {error}"
    if missed:
        wrong = f"{' and '.join(missed)} went through with {' against '.join(mismatch.values)}"
    elif _texts(folder) != before:
        wrong = "a refused add changed the articles"
    row = f"{mismatch.field} differs"
    return Try(row, row, "old", refused=not missed, wrong=wrong)


def _budget_kept(folder: Path) -> Try:
    """Check what is documented: the budget of an index is its own, whatever is asked for later."""
    with Index.open(folder, encoder=HashEncoder(), budget=ChunkBudget(99, 3)) as index:
        kept = index.built_with.budget
        index.add(made([9]))
    fresh = folder.with_name("fresh")
    with opened(fresh, create=True) as index:
        index.add(made([*range(4), 9]))
    wrong = None if kept == BUDGET else f"{BUDGET} became {kept}"
    wrong = wrong or observe(folder).difference(observe(fresh))
    return Try("chunk budget differs", "another budget asked for", "new", wrong=wrong)


def _format_refused(folder: Path, found: int) -> Try:
    wrong = None
    for name, attempt in (
        ("open", lambda: opened(folder)),
        ("add", lambda: opened(folder, create=True)),
        ("verify", lambda: verify_index(folder, quick=True)),
    ):
        try:
            attempt()
            wrong = f"{name} went through"
        except PressciteError as error:
            text = str(error)
            if f"format {found}," not in text or "reads format " not in text:
                wrong = f"{name}: the message does not name both formats: {text}"
        except Exception as error:
            wrong = f"{name}: {type(error).__name__}: {error}"
    return Try("format version differs", f"format {found}", refused=wrong is None, wrong=wrong)


def _set(folder: Path, key: str, change: Callable[[dict], object]) -> None:
    """Change a value of the index's description, as another version would have written it."""
    connection = sqlite3.connect(folder / CATALOG)
    (value,) = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    changed = json.dumps(change(json.loads(value)))
    with connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = ?", (changed, key))
    connection.close()


def _texts(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / CATALOG)
    try:
        return [row[0] for row in connection.execute("SELECT text FROM articles ORDER BY seq")]
    finally:
        connection.close()
