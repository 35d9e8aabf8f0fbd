"""Commands on a collection: add, remove, list, show, info, verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.errors import QueryError
from ui.cli.options import AllowPrivateOption, IndexOption, JsonOption, app
from ui.cli.output import print_json, say, write_line

if TYPE_CHECKING:
    from pathlib import Path

    from rag.index import Index
    from rag.types import Article, Position, Skipped, Version


_MAX_NOTES = 50
_MAX_SKIPPED = 100
_MAX_REASONS = 5


@app.command(epilog="Example: presscite add news/ 'wire/*.jsonl' --index my.index")
def add(
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders, globs, addresses, or - for stdin.")
    ],
    index: IndexOption = None,
    as_json: JsonOption = False,
    model: Annotated[
        str | None, typer.Option(help="Embedding model of a new index: a folder or hub name.")
    ] = None,
    date_order: Annotated[
        Literal["dmy", "mdy"] | None,
        typer.Option(help="How dates such as 01/02/2026 are read; day first without it."),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=NAME", help="A field of articles and its column or key in the files."
        ),
    ] = None,
    allow_private: AllowPrivateOption = False,
) -> None:
    """Add articles from files, folders, addresses of pages and feeds, or standard input.

    Read are .txt (also exports of Nexis, Factiva, ProQuest), .md, .html, .mhtml, .pdf, .docx, .eml, .json,
    .jsonl, .ndjson, .csv, .tsv (also with .gz), .parquet, .warc, .warc.gz, .wacz, .rss, .atom, .xml.
    """
    from dataclasses import asdict

    from embeddings import EncoderNotFoundError, load_encoder
    from rag.errors import ModelError
    from rag.index import Index, holds_index
    from rag.ingest import Note, ReadOptions, expected_articles, read_sources
    from rag.types import AddReport, Article, Skipped
    from ui.cli.progress import adding
    from ui.defaults import index_folder

    try:
        encoder = load_encoder(model) if model else None
    except EncoderNotFoundError as error:
        raise ModelError(str(error)) from error
    notes: list[Note] = []
    folder = index_folder(index)
    positions = _positions(folder)
    options = ReadOptions(
        notes.append,
        date_order,
        _fields(field or ()),
        allow_private=allow_private,
        positions=positions,
    )
    items = read_sources(sources, options=options)
    with adding(expected_articles(sources)) as shown:
        # A mistyped name makes no index: there is one from the first article on.
        first = list(_until_article(items))
        if (first and isinstance(first[-1], Article)) or holds_index(folder):
            with Index.open(folder, create=True, encoder=encoder) as opened:
                report = opened.add(chain(first, items), progress=shown, positions=positions)
        else:
            report = AddReport(skipped=tuple(one for one in first if isinstance(one, Skipped)))
    for skipped in report.skipped[:_MAX_SKIPPED]:
        say(f"skipped {skipped.source}: {skipped.reason}")
    if len(report.skipped) > _MAX_SKIPPED:
        rest = Counter(skipped.reason for skipped in report.skipped[_MAX_SKIPPED:])
        told = "; ".join(f"{count:,}: {reason}" for reason, count in rest.most_common(_MAX_REASONS))
        say(f"and {rest.total():,} more skipped, all of them listed by --json ({told})")
    for note in notes[:_MAX_NOTES]:
        say(f"note on {note.source}: {note.message}")
    if len(notes) > _MAX_NOTES:
        say(f"and {len(notes) - _MAX_NOTES:,} more notes")
    if as_json:
        print_json(asdict(report) | {"seconds": round(report.seconds, 3)})
    else:
        write_line(
            f"added {report.added}, updated {report.updated}, unchanged {report.unchanged}, "
            f"skipped {len(report.skipped)}; {report.chunks} chunks in {report.seconds:.1f} s"
        )
    if report.skipped:
        raise typer.Exit(2)


def _positions(folder: Path) -> dict[str, Position]:
    """Return where to go on in files in which an earlier add was broken off."""
    from rag.index import Index, holds_index

    if not holds_index(folder):
        return {}
    with Index.open(folder) as opened:
        return opened.positions()


def _fields(pairs: Iterable[str]) -> dict[str, str]:
    from rag.ingest.options import ARTICLE_FIELDS

    fields: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals or not column or name not in ARTICLE_FIELDS:
            raise QueryError(
                f"--field {pair!r} is not FIELD=NAME with one of {', '.join(ARTICLE_FIELDS)}"
            )
        fields[name] = column
    return fields


def _until_article(items: Iterator[Article | Skipped]) -> Iterator[Article | Skipped]:
    from rag.types import Article

    for item in items:
        yield item
        if isinstance(item, Article):
            return


@app.command(epilog="Example: presscite remove news/old.txt https://example.org/a --index my.index")
def remove(
    references: Annotated[list[str], typer.Argument(help="Article ids, URLs or paths.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove articles; all of those named, or none where one is unknown."""
    from rag.index import Index
    from ui.defaults import index_folder

    with Index.open(index_folder(index)) as opened:
        ids = [
            name for reference in references for name in _resolved(opened, reference, stems=False)
        ]
        count = opened.remove(ids)
    print_json({"removed": count}) if as_json else write_line(f"removed {count}")


