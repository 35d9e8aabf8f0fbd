"""A worker process that decodes one Parquet file, which it is given as its standard input.

Started by `rag.ingest.formats.parquet` as ``python -m rag.ingest.parquet_worker SECONDS BYTES FIELDS``:
what one frame of rows may take, and the columns that the user chose, as JSON. It answers in frames of
`rag.ingest.wire`: first ``left``, the columns that are not read, then ``rows`` or ``skipped``, last
``end``; ``error`` where the file cannot be read.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, time
from decimal import Decimal
from typing import IO, Any

from rag.errors import SourceError
from rag.ingest.field_names import known_columns
from rag.ingest.formats.csv import check_columns
from rag.ingest.options import ReadOptions
from rag.ingest.wire import MAX_FRAME, write_frame
from rag.ingest.worker import alarm, bound_memory

_BATCH = 64
# Bytes of rows that are sent at a time.
_FRAME = 4_000_000
# Uncompressed bytes of one group of rows, which the library holds as a whole.
_MAX_GROUP = 2_000_000_000
_MAX_COLUMNS = 2000


def main(seconds: float, memory: int, fields: Mapping[str, str]) -> None:
    """Answer with the rows of the file on standard input."""
    # Ctrl-C is for the process that started this one; it closes the pipe then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with suppress(ModuleNotFoundError):
        import pyarrow.parquet  # noqa: F401  (before the memory is measured)
    bound_memory(memory)
    try:
        alarm(seconds)
        with open(0, "rb", closefd=False) as stream:
            for frame in frames(stream, fields):
                write_frame(replies, frame)
                alarm(seconds)
    except SourceError as error:
        write_frame(replies, {"error": str(error)})
    except MemoryError:
        write_frame(replies, {"error": f"needed more than {memory / 1e9:g} GB of memory to decode"})


def frames(stream: IO[bytes], fields: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield what is answered of a file.

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
        check_columns(dict.fromkeys(names), ReadOptions(fields=fields))
        known = known_columns(dict.fromkeys(names), fields)
        yield {"left": [name for name in names if name not in known]}
        yield from _rows(table, known)
        yield {"end": True}
    except MemoryError:
        raise
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


def _rows(table: Any, columns: list[str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    row = 0
    for batch in table.iter_batches(batch_size=_BATCH, columns=columns, use_threads=False):
        ready: list[list[Any]] = []
        size = 0
        for fields in _converted(batch):
            row += 1
            if isinstance(fields, str):
                yield {"skipped": [row, fields]}
                continue
            text = json.dumps(fields, default=_written)
            if len(text) > MAX_FRAME // 2:
                yield {"skipped": [row, f"too large: a row of {len(text):,} bytes"]}
                continue
            ready.append([row, json.loads(text)])
            size += len(text)
            if size > _FRAME:
                yield {"rows": ready}
                ready, size = [], 0
        if ready:
            yield {"rows": ready}


def _converted(batch: Any) -> list[dict[str, Any] | str]:  # noqa: ANN401
    """Return the fields of each row of a batch, or why a row cannot be read."""
    import pyarrow

    try:
        return list(_plain(batch).to_pylist())
    except MemoryError:
        raise
    except (pyarrow.ArrowException, ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            return [f"a value in it cannot be read: {_line(error)}"]
    # One value fails all rows: each by itself tells which.
    return [one for n in range(batch.num_rows) for one in _converted(batch.slice(n, 1))]


def _written(value: object) -> str | None:
    """Return a value that JSON has no form for as text; bytes are no field of an article."""
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else None


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


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
