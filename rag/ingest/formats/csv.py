"""CSV and TSV: one article a row, under a header that names the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import chain, islice, zip_longest
from typing import IO

from rag.errors import SourceError
from rag.ingest.article import MAX_CHARACTERS
from rag.ingest.field_names import column_for, listed
from rag.ingest.formats.csv_quotes import Dialect, Lines, row_inside
from rag.ingest.formats.text_stream import text_lines
from rag.ingest.options import ARTICLE_FIELDS, DEFAULTS, ReadOptions
from rag.ingest.positions import begin
from rag.ingest.records import Record, read_records
from rag.types import Article, Skipped

_DELIMITERS = (",", ";", "\t", "|")
# Lines of a file by which its dialect is told, and the characters of each.
_SAMPLE = 50
_SAMPLE_WIDTH = 20_000
_MAX_COLUMNS = 2000
# Rows in a row that cannot be read before the rest is given up.
_MAX_BROKEN = 1000


def read_csv(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the article of each row, or why it holds none; memory holds a few rows at a time.

    Columns are named by the first row, and are those of ``--field`` or of ``field_names.tsv``. Cells
    stand between commas, semicolons, tabs or bars.

    Raises
    ------
    SourceError
        Where no column is known to hold the text, or one that the user names is not there.
    """
    place = begin(stream, source, options)
    if place.begin.finished:
        return
    # The limit of the module is one for the whole process, and shorter than a long article.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CHARACTERS))
    # A row ends where a piece of text does: a line must come whole.
    lines = text_lines(stream, MAX_CHARACTERS)
    head = [line for line in islice(lines, _SAMPLE) if line]
    if head and head[0].lower().startswith("sep=") and len(head[0].strip()) == 5:
        # Excel's own mark of the delimiter.
        dialect = _dialect(head[1:], (head[0].strip()[4],))
        head = head[1:]
    else:
        dialect = _dialect(head, _DELIMITERS)
    rows = _rows(Lines(chain(head, lines)), dialect)
    header = next((cells for _, cells in rows if any(cells)), None)
    if header is None:
        raise SourceError("empty: no row in it")
    if isinstance(header, str):
        raise SourceError(f"its first row: {header}")
    columns = [cell.strip() for cell in header]
    check_columns(dict.fromkeys(columns), options)
    records = _records(rows, columns, source)
    yield from read_records(records, source, options, numbered=True, place=place)


def check_columns(columns: Mapping[str, object], options: ReadOptions) -> None:
    """Check that a table has a column for the text, and those that the user names.

    Raises
    ------
    SourceError
    """
    for field in ARTICLE_FIELDS:
        if field in options.fields:
            column_for(columns, field, options.fields)
    if column_for(columns, "text", options.fields) is None:
        raise SourceError(
            f"no column for the text among {listed(columns)}: name it with --field text=NAME; "
            "the first row must name the columns"
        )


def _records(
    rows: Iterator[tuple[int, list[str] | str]], columns: list[str], source: str
) -> Iterator[Record | Skipped]:
    for number, cells in rows:
        if isinstance(cells, str):
            yield Skipped(f"{source}#{number}", cells)
        elif len(cells) > len(columns) and any(cells[len(columns) :]):
            yield Skipped(f"{source}#{number}", f"{len(cells)} cells under {len(columns)} columns")
        elif any(cell.strip() for cell in cells):
            fields: dict[str, object] = {}
            for name, cell in zip_longest(columns, cells[: len(columns)], fillvalue=""):
                # Of columns of one name the first that says something.
                if name and not fields.get(name):
                    fields[name] = cell
            yield Record(number, fields)


def _rows(lines: Lines, dialect: Dialect) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the cells of each row with the number of its first line, or why it has none."""
    reader = csv.reader(lines, **dialect)
    width = broken = 0
    while True:
        first = lines.begin()
        problem = None
        cells: list[str] = []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"not a row of CSV: {error}"
        at = row_inside(lines.row, width, dialect)
        if at is not None:
            yield first, "a quotation mark in it is never closed"
            lines.return_from(at)
            reader = csv.reader(lines, **dialect)
        elif problem:
            broken += 1
            yield first, problem
            if broken >= _MAX_BROKEN:
                yield first, "the rest was not read"
                return
            # The reader may be inside a quote that was never closed.
            reader = csv.reader(lines, **dialect)
        elif len(cells) > _MAX_COLUMNS:
            yield first, f"{len(cells):,} cells; at most {_MAX_COLUMNS:,} can be read"
        else:
            if any(cells):
                width = width or len(cells)
            yield first, cells


def _dialect(head: list[str], delimiters: tuple[str, ...]) -> Dialect:
    """Return how cells are separated and quoted, by the header's columns.

    ``csv.Sniffer`` guesses from all of a sample, and takes the apostrophes of prose for quotes.
    """
    sample = [line[:_SAMPLE_WIDTH] for line in head]
    text = "".join(sample)
    # Databases write \" inside quotes, where spreadsheets double the mark.
    escaped = '\\"' in text and text.count('\\"') > text.count('""')
    best = max(delimiters, key=lambda one: _fit(sample, one))
    return {
        "delimiter": best,
        "doublequote": not escaped,
        "escapechar": "\\" if escaped else None,
    }


def _fit(sample: list[str], delimiter: str) -> tuple[int, int]:
    """Return how many fields a delimiter finds in the header, and how many columns."""
    try:
        header = next(csv.reader(sample, delimiter=delimiter), [])
    except csv.Error:
        return 0, 0
    columns = dict.fromkeys(cell.strip() for cell in header)
    known = sum(column_for(columns, field, {}) is not None for field in ARTICLE_FIELDS)
    return known, len(header)
