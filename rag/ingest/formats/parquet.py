"""Parquet: one article a row, read in batches of the columns that are articles' fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from rag.errors import SourceError
from rag.ingest.field_names import known_columns
from rag.ingest.formats.csv import check_columns
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.records import Record, read_records
from rag.types import Article, Skipped

_BATCH = 64
# Uncompressed bytes of one group of rows, which the library holds as a whole.
_MAX_GROUP = 2_000_000_000
_MAX_COLUMNS = 2000


def read_parquet(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the article of each row, or why it holds none; memory holds one group of rows.

    Raises
    ------
    SourceError
        Where pyarrow is missing, the file is damaged, or no column is known to hold the text.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise SourceError(
            "Parquet needs pyarrow; install it with: pip install 'presscite[parquet]'"
        ) from None
    try:
        table = parquet.ParquetFile(stream, memory_map=False)
        names = list(table.schema_arrow.names)
        _check_size(table.metadata, names)
        check_columns(dict.fromkeys(names), options)
        known = known_columns(dict.fromkeys(names), options.fields)
        left = [name for name in names if name not in known]
        yield from read_records(
            _records(table, known, source), source, options, numbered=True, unread=left
        )
    except (pyarrow.ArrowException, OSError) as error:
        raise SourceError(f"not Parquet that can be read: {_line(error)}") from None


def _check_size(metadata: Any, names: list[str]) -> None:  # noqa: ANN401
    if len(names) > _MAX_COLUMNS:
        raise SourceError(f"{len(names):,} columns; at most {_MAX_COLUMNS:,} can be read")
    for number in range(metadata.num_row_groups):
        size = metadata.row_group(number).total_byte_size
        if size > _MAX_GROUP:
            raise SourceError(
                f"too large: a group of rows of {size:,} bytes; write it with smaller row groups"
            )


def _records(table: Any, columns: list[str], source: str) -> Iterator[Record | Skipped]:  # noqa: ANN401
    import pyarrow

    row = 0
    for batch in table.iter_batches(batch_size=_BATCH, columns=columns):
        try:
            records = _plain(batch).to_pylist()
        except (pyarrow.ArrowException, ValueError, OverflowError) as error:
            yield Skipped(f"{source}#{row + 1}", f"rows that cannot be read: {_line(error)}")
            row += batch.num_rows
            continue
        for fields in records:
            row += 1
            yield Record(row, fields)


def _plain(batch: Any) -> Any:  # noqa: ANN401
    """Return a batch whose times are in microseconds: Python has no finer ones."""
    import pyarrow

    for number, field in enumerate(batch.schema):
        if pyarrow.types.is_timestamp(field.type) and field.type.unit == "ns":
            wanted = pyarrow.timestamp("us", field.type.tz)
            batch = batch.set_column(
                number, field.name, batch.column(number).cast(wanted, safe=False)
            )
    return batch


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:150]
