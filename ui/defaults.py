"""Which index a command means, and the built-in sample where a person has none yet."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import platformdirs

from embeddings.loading import packaged_metadata
from rag.errors import NoIndexError, PressciteError, QueryError
from rag.index import FORMAT, ArticleIndex, Index, catalog_exists
from rag.index.opening import IndexName, in_milvus, index_name, open_index
from rag.ingest import read_sources

_LOG = logging.getLogger("presscite")
_VARIABLE = "PRESSCITE_INDEX"


def meant_index(named: IndexName | None) -> IndexName:
    """Return the index meant: the one named, else ``$PRESSCITE_INDEX``, else the user's own folder.

    Raises
    ------
    NoIndexError
        Where no index can have that name.
    """
    if named is None:
        named = os.environ.get(_VARIABLE) or user_folder() / "index"
    return index_name(named)


def index_folder(named: IndexName | None, purpose: str) -> Path:
    """Return the folder of the index meant, for what only a folder can do.

    Parameters
    ----------
    purpose
        What is to be said of an index in Milvus instead.

    Raises
    ------
    NoIndexError
        Where no index can have that name.
    QueryError
        Where the index is in Milvus.
    """
    name = meant_index(named)
    if in_milvus(name):
        raise QueryError(f"{name}: {purpose}")
    return Path(name)


def user_folder() -> Path:
    """Return where this user's own data is."""
    return Path(platformdirs.user_data_dir("presscite", appauthor=False))


def is_named(named: IndexName | None) -> bool:
    """Say whether somebody said where the index is."""
    return named is not None or bool(os.environ.get(_VARIABLE))


def open_for_questions(named: IndexName | None) -> tuple[ArticleIndex, bool]:
    """Open the index meant, or the built-in sample where none was named and none exists.

    Returns
    -------
    tuple[ArticleIndex, bool]
        The index, and whether it is the sample (which is then said on standard error).

    Raises
    ------
    NoIndexError
        Where an index was named (by option or variable) and is not there.
    """
    name = meant_index(named)
    if is_named(named) or catalog_exists(Path(name)):
        return open_index(name), False
    print(
        "presscite: no index yet, so the built-in sample answers; add articles with: "
        "presscite add SOURCE",
        file=sys.stderr,
    )
    return open_sample(), True


def sample_folder() -> Path:
    """Return where the sample's articles are."""
    return Path(str(files("eval.sample") / "articles"))


def open_sample(cache: Path | None = None) -> Index:
    """Open the index of the built-in sample, built once in a cache folder (default: the user's)."""
    articles = sample_folder()
    digest = hashlib.sha256(f"format {FORMAT}, encoder {packaged_metadata()['sha256']}".encode())
    for path in sorted(articles.glob("*.md")):
        digest.update(path.name.encode() + path.read_bytes())
    cache = cache or Path(platformdirs.user_cache_dir("presscite", appauthor=False))
    folder = cache / f"sample-{digest.hexdigest()[:12]}"
    if catalog_exists(folder):
        try:
            index = Index.open(folder)
            if index.counts()["articles"]:
                return index
            index.close()
        except PressciteError as error:
            _LOG.warning("%s: the sample's index is built again (%s)", folder, error)
        shutil.rmtree(folder, ignore_errors=True)
    print("presscite: reading the sample for the first time ...", file=sys.stderr)
    # Built beside its final name and renamed, so that two first starts do not collide.
    draft = cache / f"{folder.name}.{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    with Index.open(draft, create=True) as made:
        made.add(read_sources([str(articles)]))
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
    if not catalog_exists(folder):
        raise NoIndexError(f"{folder}: the sample's index could not be built")
    return Index.open(folder)
