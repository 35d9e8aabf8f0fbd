"""Words in Milvus: terms it leaves as they are, the vocabulary with its counts, and exact BM25 scores.

Milvus's BM25 function finds the candidates. It counts in each part of a collection by itself (milvus-lite)
or with what was removed; so that the order is the same wherever an index is, the candidates are scored again
with the counts of the whole index, as Tantivy does it for the folder index.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.index.milvus.head import Totals
from rag.index.milvus.schema import K1, NO_VECTOR, B, Names
from rag.index.milvus.server import Row, Server
from rag.index.search_terms import SearchTerm

_ENCODED = "zq"
"""Begins a term that Milvus's analyser would split or change: hexadecimal UTF-8 follows."""
FIELDS = ("body", "title")


def encoded(term: str) -> str:
    """Return a term in ASCII letters and digits; each gives another."""
    if term.isascii() and term.isalnum() and term == term.lower() and not term.startswith(_ENCODED):
        return term
    return f"{_ENCODED}{term.encode().hex()}"


def decoded(stored: str) -> str:
    """Return the term of which `encoded` made this."""
    if not stored.startswith(_ENCODED):
        return stored
    return bytes.fromhex(stored.removeprefix(_ENCODED)).decode()


# The vocabulary

Counts = dict[str, Counter[str]]
"""By field, in how many chunks each term stands."""


def counts_of(chunks: Iterable[Row]) -> Counts:
    """Return in how many of these chunks each term stands, by field."""
    found: Counts = {field: Counter() for field in FIELDS}
    for chunk in chunks:
        for field in FIELDS:
            found[field].update(set(str(chunk[field]).split()))
    return found


def totals_of(chunks: Sequence[Row]) -> Totals:
    """Return how many chunks and terms these are."""
    lengths = {field: sum(len(str(chunk[field]).split()) for chunk in chunks) for field in FIELDS}
    return Totals(chunks=len(chunks), body_terms=lengths["body"], title_terms=lengths["title"])


def count_terms(server: Server, names: Names, born: int, added: Counts, removed: Counts) -> None:
    """Write the vocabulary of a revision; an older view uses the counts before.

    Only two counts are kept: a view that is older by more than one change of a term sees its newer ones,
    which moves a score by little and no answer into or out of sight.
    """
    changes = {
        field: {
            term: added[field][term] - removed[field][term]
            for term in added[field].keys() | removed[field].keys()
        }
        for field in FIELDS
    }
    terms = sorted({term for one in changes.values() for term, by in one.items() if by})
    known = {row["key"]: row for row in _rows(server, names, terms)}
    new: list[Row] = []
    changed: list[Row] = []
    for term in terms:
        before = known.get(term)
        now = _now(before) if before and int(before["born"]) < born else _before(before)
        row: Row = {"key": term, "nothing": NO_VECTOR, "length": len(decoded(term)), "born": born}
        for field in FIELDS:
            row[f"{field}_before"] = now[field]
            row[field] = max(0, now[field] + changes[field].get(term, 0))
        (changed if before else new).append(row)
    server.put(names.terms, new, new=True)
    server.put(names.terms, changed, new=False)


def term_row(term: str, counts: Mapping[str, int], revision: int) -> Row:
    """Return a term's row that says the same at a revision and before it."""
    row: Row = {"key": term, "nothing": NO_VECTOR, "length": len(decoded(term)), "born": revision}
    for field in FIELDS:
        row[field] = row[f"{field}_before"] = counts[field]
    return row


def forget_unfinished(server: Server, names: Names, revision: int) -> None:
    """Take back the counts of revisions that were never completed."""
    fields = ["key", "length", "born", *_COUNTED]
    broken = server.query(names.terms, f"born > {revision}", fields)
    kept, gone = [], []
    for row in broken:
        before = _before(row)
        if any(before.values()):
            counts = {f"{field}_before": before[field] for field in FIELDS}
            kept.append({**row, **before, **counts, "born": revision, "nothing": NO_VECTOR})
        else:
            gone.append(row["key"])
    server.put(names.terms, kept, new=False)
    for start in range(0, len(gone), 500):
        listed = ", ".join(f'"{key}"' for key in gone[start : start + 500])
        server.delete(names.terms, f"key in [{listed}]")


