"""Commands on a collection: add, remove, list, show, info, verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.errors import QueryError
from rag.text.terminal import plain
from ui.cli.options import (
    AllowPrivateOption,
    CollectionOption,
    IndexOption,
    JsonOption,
    LabelOption,
    app,
    label_given,
)
from ui.cli.output import print_json, say, write_line

if TYPE_CHECKING:
    from rag.index import ArticleIndex
    from rag.ingest import Note
    from rag.types import Article, Skipped, Version


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
    collection: LabelOption = None,
    no_collection: Annotated[
        bool,
        typer.Option("--no-collection", help="Take off the label of articles that have one."),
    ] = False,
    allow_private: AllowPrivateOption = False,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Read and embed files on a Ray cluster: local, auto, HOST:PORT, ray://HOST:PORT.",
        ),
    ] = None,
    ray_workers: Annotated[
        int | None,
        typer.Option(min=1, help="Workers of the cluster; default: one for each processor of it."),
    ] = None,
) -> None:
    """Add articles from files, folders, addresses of pages and feeds, or standard input.

    What cannot be read is skipped with a reason, and the exit status is 2; a page that was read and is no
    story (a list of links, a wall, an error) is skipped too, and counts only where nothing else was added.

    Read are .txt (also exports of Nexis, Factiva, ProQuest), .md, .html, .mhtml, .pdf, .docx, .eml, .json,
    .jsonl, .ndjson, .csv, .tsv (also with .gz), .parquet, .warc, .warc.gz, .wacz, .rss, .atom, .xml.
    """
    import time
    from dataclasses import asdict, replace

    from embeddings import EncoderNotFoundError, load_encoder
    from rag.errors import ModelError
    from rag.index.opening import open_existing, open_index
    from rag.ingest import ReadOptions, expected_articles, read_sources
    from rag.types import AddReport, Article, Skipped
    from ui.cli.distributed import Incoming, from_cluster
    from ui.cli.progress import adding
    from ui.defaults import meant_index

    try:
        encoder = load_encoder(model) if model else None
    except EncoderNotFoundError as error:
        raise ModelError(str(error)) from error
    if ray_workers is not None and ray is None:
        raise QueryError("--ray-workers needs --ray ADDRESS")
    notes: list[Note] = []
    name = meant_index(index)
    with ExitStack() as stack:
        opened = open_existing(name, encoder=encoder)
        # Where to go on in files in which an earlier add was broken off.
        positions = stack.enter_context(opened).positions() if opened is not None else {}
        options = ReadOptions(
            notes.append,
            date_order,
            _fields(field or ()),
            allow_private=allow_private,
            positions=positions,
            collection=label_given(collection, taken_off=no_collection),
        )
        began = time.perf_counter()
        coming = (
            stack.enter_context(
                from_cluster(ray, ray_workers, sources, options, opened, model, encoder)
            )
            if ray is not None
            else Incoming(read_sources(sources, options=options), encoder)
        )
        shown = stack.enter_context(adding(expected_articles(sources)))
        # A mistyped name makes no index: there is one from the first article on.
        first, items = list(_until_article(coming.items)), coming.items
        if opened is None and first and isinstance(first[-1], Article):
            opened = stack.enter_context(open_index(name, create=True, encoder=coming.encoder))
        elif opened is not None and ray is not None:
            # With the encoder that knows what workers embedded.
            opened.close()
            opened = stack.enter_context(open_index(name, encoder=coming.encoder))
        if opened is not None:
            report = opened.add(
                chain(first, items),
                progress=shown,
                positions=positions,
                prepared=coming.prepared,
            )
        else:
            report = AddReport(skipped=tuple(one for one in first if isinstance(one, Skipped)))
    if ray is not None:
        # Workers are ahead of the index: its own part is the smaller one.
        report = replace(report, seconds=time.perf_counter() - began)
    _say_skipped(report.skipped)
    _say_notes(notes)
    if as_json:
        print_json(asdict(report) | {"seconds": round(report.seconds, 3)})
    else:
        noun = "chunk" if report.chunks == 1 else "chunks"
        write_line(
            f"added {report.added}, updated {report.updated}, unchanged {report.unchanged}, "
            f"skipped {len(report.skipped)}; {report.chunks} {noun} in {report.seconds:.1f} s"
        )
    added = report.added or report.updated or report.unchanged
    if any(skipped.unusable for skipped in report.skipped) or (report.skipped and not added):
        raise typer.Exit(2)


def _say_skipped(skipped: Sequence[Skipped]) -> None:
    for one in skipped[:_MAX_SKIPPED]:
        say(f"skipped {one.source}: {one.reason}")
    if len(skipped) > _MAX_SKIPPED:
        rest = Counter(one.reason for one in skipped[_MAX_SKIPPED:])
        told = "; ".join(f"{count:,}: {reason}" for reason, count in rest.most_common(_MAX_REASONS))
        say(f"and {rest.total():,} more skipped, all of them listed by --json ({told})")


def _say_notes(notes: Sequence[Note]) -> None:
    for note in notes[:_MAX_NOTES]:
        say(f"note on {note.source}: {note.message}")
    if len(notes) > _MAX_NOTES:
        more = len(notes) - _MAX_NOTES
        say(f"and {more:,} more {'note' if more == 1 else 'notes'}")


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
    from rag.index.opening import open_index
    from ui.defaults import meant_index

    with open_index(meant_index(index)) as opened:
        ids = [
            name for reference in references for name in _resolved(opened, reference, stems=False)
        ]
        count = opened.remove(ids)
    print_json({"removed": count}) if as_json else write_line(f"removed {count}")


@app.command("list", epilog="Example: presscite list --json --index my.index")
def list_articles(
    index: IndexOption = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the articles."""
    from rag.index.opening import open_index
    from rag.retrieval.filters import make_filters
    from rag.text.keys import outlet_key
    from ui.defaults import meant_index
    from ui.serialize import article_json

    asked = make_filters(collection=collection).collection
    with open_index(meant_index(index)) as opened:
        articles = (
            one
            for one in opened.articles()
            if asked is None or outlet_key(one.collection or "") == outlet_key(asked)
        )
        if as_json:
            print_json([article_json(one, with_text=False) for one in articles])
            return
        for one in articles:
            origin = f" ({one.date_origin})" if one.date_origin else ""
            day = f"{one.published}{origin}" if one.published else "-"
            where = one.url or (one.sources[0] if one.sources else "-")
            parts = (one.id, day, one.language or "-", one.outlet or "-", one.title or "-", where)
            write_line(plain("  ".join(parts)))


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
    from rag.index.opening import open_index
    from ui.defaults import meant_index
    from ui.serialize import article_json, version_json

    with open_index(meant_index(index)) as opened:
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
            write_line(plain(f"{name}: {listed}"))
    for one in versions if version is None else ():
        write_line(f"earlier version: {one.content_hash[:12]}, replaced {one.replaced_at}")
    write_line("\n" + "\n".join(map(plain, record["text"].split("\n"))))


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

    from rag.index import FORMAT
    from rag.index.opening import open_index
    from ui.defaults import meant_index
    from ui.keeping import kept_folder

    name = meant_index(index)
    with open_index(name) as opened:
        built, boilerplate = opened.built_with, opened.boilerplate()
        collections = dict(opened.collection_counts().collections)
        record = {
            "index": str(name),
            "kept": str(kept_folder(opened)),
            **opened.counts(),
            "collections": collections,
            "boilerplate": boilerplate,
            "revision": opened.revision,
            "format": FORMAT,
            "vectors": dict(opened.vector_stats),
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
        write_line(plain(f"{name}: {told.get(name, value)}"))


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
    from rag.index.opening import repair_named, verify_named
    from ui.defaults import meant_index

    name = meant_index(index)
    if repair:
        repair_named(name)
    problems = verify_named(name, quick=quick)
    if as_json:
        print_json(
            {
                "index": str(name),
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


def _resolved(opened: ArticleIndex, reference: str, *, stems: bool = True) -> list[str]:
    from rag.ingest.sources import printable

    ids = opened.resolve(printable(reference), stems=stems)
    if not ids:
        raise QueryError(f"{reference!r} is no article here; see: presscite list")
    return ids
