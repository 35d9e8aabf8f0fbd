"""The questions of a run by the values of one of their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from eval.datasets import Dataset, RetrievalSet, Scalar
from eval.result import Figures, Record, Result
from rag.errors import DatasetError

NOT_GIVEN = "not given"
"""The group of the questions that lack the field."""


def as_text(fields: Mapping[str, Scalar]) -> Mapping[str, str]:
    """Write the values of fields as JSON would: true and false in lower case."""
    return MappingProxyType(
        {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in fields.items()
        }
    )


def check_field(dataset: Dataset, by: str) -> None:
    """Refuse a field that no question of a data set has.

    Raises
    ------
    DatasetError
        Naming the fields there are.
    """
    known = {"kind"}
    if not isinstance(dataset, RetrievalSet):
        known |= {name for question in dataset.questions for name in question.fields}
    if by not in known:
        raise DatasetError(
            f"{dataset.name}: its questions have no field {by!r} to group by; "
            f"name one of: {', '.join(sorted(known))}"
        )


def grouped(records: Sequence[Record], by: str) -> dict[str, tuple[Record, ...]]:
    """Put records with the same value of a field together, the largest group first."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        value = record.kind if by == "kind" else record.fields.get(by, NOT_GIVEN)
        groups.setdefault(value, []).append(record)
    order = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return {value: tuple(members) for value, members in order}


def groups_of(result: Result) -> dict[str, Result]:
    """Give a result for each value of the field it is told by; {} where it is told as a whole."""
    if result.by is None:
        return {}
    parts = grouped(result.records, result.by)
    others = grouped(result.compared.records, result.by) if result.compared else {}
    return {
        value: replace(
            result,
            records=members,
            by=None,
            compared=result.compared and replace(result.compared, records=others[value]),
        )
        for value, members in parts.items()
    }


def figures_by(result: Result) -> dict[str, dict[str, Figures]]:
    """Give what ``presscite eval --json --by FIELD`` holds under ``by``; {} without a field."""
    if result.by is None:
        return {}
    return {result.by: {value: part.figures() for value, part in groups_of(result).items()}}
