"""Every error presscite raises on purpose; its text is one line that says what, which value, what to do.

PressciteError
├── SourceError            a file or line that cannot become an article (the batch goes on)
│   └── NoStoryError       it can be read, and is no story
├── IndexStoreError        an index folder that cannot be used
│   ├── NoIndexError       nothing is there
│   ├── IndexMismatchError built with another model, dimension or format
│   ├── IndexDamagedError  its catalog does not read back as it was written
│   ├── DamagedFileError   a derived file is missing or damaged; rebuilt from the catalog
│   ├── IndexLockedError   another process is writing
│   ├── UnfinishedCopyError a copy that was broken off is there
│   └── IndexUnreachableError the server that holds the index does not answer
├── ModelError             an embedding model or reader that is missing or not genuine
│   └── EncoderNotFoundError the embedding model's part of it
├── ClusterError           a cluster of machines that cannot be used
├── QueryError             a question or filter that cannot be searched
├── DatasetError           a question set that cannot be read
├── ReaderDataError        a folder to train the reader on that cannot be read
└── QuoteError             an answer whose quote is not the article's text at its offsets; never shown
"""

from embeddings.errors import EncoderNotFoundError, ModelError, PressciteError

__all__ = [
    "ClusterError",
    "DamagedFileError",
    "DatasetError",
    "EncoderNotFoundError",
    "IndexDamagedError",
    "IndexLockedError",
    "IndexMismatchError",
    "IndexStoreError",
    "IndexUnreachableError",
    "ModelError",
    "NoIndexError",
    "NoStoryError",
    "PressciteError",
    "QueryError",
    "QuoteError",
    "ReaderDataError",
    "SourceError",
    "UnfinishedCopyError",
]


class SourceError(PressciteError):
    """A file or line that cannot become an article."""


class NoStoryError(SourceError):
    """A page that can be read and is no story: a list of links, a wall, a video, an error page."""


class IndexStoreError(PressciteError):
    """An index folder that cannot be used."""


class NoIndexError(IndexStoreError):
    """The folder holds no index."""


class IndexMismatchError(IndexStoreError):
    """The index was built with another model, dimension or format; the message names both values."""


class IndexDamagedError(IndexStoreError):
    """The catalog does not read back as it was written."""


class DamagedFileError(IndexStoreError):
    """A derived file is missing or not as it was written; it can be rebuilt from the catalog."""


class IndexLockedError(IndexStoreError):
    """Another process is writing to the index."""


class UnfinishedCopyError(IndexStoreError):
    """What is there is a copy of another index that was broken off, or is still being made."""


class IndexUnreachableError(IndexStoreError):
    """The server that holds the index does not answer; it may later."""


class ClusterError(PressciteError):
    """A cluster of machines that cannot be used, or whose processes do not work."""


class QueryError(PressciteError):
    """A question or filter that cannot be searched."""


class DatasetError(PressciteError):
    """A question set that cannot be read."""


class ReaderDataError(PressciteError):
    """A folder of training questions that cannot be read."""


class QuoteError(PressciteError):
    """A citation's quote is not the article's text at its offsets."""
