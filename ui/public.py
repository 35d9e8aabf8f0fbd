"""What leaves this machine: records without the paths that articles were added from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.text.links import safe_url


def public_record(record: Any) -> Any:  # noqa: ANN401  (any JSON value)
    """Return a JSON-ready record whose ``source`` and ``sources`` name files without their folders."""
    if isinstance(record, Mapping):
        return {name: _public_field(name, value) for name, value in record.items()}
    if isinstance(record, list | tuple):
        return [public_record(one) for one in record]
    return record


def public_source(source: str) -> str:
    """Return a web address as it is, and of a path its last part."""
    return safe_url(source) or source.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _public_field(name: str, value: Any) -> Any:  # noqa: ANN401
    if name == "source" and isinstance(value, str):
        return public_source(value)
    if name == "sources" and isinstance(value, list):
        return [public_source(one) if isinstance(one, str) else one for one in value]
    return public_record(value)
