"""The name of an index in Milvus: a collection of a server, or a milvus-lite folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rag.errors import NoIndexError

_COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
# A path object makes one slash of two.
_SERVER = re.compile(r"(milvus|milvus\+tls):/{1,2}([^/@]+:\d{1,5})/([^/]+)/?")
_LITE = "milvus-lite:"
_DEFAULT_COLLECTION = "presscite"


@dataclass(frozen=True, slots=True)
class MilvusAddress:
    """Where an index in Milvus is."""

    uri: str
    """What the client connects to: ``http://HOST:PORT``; "" for milvus-lite."""
    collection: str
    path: Path | None = None
    """The folder of milvus-lite; None for a server."""

    def __str__(self) -> str:
        if self.path is not None:
            return f"{_LITE}{self.path}"
        scheme = "milvus+tls" if self.uri.startswith("https") else "milvus"
        return f"{scheme}://{self.uri.partition('://')[2]}/{self.collection}"


def milvus_address(name: Path | str) -> MilvusAddress | None:
    """Return where an index named ``milvus://HOST:PORT/COLLECTION`` or ``milvus-lite:PATH`` is.

    ``milvus+tls://`` encrypts the connection. A name of another kind gives None.

    Raises
    ------
    NoIndexError
        Where the name begins like one of an index in Milvus and is none.
    """
    text = str(name)
    if text.startswith(_LITE):
        path = text.removeprefix(_LITE)
        if not path or "\0" in path:
            raise NoIndexError(f"{text}: name a folder, as in milvus-lite:news.db")
        return MilvusAddress("", _DEFAULT_COLLECTION, Path(path).expanduser().absolute())
    if not text.startswith(("milvus:/", "milvus+tls:/")):
        return None
    found = _SERVER.fullmatch(text)
    if found is None or not _COLLECTION.fullmatch(found[3]):
        raise NoIndexError(
            f"{text}: an index in Milvus is named milvus://HOST:PORT/COLLECTION, with a collection of "
            f"letters, digits and _; a token goes into PRESSCITE_MILVUS_TOKEN"
        )
    return MilvusAddress(f"{'https' if '+' in found[1] else 'http'}://{found[2]}", found[3])
