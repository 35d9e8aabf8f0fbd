"""Every error presscite raises on purpose; its text is one line that says what, which value, what to do.

PressciteError
├── SourceError            a file or line that cannot become an article (the batch goes on)
├── IndexStoreError        an index folder that cannot be used
│   ├── NoIndexError       nothing is there
│   ├── IndexMismatchError built with another model, dimension or format
│   ├── IndexDamagedError  its catalog does not read back as it was written
│   └── IndexLockedError   another process is writing
├── ModelError             an embedding model or reader that is missing or not genuine
├── QueryError             a question or filter that cannot be searched
├── DatasetError           a question set that cannot be read
├── ReaderDataError        a folder to train the reader on that cannot be read
└── QuoteError             an answer whose words do not stand where it says; never shown
"""


class PressciteError(Exception):
    """The root: catch it to report any of the below in one line."""

    def __init__(self, message: str = "") -> None:
        # What libraries say of a failure, quoted in ours, may run over several.
        super().__init__(" ".join(message.split()))


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


class IndexLockedError(IndexStoreError):
    """Another process is writing to the index."""


class ModelError(PressciteError):
    """A model is missing, or its weights are not the ones named."""


class QueryError(PressciteError):
    """A question or filter that cannot be searched."""


class DatasetError(PressciteError):
    """A question set that cannot be read."""


class ReaderDataError(PressciteError):
    """A folder of training questions that cannot be read."""


class QuoteError(PressciteError):
    """Words that do not stand where a citation says they do."""
