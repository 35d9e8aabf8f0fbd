"""Articles that end the process which chunks or reads them; workers import this as a format module."""

import os
import signal
import sys

from rag.ingest.article import make_article
from rag.ingest.formats import FORMATS, Format

KILLS = "This article kills whoever chunks it."
SPINS = "This article keeps whoever chunks it busy."


def _end(stream, source, options):
    yield make_article(text="What stands before is read.", source=source)
    os._exit(3)


FORMATS[".ends"] = Format(_end, streamed=True)


def _fatal(pending):
    def pending_article(article, *more):
        if KILLS in article.text:
            os.kill(os.getpid(), signal.SIGKILL)
        while SPINS in article.text:
            pass
        return pending(article, *more)

    return pending_article


# The processes that parse import this too, and need nothing of it.
_preparing = sys.modules.get("rag.distributed.preparing")
if _preparing is not None:
    _preparing.pending_article = _fatal(_preparing.pending_article)
