"""The collections of an index in Milvus, and creating them.

Every row carries the revision that wrote it (``born``) and the one that ended it (``died``). A view of a
revision sees the rows with ``born <= revision < died``; rows of a write that was broken off are seen by none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rag.index.milvus.server import Row, Server

FORMAT = 2
"""Of these collections; the rows in them have the format of a folder's catalog."""
NEVER = 1 << 62
"""``died`` of what is there."""
NO_VECTOR = [1.0, 0.0]
"""milvus-lite refuses collections without vectors."""
MAX_TEXT = 65_535
"""Bytes of a text in Milvus."""
MAX_KEYS = 4096
K1, B = 1.2, 0.75
"""BM25's, as Tantivy has them."""
_KEY_LENGTH = 40
CLOCK_SECONDS = 3000.0
"""By how much the clocks of two machines may differ before one deletes what the other still reads."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of an index's collections."""

    chunks: str

    @property
    def articles(self) -> str:
        """Articles with their sources, versions and sketches, in pieces."""
        return f"{self.chunks}_articles"

    @property
    def terms(self) -> str:
        """The vocabulary, with how many chunks have each term."""
        return f"{self.chunks}_terms"

    @property
    def heads(self) -> str:
        """The newest complete revision, and the older ones that are held."""
        return f"{self.chunks}_heads"

    @property
    def writer(self) -> str:
        """There while somebody writes, with the writer's signs of life."""
        return f"{self.chunks}_writer"

    @property
    def kept(self) -> tuple[str, ...]:
        """Those that hold the index, the heads last: where they are, all are."""
        return (self.chunks, self.articles, self.terms, self.heads)


def visible(revision: int) -> str:
    """Return the filter of the rows that a revision has."""
    return f"born <= {revision} and died > {revision}"


def create(server: Server, names: Names, dimension: int) -> None:
    """Create the collections that are missing, or whose creation was broken off."""
    makers = {
        names.chunks: lambda: _chunks(server, dimension),
        names.articles: lambda: _articles(server),
        names.terms: lambda: _terms(server),
        names.heads: lambda: _heads(server),
    }
    for name in names.kept:
        _create(server, name, *makers[name]())


def create_heads(server: Server, names: Names) -> None:
    """Create the collection of heads, where it is missing."""
    _create(server, names.heads, *_heads(server))


def _create(server: Server, name: str, schema: Any, indexes: Any) -> None:
    if server.exists(name):
        if server.is_complete(name, schema, indexes):
            return
        # Without its indexes nothing was ever written to it.
        server.drop(name)
    server.create(name, schema, indexes)


def create_lock(server: Server, names: Names, token: str) -> None:
    """Create the collection that stands for a writer; the name of a field tells which."""
    from pymilvus import DataType

    schema, indexes = _dummy(server, DataType.INT64)
    schema.add_field(f"writer_{token}", DataType.INT64)
    schema.add_field("owner", DataType.VARCHAR, max_length=1000)
    server.create(names.writer, schema, indexes)


def lock_row(token: str, count: int, owner: str) -> Row:
    """Return the row that is a writer's newest sign of life."""
    return {"key": 0, "nothing": NO_VECTOR, f"writer_{token}": count, "owner": owner}


def lock_owner(server: Server, names: Names) -> str | None:
    """Return the token of the writer that holds the lock; None where nobody does."""
    fields = server.fields(names.writer)
    if fields is None:
        return None
    return next((one[7:] for one in fields if one.startswith("writer_")), "")


def _dummy(server: Server, key: Any, **options: int) -> tuple[Any, Any]:
    """Return the schema of a collection that is looked up by values, and its indexes."""
    from pymilvus import DataType

    schema, indexes = server.new_schema(), server.new_indexes()
    schema.add_field("key", key, is_primary=True, **options)
    schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=len(NO_VECTOR))
    indexes.add_index("nothing", index_type="FLAT", metric_type="IP")
    return schema, indexes


def _chunks(server: Server, dimension: int) -> tuple[Any, Any]:
    from pymilvus import DataType, Function, FunctionType

    schema, indexes = server.new_schema(), server.new_indexes()
    schema.add_field("chunk", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    # Unit vectors: the inner product is the cosine.
    indexes.add_index(
        "vector", index_type="HNSW", metric_type="IP", params={"M": 32, "efConstruction": 200}
    )
    for words in ("body", "title"):
        # Terms of our own analyser, in letters and digits that Milvus's leaves as they are.
        schema.add_field(
            words, DataType.VARCHAR, max_length=MAX_TEXT,
            enable_analyzer=True, analyzer_params={"tokenizer": "standard"},
        )  # fmt: skip
        schema.add_field(f"{words}_bm25", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(
            Function(
                name=f"{words}_to_bm25",
                function_type=FunctionType.BM25,
                input_field_names=[words],
                output_field_names=[f"{words}_bm25"],
            )
        )
        indexes.add_index(
            f"{words}_bm25", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25",
            params={"bm25_k1": K1, "bm25_b": B},
        )  # fmt: skip
    for name in ("seq", "start", "stop", "sum", "copy_group", "day", "born", "died"):
        schema.add_field(name, DataType.INT64)
    for name in ("outlet", "language", "collection"):
        schema.add_field(name, DataType.VARCHAR, max_length=_KEY_LENGTH)
    for name in ("seq", "copy_group", "day", "born", "died", "outlet", "language", "collection"):
        indexes.add_index(name, index_type="INVERTED")
    return schema, indexes


def _articles(server: Server) -> tuple[Any, Any]:
    from pymilvus import DataType

    schema, indexes = _dummy(server, DataType.VARCHAR, max_length=80)
    for name in ("seq", "piece", "pieces", "copy_group", "day", "born", "died"):
        schema.add_field(name, DataType.INT64)
    for name in ("id", "outlet", "language", "collection"):
        schema.add_field(name, DataType.VARCHAR, max_length=_KEY_LENGTH)
    schema.add_field(
        "keys", DataType.ARRAY, element_type=DataType.VARCHAR,
        max_length=_KEY_LENGTH, max_capacity=MAX_KEYS,
    )  # fmt: skip
    for name in ("sketches", "paragraphs"):
        schema.add_field(name, DataType.ARRAY, element_type=DataType.INT64, max_capacity=MAX_KEYS)
    for name in ("outline", "content"):
        schema.add_field(name, DataType.VARCHAR, max_length=MAX_TEXT)
    for name in (
        "seq",
        "copy_group",
        "day",
        "born",
        "died",
        "id",
        "outlet",
        "language",
        "collection",
    ):
        indexes.add_index(name, index_type="INVERTED")
    if not server.is_lite:
        for name in ("keys", "sketches", "paragraphs"):
            indexes.add_index(name, index_type="INVERTED")
    return schema, indexes


def _terms(server: Server) -> tuple[Any, Any]:
    from pymilvus import DataType

    schema, indexes = _dummy(server, DataType.VARCHAR, max_length=400)
    for name in ("length", "born", "body", "title", "body_before", "title_before"):
        schema.add_field(name, DataType.INT64)
    indexes.add_index("born", index_type="INVERTED")
    return schema, indexes


def _heads(server: Server) -> tuple[Any, Any]:
    from pymilvus import DataType

    schema, indexes = _dummy(server, DataType.VARCHAR, max_length=80)
    for name in ("serial", "piece", "pieces"):
        schema.add_field(name, DataType.INT64)
    schema.add_field("kind", DataType.VARCHAR, max_length=10)
    schema.add_field("content", DataType.VARCHAR, max_length=MAX_TEXT)
    return schema, indexes