@app.command("list", epilog="Example: presscite list --json --index my.index")
def list_articles(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the articles."""
    from rag.index import Index
    from ui.defaults import index_folder
    from ui.serialize import article_json

    with Index.open(index_folder(index)) as opened:
        if as_json:
            print_json([article_json(one, with_text=False) for one in opened.articles()])
            return
        for one in opened.articles():
            origin = f" ({one.date_origin})" if one.date_origin else ""
            day = f"{one.published}{origin}" if one.published else "-"
            parts = (one.id, day, one.outlet or "-", one.title or "-")
            write_line("  ".join(parts))


@app.command(epilog="Example: presscite show 0c8ac7985e6d8820 --json --index my.index")
def show(
    reference: Annotated[str, typer.Argument(help="Article id, URL or path.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
    version: Annotated[
        str | None,
        typer.Option(help="An earlier version: the first characters of its hash, of four or more."),
    ] = None,
) -> None:
    """Show one article: its metadata, its cleaned text, and which versions it replaced."""
    from rag.index import Index
    from ui.defaults import index_folder
    from ui.serialize import article_json, version_json

    with Index.open(index_folder(index)) as opened:
        newer = opened.successor(reference)
        ids = [newer] if newer and not opened.resolve(reference) else _resolved(opened, reference)
        if ids == [newer]:
            say(
                f"{reference} was replaced by {newer}, which is shown; --version shows the older one"
            )
        if len(ids) > 1:
            raise QueryError(f"{reference!r} names {len(ids)} articles: {', '.join(ids[:5])}")
        article, versions = opened.article(ids[0]), opened.versions(ids[0])
    if version is not None:
        record = version_json(_one_version(versions, version), with_text=True)
    else:
        record = article_json(article, with_text=True)
        record["versions"] = [version_json(one, with_text=False) for one in versions]
    if as_json:
        print_json(record)
        return
    for name, value in record.items():
        if name not in ("text", "versions") and value:
            listed = ", ".join(map(str, value)) if isinstance(value, list) else value
            write_line(f"{name}: {listed}")
    for one in versions if version is None else ():
        write_line(f"earlier version: {one.content_hash[:12]}, replaced {one.replaced_at}")
    write_line(f"\n{record['text']}")


def _one_version(versions: Sequence[Version], wanted: str) -> Version:
    found = [one for one in versions if one.content_hash.startswith(wanted.lower())]
    if len(wanted) < 4 or len(found) != 1:
        known = ", ".join(one.content_hash[:12] for one in versions) or "none"
        raise QueryError(f"--version {wanted!r} names {len(found)} versions; there are: {known}")
    return found[0]


@app.command(epilog="Example: presscite info --index my.index")
def info(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say what the index holds and what it was built with."""
    from dataclasses import asdict

    from rag.index import FORMAT, Index
    from ui.defaults import index_folder

    folder = index_folder(index)
    with Index.open(folder) as opened:
        built, boilerplate = opened.built_with, opened.boilerplate()
        record = {
            "index": str(folder),
            **opened.counts(),
            "boilerplate": boilerplate,
            "revision": opened.revision,
            "format": FORMAT,
            "vectors": asdict(opened.ivf_stats),
            "model": built.identity.name,
            "weights_sha256": built.identity.weights_sha256,
            "dimension": built.identity.dimension,
            "token_encoding": built.token_encoding,
            "chunk_budget": asdict(built.budget),
        }
    if as_json:
        print_json(record)
        return
    told = {
        "boilerplate": f"{boilerplate['paragraphs']:,} paragraphs known, "
        f"not searched in {boilerplate['articles']:,} articles"
    }
    for name, value in record.items():
        if isinstance(value, dict) and name not in told:
            told[name] = ", ".join(f"{part} {own}" for part, own in value.items())
        write_line(f"{name}: {told.get(name, value)}")


@app.command(epilog="Example: presscite verify --index my.index; echo $?")
def verify(
    index: IndexOption = None,
    as_json: JsonOption = False,
    quick: Annotated[bool, typer.Option("--quick", help="Checksums of files only.")] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Rebuild what is derived from articles and vectors."),
    ] = False,
) -> None:
    """Check an index: exit status 0 sound, 1 damaged, 2 unusable."""
    from rag.index import repair_index, verify_index
    from ui.defaults import index_folder

    folder = index_folder(index)
    if repair:
        repair_index(folder)
    problems = verify_index(folder, quick=quick)
    if as_json:
        print_json(
            {
                "index": str(folder),
                "sound": not problems,
                "problems": [str(one) for one in problems],
            }
        )
    else:
        for problem in problems:
            write_line(str(problem))
        write_line("damaged" if problems else "sound")
    if problems:
        raise typer.Exit(1)


def _resolved(opened: Index, reference: str, *, stems: bool = True) -> list[str]:
    from rag.ingest.sources import printable

    ids = opened.resolve(printable(reference), stems=stems)
    if not ids:
        raise QueryError(f"{reference!r} is no article here; see: presscite list")
    return ids