_COUNTED = ("body", "title", "body_before", "title_before")


def _rows(server: Server, names: Names, terms: Sequence[str]) -> list[Row]:
    return server.query_in(names.terms, "key", terms, ["key", "length", "born", *_COUNTED])


def _now(row: Row) -> dict[str, int]:
    return {field: int(row[field]) for field in FIELDS}


def _before(row: Row | None) -> dict[str, int]:
    return {field: int(row[f"{field}_before"]) if row else 0 for field in FIELDS}


class Vocabulary:
    """The terms of one revision."""

    def __init__(self, server: Server, names: Names, revision: int) -> None:
        self._server = server
        self._names = names
        self._revision = revision
        self.counts: dict[str, dict[str, int]] = {}
        """Of the terms that were looked up: in how many chunks each stands, by field."""

    def look_up(self, terms: Iterable[str]) -> None:
        """Have `counts` know these terms."""
        missing = [one for one in dict.fromkeys(terms) if one not in self.counts]
        found = _rows(self._server, self._names, [encoded(one) for one in missing])
        self.counts.update({one: {"body": 0, "title": 0} for one in missing})
        self.counts.update({decoded(row["key"]): self._seen(row) for row in found})

    def has(self, term: str) -> bool:
        """Whether any chunk has a term in its text or its title."""
        self.look_up([term])
        return any(self.counts[term].values())

    def beginning(self, letter: str, shortest: int, longest: int) -> list[str]:
        """Return the terms of texts that begin with a letter, of so many characters."""
        start = letter if letter.isascii() else f"{_ENCODED}{letter.encode().hex()}"
        found = self._server.query(
            self._names.terms,
            f'key like "{start}%" and length >= {shortest} and length <= {longest}',
            ["key", "length", "born", *_COUNTED],
        )
        terms = [(decoded(row["key"]), self._seen(row)) for row in found]
        return sorted(one for one, counts in terms if counts["body"] and one.startswith(letter))

    def _seen(self, row: Row) -> dict[str, int]:
        return _now(row) if int(row["born"]) <= self._revision else _before(row)


# Scores


@dataclass(frozen=True, slots=True)
class Bm25:
    """BM25 as Tantivy computes it, over the terms of a question."""

    terms: Sequence[SearchTerm]
    counts: Mapping[str, Mapping[str, int]]
    totals: Totals

    def score(self, chunk: Row) -> float:
        """Return a chunk's score, from its fields ``body`` and ``title``; 0 without any of the terms."""
        total = np.float32(0)
        texts = {field: str(chunk[field]).split() for field in FIELDS}
        means = {"body": self.totals.body_terms, "title": self.totals.title_terms}
        for term in self.terms:
            stored = encoded(term.text)
            for field, weight in (("body", term.weight), ("title", term.title_weight)):
                times = texts[field].count(stored)
                if not times:
                    continue
                count = self.counts[term.text][field]
                chunks = max(1, self.totals.chunks)
                idf = math.log(1 + (chunks - count + 0.5) / (count + 0.5))
                length = _LENGTHS[bisect_right(_LENGTHS, len(texts[field])) - 1]
                norm = K1 * (1 - B + B * length * chunks / max(1, means[field]))
                total += np.float32(weight * idf * (1 + K1) * times / (times + norm))
        return float(total)


def _lengths() -> list[int]:
    """Return the lengths that Lucene and Tantivy tell apart, in a byte: exact to 40, then in steps."""
    found = []
    for code in range(256):
        bits, shift = (code - 24) & 7, ((code - 24) >> 3) - 1
        found.append(code if code < 24 else 24 + (bits if shift < 0 else (bits | 8) << shift))
    return found


_LENGTHS = _lengths()
