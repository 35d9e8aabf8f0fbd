"""Every error presscite raises on purpose; its text is one line that says what, which value, what to do.

PressciteError
├── SourceError            a file or line that cannot become an article (the batch goes on)
├── IndexStoreError        an index folder that cannot be used
│   ├── NoIndexError       nothing is there
│   ├── IndexMismatchError built with another model, dimension or format
│   ├── IndexDamagedError  its catalog does not read back as it was written
│   ├── DamagedFileError   a derived file is missing or damaged; rebuilt from the catalog
│   └── IndexLockedError   another process is writing
├── ModelError             an embedding model or reader that is missing or not genuine
│   └── EncoderNotFoundError the embedding model's part of it
├── QueryError             a question or filter that cannot be searched
├── DatasetError           a question set that cannot be read
├── ReaderDataError        a folder to train the reader on that cannot be read
└── QuoteError             an answer whose quote is not the article's text at its offsets; never shown
"""

from embeddings.errors import EncoderNotFoundError, ModelError, PressciteError

__all__ = [
    "DamagedFileError",
    "DatasetError",
    "EncoderNotFoundError",
    "IndexDamagedError",
    "IndexLockedError",
    "IndexMismatchError",
    "IndexStoreError",
    "ModelError",
    "NoIndexError",
    "PressciteError",
    "QueryError",
    "QuoteError",
    "ReaderDataError",
    "SourceError",
]


class SourceError(PressciteError):
    """A file or line that cannot become an article."""


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


class QueryError(PressciteError):
    """A question or filter that cannot be searched."""


class DatasetError(PressciteError):
    """A question set that cannot be read."""


class ReaderDataError(PressciteError):
    """A folder of training questions that cannot be read."""


class QuoteError(PressciteError):
    """A citation's quote is not the article's text at its offsets."""
