"""Lines and fields of question files, checked."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rag.errors import DatasetError
from rag.text.dates import parse_date


def file_text(path: Path) -> str:
    """Return a file's UTF-8 text, unpacked where it ends in ``.gz``.

    Raises
    ------
    DatasetError
    """
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such file; check the path") from error
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is damaged or not UTF-8"
        raise DatasetError(f"{path}: cannot be read ({reason}); save it as UTF-8 text") from error


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a JSONL file with their line numbers, from 1.

    Raises
    ------
    DatasetError
        Naming the line that holds no object.
    """
    for number, line in enumerate(file_text(path).split("\n"), start=1):
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


def string_field(row: Mapping[str, Any], key: str, where: str) -> str:
    """Return a field that must hold text.

    Raises
    ------
    DatasetError
    """
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DatasetError(f"{where}: {key!r} is {value!r}; write it as text")
    return value.strip()


def string_list(row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """Return a list of texts; one text or number stands for a list of it, numbers for their digits.

    Raises
    ------
    DatasetError
    """
    value = row.get(key)
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    if not all(_is_text(item) for item in items):
        raise DatasetError(f"{where}: {key!r} is {value!r}; write a list of texts")
    return tuple(str(item) for item in items)


def _is_text(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int | float) and not isinstance(value, bool)


def day_field(row: Mapping[str, Any], key: str, where: str) -> date | None:
    """Return a day as the commands' options take it; None where the field is not there.

    Raises
    ------
    DatasetError
    """
    value = row.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, str) and value:
            return parse_date(value)
    except ValueError:
        pass
    raise DatasetError(f"{where}: {key!r} is {value!r}; write a day as YYYY-MM-DD")
