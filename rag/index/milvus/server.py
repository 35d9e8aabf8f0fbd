"""Calls to a Milvus server: opened again where it went away, with errors of one line."""

from __future__ import annotations

import logging
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from rag.errors import IndexLockedError, IndexStoreError, IndexUnreachableError, NoIndexError
from rag.index.milvus.address import MilvusAddress

Row = dict[str, Any]
_TOKEN = "PRESSCITE_MILVUS_TOKEN"  # noqa: S105  # the variable's name
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 30.0
_WRITE_SECONDS = 120.0
# Rows of a request: the longest take 60 kB, and a server takes 64 MB at once.
_MAX_ROWS = 500
# Values compared with in one filter, so that its text stays short.
MAX_VALUES = 1000
_DEFINING = ""
"""Stands for creating and dropping, among the names of collections."""
_NOT_LOADED = ("not loaded", "released", "call load")
_BROKEN = ("connect", "unavailable", "socket closed", "channel")
_AWAY = (*_BROKEN, "deadline", "timed out", "timeout")


class Server:
    """A connection to where an index is; calls are safe from many threads.

    What it raises is an `IndexStoreError` of one line; the next call connects again.
    """

    def __init__(self, address: MilvusAddress) -> None:
        self.address = address
        self._guard = threading.Lock()
        # Milvus orders writes; milvus-lite's engine takes one at a time in each collection. Of each its own,
        # so that a writer gives its signs of life while it writes.
        self._writes: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._client: Any = None
        self._lite = False

    def close(self) -> None:
        """Close the connection, and milvus-lite where no other index of this process uses it."""
        with self._guard:
            client, self._client = self._client, None
            if client is not None:
                self._end(client)

    @property
    def is_lite(self) -> bool:
        """Whether milvus-lite answers, which indexes no arrays and scans them row by row."""
        self.connected()
        return self._lite

    def exists(self, collection: str) -> bool:
        """Whether there is a collection of a name."""
        path = self.address.path
        if path is not None and not path.exists():
            return False
        return bool(self._call("has_collection", collection, timeout=_READ_SECONDS))

    def fields(self, collection: str) -> list[str] | None:
        """Return the names of a collection's fields; None where there is no such collection."""
        if not self.exists(collection):
            return None
        try:
            found = self._call("describe_collection", collection, timeout=_READ_SECONDS)
        except IndexStoreError:
            # Dropped meanwhile.
            if not self.exists(collection):
                return None
            raise
        return [str(field["name"]) for field in found["fields"]]

    def dimension(self, collection: str, field: str) -> int:
        """Return the dimension of a collection's vectors."""
        found = self._call("describe_collection", collection, timeout=_READ_SECONDS)
        return next(int(one["params"]["dim"]) for one in found["fields"] if one["name"] == field)

    def create(self, collection: str, schema: Any, indexes: Any) -> None:  # pymilvus
        """Create a collection and have it searchable.

        Raises
        ------
        IndexStoreError
            Also where there is one of that name: Milvus orders creations, and the first one wins.
        """
        with self._writes[_DEFINING]:
            self._call(
                "create_collection", collection, schema=schema, consistency_level="Strong",
                timeout=_WRITE_SECONDS,
            )  # fmt: skip
            # By themselves, as the client would otherwise sleep for each; there is nothing to index yet.
            self._call("create_index", collection, indexes, sync=False, timeout=_WRITE_SECONDS)
            self._call("load_collection", collection, timeout=_WRITE_SECONDS)

    def is_complete(self, collection: str, schema: Any, indexes: Any) -> bool:  # pymilvus
        """Whether the creation of a collection came to its end.

        Raises
        ------
        IndexStoreError
            Where it is a collection of something else.
        """
        wanted = {str(one.name) for one in schema.fields}
        if set(self.fields(collection) or ()) != wanted:
            raise IndexStoreError(
                f"{self.address}: there is a collection {collection} that is of no index; "
                f"name another one"
            )
        found = self._call("list_indexes", collection, timeout=_READ_SECONDS)
        return len(found) >= len(indexes)

    def drop(self, collection: str) -> None:
        """Drop a collection, where there is one, with the aliases for which Milvus would refuse it."""
        if self.address.path is None and self.exists(collection):
            for alias in self.aliases(collection):
                self.drop_alias(alias)
        with self._writes[_DEFINING]:
            self._call("drop_collection", collection, timeout=_WRITE_SECONDS)

    def aliases(self, collection: str) -> list[str]:
        """Return the other names of a collection."""
        found = self._call("list_aliases", collection, timeout=_READ_SECONDS)
        return [str(one) for one in found["aliases"]]

    def create_alias(self, collection: str, alias: str) -> None:
        """Give a collection another name."""
        with self._writes[_DEFINING]:
            self._call("create_alias", collection, alias, timeout=_WRITE_SECONDS)

    def drop_alias(self, alias: str) -> None:
        """Take another name away: from here on a request that uses it is refused."""
        with self._writes[_DEFINING]:
            self._call("drop_alias", alias, timeout=_WRITE_SECONDS)

    def query(
        self, collection: str, where: str, fields: Sequence[str], limit: int | None = None
    ) -> list[Row]:
        """Return the rows that a filter lets through, with these fields."""
        more = {} if limit is None else {"limit": limit}
        found = self._call(
            "query", collection, filter=where, output_fields=list(fields),
            consistency_level="Strong", timeout=_READ_SECONDS, **more,
        )  # fmt: skip
        return [dict(row) for row in found]

    def query_in(
        self,
        collection: str,
        field: str,
        values: Sequence[int | str],
        fields: Sequence[str],
        also: str = "",
    ) -> list[Row]:
        """Return the rows with one of these values, and that a further filter lets through."""
        found: list[Row] = []
        for start in range(0, len(values), MAX_VALUES):
            where = f"{field} in {literals(values[start : start + MAX_VALUES])}"
            found += self.query(collection, f"{where} and {also}" if also else where, fields)
        return found

    def count(self, collection: str, where: str) -> int:
        """Return how many rows a filter lets through."""
        return int(self.query(collection, where, ["count(*)"])[0]["count(*)"])

    def search(
        self,
        collection: str,
        field: str,
        value: object,
        k: int,
        where: str,
        params: Mapping[str, object],
        fields: Sequence[str] = (),
    ) -> list[tuple[int, float, Row]]:
        """Return up to k ``(number, score, fields)`` nearest to a vector or a text, best first."""
        (hits,) = self._call(
            "search", collection, data=[value], anns_field=field, limit=k, filter=where,
            output_fields=list(fields), search_params={"params": dict(params)},
            consistency_level="Strong", timeout=_READ_SECONDS,
        )  # fmt: skip
        return [(int(hit["chunk"]), float(hit["distance"]), dict(hit["entity"])) for hit in hits]

    def put(self, collection: str, rows: Sequence[Row], *, new: bool) -> None:
        """Write rows.

        Parameters
        ----------
        new
            Whether no row has one of their keys; otherwise each replaces the row of its key.
        """
        method = "insert" if new else "upsert"
        for start in range(0, len(rows), _MAX_ROWS):
            block = list(rows[start : start + _MAX_ROWS])
            with self._writes[collection]:
                self._call(method, collection, block, timeout=_WRITE_SECONDS)

    def delete(self, collection: str, where: str) -> None:
        """Delete the rows that a filter lets through."""
        with self._writes[collection]:
            self._call("delete", collection, filter=where, timeout=_WRITE_SECONDS)

    def new_schema(self) -> Any:  # pymilvus
        """Return an empty schema, to add fields to."""
        return self.connected().create_schema(auto_id=False, enable_dynamic_field=False)

    def new_indexes(self) -> Any:  # pymilvus
        """Return an empty list of indexes, to add some to."""
        return self.connected().prepare_index_params()

    def connected(self) -> Any:  # pymilvus
        """Return the client, connected.

        Raises
        ------
        IndexStoreError
        """
        with self._guard:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Any:
        module = _pymilvus()
        uri = self.address.uri
        if self.address.path is not None:
            uri = _acquire(str(self.address.path))
        client = None
        try:
            with self._told():
                # Its own connection: one that is shared is kept, broken as it is, by who else uses it.
                client = module.MilvusClient(
                    uri=uri,
                    token=os.environ.get(_TOKEN, ""),
                    timeout=_CONNECT_SECONDS,
                    dedicated=True,
                )
                self._lite = "lite" in str(client.get_server_version()).lower()
        except BaseException:
            self._end(client)
            raise
        return client

    def _call(self, method: str, collection: str, *args: object, **options: object) -> Any:
        client = None

        def run() -> Any:
            nonlocal client
            client = self.connected()
            return getattr(client, method)(collection, *args, **options)

        with self._told():
            try:
                return run()
            except Exception as error:
                if any(sign in _text(error).lower() for sign in _BROKEN):
                    self._give_up(client)
                if not any(sign in str(error).lower() for sign in _NOT_LOADED):
                    raise
                # A server that was started again has released what it held.
                self.connected().load_collection(collection, timeout=_WRITE_SECONDS)
                return run()

    def _give_up(self, client: Any) -> None:
        """Have the next call connect again: this connection would wait before it tried."""
        with self._guard:
            if client is not None and self._client is client:
                self._client = None
                self._end(client)

    def _end(self, client: Any) -> None:
        with suppress(Exception):
            if client is not None:
                client.close()
        if self.address.path is not None:
            _release(str(self.address.path))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except IndexStoreError:
            raise
        except Exception as error:
            _raise_others(error)
            text = _text(error)
            if is_away(error):
                raise IndexUnreachableError(
                    f"{self.address}: the Milvus server cannot be reached now ({text}); "
                    f"try again when it runs"
                ) from error
            raise IndexStoreError(f"{self.address}: Milvus refused ({text})") from error


