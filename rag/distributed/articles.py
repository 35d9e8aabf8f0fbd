"""Articles of files that a cluster reads and prepares: what `read_sources` yields, in its order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import Encoder, Vectors
from rag.distributed.cluster import check_address, check_installed, connected, lost
from rag.distributed.frames import chunks_of, unpack, vectors_of
from rag.distributed.plan import Plan, Unit, check_sources, content_key, units
from rag.distributed.schedule import Schedule
from rag.distributed.vectors import ChunksByContent, PreparedEncoder
from rag.distributed.workers import Pool
from rag.index.batch import PreparedChunks
from rag.index.chunking import vector_text
from rag.index.writer import PROBES
from rag.ingest.notes import UNCOUNTED, Note, OnNote
from rag.ingest.records import limited
from rag.ingest.wire import item_of
from rag.text.article_fields import normalise_article
from rag.types import Article, Position, Skipped


def content_keys(contents: Iterable[tuple[str, str]]) -> NDArray[np.uint64]:
    """Return the sorted `content_key` of articles, given as ids and content hashes; shape (articles,)."""
    keys = np.fromiter((content_key(*one) for one in contents), np.uint64)
    keys.sort()
    return keys


class ClusterArticles:
    """Articles as a cluster prepares them, with the encoder and the chunks for the index's writer.

    Parameters
    ----------
    encoder
        The model of ``plan`` in this process.
    positions
        Where to go on in files whose reading was broken off; how far files were read is written here.
    """

    def __init__(
        self,
        plan: Plan,
        encoder: Encoder,
        on_note: OnNote,
        positions: MutableMapping[str, Position],
    ) -> None:
        self._plan = plan
        self._on_note = on_note
        self._positions = positions
        self._pool: Pool | None = None
        self._base = encoder
        self._probes: Vectors | None = None
        self._chunks = ChunksByContent()
        self.encoder = PreparedEncoder(encoder, self._encode)
        self.schedule: Schedule | None = None
        """How blocks go through the cluster; None before the first is needed."""

    @property
    def chunks(self) -> Mapping[str, PreparedChunks]:
        """The chunks of the newest articles by content hash, for `Index.add`."""
        return self._chunks

    def _encode(self, texts: Any) -> Vectors | None:  # noqa: ANN401
        return self._pool.encode(texts) if self._pool else None

    def probes(self) -> Vectors:
        """Return the vectors that the model in this process gives to `PROBES`."""
        if self._probes is None:
            self._probes = self._base.encode(PROBES)
        return self._probes

    def use(self, pool: Pool, schedule: Schedule) -> None:
        """Take the processes that do the work."""
        self._pool, self.schedule = pool, schedule

    def items(self, found: Iterable[Unit | Skipped]) -> Iterator[Article | Skipped]:
        """Yield every article the files hold, or why one holds none."""
        assert self.schedule is not None, "items before the cluster is there"
        source, count = "", 0
        tell_limited = self._on_note
        for block in self.schedule.blocks(found):
            for record, data in unpack(block):
                if "file" in record:
                    source, count = record["file"], 0
                    tell_limited = limited(self._on_note, source)
                elif "note" in record:
                    where, message = record["note"]
                    note = Note(where, message.replace(UNCOUNTED, f"{count:,}"))
                    (tell_limited if record["of_record"] else self._on_note)(note)
                elif "at" in record:
                    where, *fields = record["at"]
                    self._positions[where] = Position(*fields)
                else:
                    item = item_of(record)
                    count += isinstance(item, Article)
                    if isinstance(item, Article) and "digest" in record:
                        self._remember(item, record, data)
                    yield item

    def _remember(self, article: Article, record: Mapping[str, Any], data: bytes) -> None:
        """Keep what was computed of an article until its batch is written."""
        chunks = chunks_of(record)
        article = normalise_article(article)
        budget = self._plan.budget
        texts = [
            vector_text(article.title, article.text[start:end], budget)
            for start, end in chunks.spans
        ]
        if texts:
            self.encoder.put(texts, vectors_of(data, len(texts)))
        self._chunks.put(record["digest"], chunks)


@contextmanager
def cluster_items(
    address: str,
    sources: Sequence[str],
    articles: ClusterArticles,
    plan: Plan,
    *,
    known: NDArray[np.uint64],
    positions: Mapping[str, Position],
    workers: int | None = None,
) -> Iterator[Iterator[Article | Skipped]]:
    """Yield an iterator over articles; the cluster is reached when a file needs it, and left at the end.

    Parameters
    ----------
    address
        As in `rag.distributed.cluster.connected`.
    articles
        Takes what workers computed.
    known
        `content_keys` of the articles in the index, which are not embedded again.
    workers
        How many prepare articles; None: as many as the cluster has processors.

    Raises
    ------
    QueryError
        Where a source is no file, folder or pattern, or the address is none.
    ClusterError, IndexMismatchError, ModelError
    """
    check_address(address)
    check_sources(sources)
    check_installed()
    with ExitStack() as stack:

        def items() -> Iterator[Article | Skipped]:
            found = units(sources, positions)
            head: list[Unit | Skipped] = []
            for one in found:
                head.append(one)
                if isinstance(one, Unit):
                    break
            else:
                yield from (one for one in head if isinstance(one, Skipped))
                return
            ray = stack.enter_context(connected(address, workers))
            count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
            pool = Pool(ray, plan, known, count, articles.probes)
            stack.callback(pool.close)
            schedule = Schedule(ray, plan, pool)
            stack.callback(schedule.close)
            articles.use(pool, schedule)
            try:
                yield from articles.items(chain(head, found))
            except ConnectionError as error:
                raise lost(address, error) from error

        yield items()
