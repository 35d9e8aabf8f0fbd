"""The command that copies an index into one of another kind: copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import JsonOption, app
from ui.cli.output import print_json, say, write_line

if TYPE_CHECKING:
    from rag.index.copying import CopyReport

_WATCHED = "watch.sqlite"


@app.command(epilog="Example: presscite copy my.index milvus://localhost:19530/news")
def copy(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="An index: a folder, or in Milvus.")
    ],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="Where none is yet, of the same kind or another.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Copy an index, also between a folder and Milvus, without embedding anything again.

    Others may read and write FROM meanwhile: one revision is copied. TO is no index before the copy is
    complete and verified. Where it was broken off, the same command goes on. What people said of answers goes
    along; what was seen of watched feeds does not.
    """
    from rag.index.copying import copy_index
    from rag.index.opening import index_name
    from ui.cli.progress import stages

    with stages() as shown:
        report = copy_index(index_name(source), index_name(target), shown)
    feedback, notes = _take_along(source, target)
    for line in (*_notes(source, report), *notes):
        say(line)
    if as_json:
        print_json(
            {
                "from": source,
                "to": target,
                "revision": report.revision,
                "articles": report.articles,
                "chunks": report.chunks,
                "sources": report.sources,
                "versions": report.versions,
                "resumed": report.resumed,
                "restarted": report.restarted,
                "newest_revision": report.newest_revision,
                "verified": True,
                "feedback": feedback,
                "seconds": round(report.seconds, 3),
            }
        )
    else:
        write_line(
            f"copied {source} at revision {report.revision} to {target}: {report.articles:,} articles, "
            f"{report.chunks:,} chunks, all read again and the same; {report.seconds:.1f} s"
        )


def _notes(source: str, report: CopyReport) -> list[str]:
    """Return what is worth knowing of a copy besides its counts."""
    notes = []
    if report.resumed:
        notes.append(f"{report.resumed:,} articles had been copied before")
    if report.restarted:
        notes.append(f"{source} had changed since the copy was broken off, which began again")
    if report.newest_revision != report.revision:
        notes.append(
            f"{source} was written to meanwhile, and is at revision {report.newest_revision}"
        )
    return notes


def _take_along(source: str, target: str) -> tuple[bool, list[str]]:
    """Copy what people said of answers; return whether there was any, and what is not copied."""
    from eval.feedback import FeedbackStore
    from rag.errors import IndexStoreError
    from rag.index.opening import index_name, open_index
    from ui.keeping import kept_folder

    notes = []
    with open_index(index_name(source)) as opened:
        kept = kept_folder(opened)
    if (kept / _WATCHED).exists():
        notes.append(
            f"not copied: what was seen of watched feeds ({_WATCHED}); they are read once more"
        )
    try:
        with open_index(index_name(target)) as opened:
            copied = FeedbackStore(kept).copy_to(kept_folder(opened, make=True))
    except IndexStoreError as error:
        copied = False
        notes.append(f"not copied: what people said of answers ({error})")
    return copied, notes
