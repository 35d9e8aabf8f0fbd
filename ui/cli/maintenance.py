"""Commands that keep an installation safe: snapshot, restore, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import IndexOption, JsonOption, app
from ui.cli.output import print_json, write_line


@app.command(epilog="Example: presscite snapshot backup/monday --index my.index")
def snapshot(
    target: Annotated[Path, typer.Argument(help="A new folder for the copy.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy an index as it is at one moment, while others read and write."""
    from rag.index import snapshot as copy
    from ui.defaults import index_folder

    folder = index_folder(
        index, f"a snapshot is of a folder; copy it into one: presscite copy INDEX {target}"
    )
    revision = copy(folder, target)
    if as_json:
        print_json({"index": str(folder), "snapshot": str(target), "revision": revision})
    else:
        write_line(f"copied {folder} at revision {revision} to {target}")


@app.command(epilog="Example: presscite restore backup/monday --index my.index")
def restore(
    source: Annotated[Path, typer.Argument(help="The folder of a copy.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace an index by a snapshot; the replaced index is kept beside it."""
    from eval.feedback import FeedbackStore
    from rag.index import restore as put_back
    from ui.defaults import index_folder

    folder = index_folder(
        index,
        f"only a folder can be restored in place; copy it under a new name: presscite copy {source} "
        f"NEW-INDEX",
    )
    aside = put_back(source, folder)
    if aside is not None:
        # What people said of answers is newer than any snapshot, and in none.
        FeedbackStore(aside).copy_to(folder)
    if as_json:
        print_json(
            {"index": str(folder), "restored": str(source), "replaced": aside and str(aside)}
        )
    else:
        write_line(f"restored {folder}" + (f"; what stood there is now {aside}" if aside else ""))


@app.command(epilog="Example: presscite doctor")
def doctor(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say whether this installation is complete."""
    from ui.cli.doctor import examine
    from ui.defaults import is_named, meant_index

    findings = examine(meant_index(index), named=is_named(index))
    if as_json:
        print_json([{"check": f.check, "ok": f.ok, "detail": f.detail} for f in findings])
    else:
        for finding in findings:
            write_line(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.check}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
