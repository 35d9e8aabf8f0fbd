"""Which key or column of a record holds which field of an article, whatever it is called there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from rag.errors import SourceError
from rag.ingest.options import ARTICLE_FIELDS

DOCUMENTED = frozenset([*ARTICLE_FIELDS, "date", "author", "source", "source.name"])
"""Names that our own documentation gives: nobody has to be told that they were taken."""


@dataclass(frozen=True, slots=True)
class Named:
    """A value of a record that may hold a field, under the name that the record gives it."""

    name: str
    """Its key, or the keys that lead to it with dots between them."""
    value: object


def candidates(
    record: Mapping[str, object], field: str, chosen: Mapping[str, str]
) -> Iterator[Named]:
    """Yield the values of a record that may hold a field of an article, the likeliest first.

    Names are compared without case, "_" and "-". The names are those of ``field_names.tsv``, unless
    ``chosen`` names one for the field: then it alone counts.
    """
    keys = _keys(record)
    for path in _paths(field, chosen):
        # Most names are in no record.
        if "." not in path and path not in record and squashed(path) not in keys:
            continue
        name, value = _value(record, keys, path)
        if not is_blank(value):
            yield Named(name, value)


def column_for(columns: Mapping[str, object], field: str, chosen: Mapping[str, str]) -> str | None:
    """Return which of a table's columns may hold a field, whether or not its rows do; None for none.

    Raises
    ------
    SourceError
        Where ``chosen`` names a column for the field that the table does not have.
    """
    keys = _keys(columns)
    for path in _paths(field, chosen):
        key = keys.get(squashed(path)) or keys.get(squashed(path.partition(".")[0]))
        if key is not None:
            return key
    if field in chosen:
        raise SourceError(
            f"no {chosen[field]!r} in it (--field {field}={chosen[field]}); it has {listed(columns)}"
        )
    return None


def known_columns(columns: Mapping[str, object], chosen: Mapping[str, str]) -> list[str]:
    """Return which of a table's columns may hold any field."""
    keys = _keys(columns)
    known: dict[str, None] = {}
    for field in ARTICLE_FIELDS:
        for path in _paths(field, chosen):
            key = keys.get(squashed(path)) or keys.get(squashed(path.partition(".")[0]))
            if key is not None:
                known[key] = None
    return list(known)


def listed(names: Mapping[str, object]) -> str:
    """Return names as a person reads them, many or long ones cut."""
    return ", ".join(map(shown, list(names)[:30])) + (" ..." if len(names) > 30 else "")


def shown(name: object) -> str:
    """Return a name as it can be printed on one line, whatever a file calls its fields."""
    text = "".join(one if one.isprintable() else "\ufffd" for one in str(name)[:60])
    return " ".join(text.split())[:40] or "''"


def is_blank(value: object) -> bool:
    """Whether a value says nothing; a number that is none ("NaN") is how tables write that."""
    if value is None or value != value:  # noqa: PLR0124
        return True
    return isinstance(value, str | list | tuple | Mapping) and (
        not value.strip() if isinstance(value, str) else not value
    )


@lru_cache(4096)
def squashed(name: str) -> str:
    """Return the letters and digits of a name, in lower case: "datepublished" of "Date_Published"."""
    return "".join(character for character in name[:200].lower() if character.isalnum())


def _keys(record: Mapping[str, object]) -> dict[str, str]:
    keys: dict[str, str] = {}
    for key in record:
        keys.setdefault(squashed(str(key)), key)
    return keys


def _paths(field: str, chosen: Mapping[str, str]) -> tuple[str, ...]:
    return (chosen[field],) if field in chosen else _aliases()[field]


def _value(record: Mapping[str, object], keys: Mapping[str, str], path: str) -> tuple[str, object]:
    key = path if path in record else keys.get(squashed(path))
    if key is not None:
        return key, record[key]
    value: object = record
    names: list[str] = []
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return path, None
        inner = _keys(value) if names else keys
        key = inner.get(squashed(part))
        if key is None:
            return path, None
        names.append(key)
        value = value[key]
    return ".".join(names), value


@cache
def _aliases() -> Mapping[str, tuple[str, ...]]:
    rows = (files("rag.ingest") / "field_names.tsv").read_text(encoding="utf-8").splitlines()
    names: dict[str, list[str]] = {field: [] for field in ARTICLE_FIELDS}
    for row in rows:
        field, _, alias = row.partition("\t")
        names[field].append(alias)
    return {field: tuple(found) for field, found in names.items()}