def is_away(error: BaseException | None) -> bool:
    """Whether an error of the client, or one of ours that it caused, says that the server is out of reach."""
    if isinstance(error, IndexStoreError):
        return is_away(error.__cause__)
    return error is not None and any(sign in _text(error).lower() for sign in _AWAY)


def _text(error: BaseException) -> str:
    return " ".join(str(getattr(error, "message", "") or error).split())[:300]


def literals(values: Sequence[int | str]) -> str:
    """Return values as a list in a filter; texts are our own hexadecimal ones, without quotes in them."""
    return f"[{', '.join(repr(one) for one in values)}]"


def _raise_others(error: Exception) -> None:
    """Raise again what is neither Milvus's nor the transport's: an error of our own code."""
    import grpc
    from pymilvus.exceptions import MilvusException

    known = (MilvusException, grpc.RpcError, grpc.FutureTimeoutError, ConnectionError, TimeoutError)
    # The client closes its channel under a call that another thread makes.
    if not isinstance(error, (*known, ValueError)) or (
        isinstance(error, ValueError) and "channel" not in str(error).lower()
    ):
        raise error


def _pymilvus() -> Any:
    try:
        import pymilvus
    except ImportError as error:
        raise IndexStoreError(
            "an index in Milvus needs the extra `milvus`: pip install 'presscite[milvus]'"
        ) from error
    # Its log repeats every error with its traceback; ours say it in one line.
    for name in ("pymilvus", "milvus_lite"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return pymilvus


# milvus-lite: one server for each folder in this process, on this machine's own address.

_lite_guard = threading.Lock()
_lite_servers: dict[str, tuple[Callable[[], None], str, int]] = {}


def _acquire(path: str) -> str:
    """Start the server of a milvus-lite folder, or use the one that runs; return its address.

    Raises
    ------
    IndexLockedError, NoIndexError, IndexStoreError
    """
    try:
        from milvus_lite.adapter.grpc.server import start_server_in_thread
        from milvus_lite.exceptions import DataDirLockedError
    except ImportError as error:
        raise IndexStoreError(
            "an index in milvus-lite needs the extra `milvus`: pip install 'presscite[milvus]'"
        ) from error
    with _lite_guard:
        if path in _lite_servers:
            stop, uri, users = _lite_servers[path]
            _lite_servers[path] = (stop, uri, users + 1)
            return uri
        try:
            server, db, port = start_server_in_thread(path, host="127.0.0.1")
        except DataDirLockedError as error:
            raise IndexLockedError(
                f"milvus-lite:{path}: another process has it open, and milvus-lite serves one; "
                f"wait for it, or start `milvus-lite server` and name that"
            ) from error
        except (OSError, ValueError, RuntimeError) as error:
            raise NoIndexError(
                f"milvus-lite:{path}: no milvus-lite folder can be there "
                f"({' '.join(str(error).split())}); files of milvus-lite 2 cannot be read"
            ) from error

        def stop() -> None:
            server.stop(grace=2).wait()
            db.close()

        uri = f"http://127.0.0.1:{port}"
        _lite_servers[path] = (stop, uri, 1)
        return uri


def _release(path: str) -> None:
    with _lite_guard:
        stop, uri, users = _lite_servers.pop(path)
        if users > 1:
            _lite_servers[path] = (stop, uri, users - 1)
            return
    stop()
