"""The command line: ``presscite``. Every command prints JSON alone on standard output with --json."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.errors import PressciteError, QueryError

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from rag.answering.answerer import Answerer
    from rag.index import Index
    from rag.types import Article, Skipped

app = typer.Typer(
    name="presscite",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
IndexOption = Annotated[
    Path | None,
    typer.Option("--index", help="Index folder; default: $PRESSCITE_INDEX, else your own."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="The day the question is asked: nothing newer is used. Default: today."
    ),
]
SinceOption = Annotated[str | None, typer.Option(help="Published on or after this day.")]
UntilOption = Annotated[str | None, typer.Option(help="Published on or before this day.")]
OutletOption = Annotated[str | None, typer.Option(help="Only this outlet.")]
LanguageOption = Annotated[str | None, typer.Option(help="Only this language, e.g. en.")]
KOption = Annotated[int, typer.Option("-k", help="How many passages.")]
ReaderOption = Annotated[
    str | None,
    typer.Option(
        help="Who picks the words: presscite, evidence (not trained), or an extractive "
        "question-answering model by folder or hub name."
    ),
]
AccuracyOption = Annotated[
    float | None,
    typer.Option(
        "--min-accuracy",
        help="Answer only where this share of answers was right on the development questions, "
        "e.g. 0.95.",
    ),
]


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        _out(f"presscite {version('presscite')}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Answers questions from news articles with the articles' own words."""


def main() -> None:
    """Run the command line; errors made by what was asked are one line and exit status 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A quote in a terminal that cannot show its letters is shown all the same.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except PressciteError as error:
        _say(str(error))
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe went away: nothing left to say, and no traceback to say it with.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        _say("interrupted; what was committed stays")
        sys.exit(130)


@app.command(epilog="Example: presscite add news/ 'wire/*.jsonl' --index my.index")
def add(
    sources: Annotated[list[str], typer.Argument(help="Files, folders, globs, or - for stdin.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
    model: Annotated[
        str | None, typer.Option(help="Embedding model of a new index: a folder or hub name.")
    ] = None,
) -> None:
    """Add articles: text, Markdown with front matter, JSONL."""
    from dataclasses import asdict

    from embeddings import EncoderNotFoundError, load_encoder
    from rag.errors import ModelError
    from rag.index import Index
    from rag.index.schema import is_whole
    from rag.ingest import expected_articles, read_sources
    from rag.types import AddReport, Article, Skipped
    from ui.cli.progress import adding
    from ui.defaults import index_folder

    try:
        encoder = load_encoder(model) if model else None
    except EncoderNotFoundError as error:
        raise ModelError(str(error)) from error
    folder, items = index_folder(index), read_sources(sources)
    with adding(expected_articles(sources)) as shown:
        # A mistyped name makes no index: there is one from the first article on.
        first = list(_until_article(items))
        if (first and isinstance(first[-1], Article)) or is_whole(folder):
            with Index.open(folder, create=True, encoder=encoder) as opened:
                report = opened.add(chain(first, items), progress=shown)
        else:
            report = AddReport(skipped=tuple(one for one in first if isinstance(one, Skipped)))
    for skipped in report.skipped:
        _say(f"skipped {skipped.source}: {skipped.reason}")
    if as_json:
        _print_json(asdict(report) | {"seconds": round(report.seconds, 3)})
    else:
        _out(
            f"added {report.added}, updated {report.updated}, unchanged {report.unchanged}, "
            f"skipped {len(report.skipped)}; {report.chunks} chunks in {report.seconds:.1f} s"
        )
    if report.skipped:
        raise typer.Exit(2)


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
    _print_json({"removed": count}) if as_json else _out(f"removed {count}")


@app.command("list", epilog="Example: presscite list --json --index my.index")
def list_articles(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the articles."""
    from rag.index import Index
    from ui.defaults import index_folder
    from ui.serialize import article_json

    with Index.open(index_folder(index)) as opened:
        if as_json:
            _print_json([article_json(one, with_text=False) for one in opened.articles()])
            return
        for one in opened.articles():
            parts = (one.id, str(one.published or "-"), one.outlet or "-", one.title or "-")
            _out("  ".join(parts))


@app.command(epilog="Example: presscite show 0c8ac7985e6d8820 --json --index my.index")
def show(
    reference: Annotated[str, typer.Argument(help="Article id, URL or path.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one article: its metadata and cleaned text."""
    from rag.index import Index
    from ui.defaults import index_folder
    from ui.serialize import article_json

    with Index.open(index_folder(index)) as opened:
        ids = _resolved(opened, reference)
        if len(ids) > 1:
            raise QueryError(f"{reference!r} names {len(ids)} articles: {', '.join(ids[:5])}")
        article = opened.article(ids[0])
    record = article_json(article, with_text=True)
    if as_json:
        _print_json(record)
        return
    for name, value in record.items():
        if name != "text" and value:
            _out(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    _out(f"\n{article.text}")


@app.command(epilog="Example: presscite info --index my.index")
def info(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say what the index holds and what it was built with."""
    from dataclasses import asdict

    from rag.index import Index
    from rag.index.schema import FORMAT
    from ui.defaults import index_folder

    folder = index_folder(index)
    with Index.open(folder) as opened:
        built = opened.built_with
        record = {
            "index": str(folder),
            **opened.counts(),
            "revision": opened.revision,
            "format": FORMAT,
            "vectors": asdict(opened.last_fold),
            "model": built.identity.name,
            "weights_sha256": built.identity.weights_sha256,
            "dimension": built.identity.dimension,
            "token_encoding": built.token_encoding,
            "chunk_budget": asdict(built.budget),
        }
    if as_json:
        _print_json(record)
        return
    for name, value in record.items():
        told = (
            ", ".join(f"{part} {own}" for part, own in value.items())
            if isinstance(value, dict)
            else value
        )
        _out(f"{name}: {told}")


@app.command(epilog="Example: presscite verify --index my.index; echo $?")
def verify(
    index: IndexOption = None,
    as_json: JsonOption = False,
    quick: Annotated[bool, typer.Option("--quick", help="Checksums of files only.")] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Make anew what is derived from articles and vectors."),
    ] = False,
) -> None:
    """Check an index: exit status 0 sound, 1 damaged, 2 unusable."""
    from rag.index.verify import repair_index, verify_index
    from ui.defaults import index_folder

    folder = index_folder(index)
    if repair:
        repair_index(folder)
    problems = verify_index(folder, quick=quick)
    if as_json:
        _print_json({"index": str(folder), "sound": not problems, "problems": problems})
    else:
        for problem in problems:
            _out(problem)
        _out("damaged" if problems else "sound")
    if problems:
        raise typer.Exit(1)


@app.command(epilog="Example: presscite snapshot backup/monday --index my.index")
def snapshot(
    target: Annotated[Path, typer.Argument(help="A new folder for the copy.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy an index as it is at one moment, while others read and write."""
    from rag.index.snapshots import snapshot as copy
    from ui.defaults import index_folder

    folder = index_folder(index)
    revision = copy(folder, target)
    if as_json:
        _print_json({"index": str(folder), "snapshot": str(target), "revision": revision})
    else:
        _out(f"copied {folder} at revision {revision} to {target}")


@app.command(epilog="Example: presscite restore backup/monday --index my.index")
def restore(
    source: Annotated[Path, typer.Argument(help="The folder of a copy.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a copy in an index's place; what stood there is kept beside it."""
    from rag.index.snapshots import restore as put_back
    from ui.defaults import index_folder

    folder = index_folder(index)
    aside = put_back(source, folder)
    if as_json:
        _print_json(
            {"index": str(folder), "restored": str(source), "replaced": aside and str(aside)}
        )
    else:
        _out(f"restored {folder}" + (f"; what stood there is now {aside}" if aside else ""))


@app.command(epilog="Example: presscite search 'Who chaired the session?' -k 5 --since 2023-01-01")
def search(
    question: Annotated[str, typer.Argument(help="What to look for.")],
    index: IndexOption = None,
    k: KOption = 10,
    as_of: AsOfOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    outlet: OutletOption = None,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the passages nearest to a question, best first."""
    from rag.retrieval.retriever import Retriever
    from ui.defaults import open_for_questions
    from ui.serialize import passage_json

    day = _day(as_of)
    with open_for_questions(index)[0] as opened:
        passages = Retriever(opened).search(
            question, k, since=since, until=until, outlet=outlet, language=language, as_of=day
        )
    if as_json:
        _print_json([passage_json(passage) for passage in passages])
        return
    from ui.cli.terminal import print_passage

    if not passages:
        _say_what_filters(since=since, until=until, outlet=outlet, language=language, as_of=as_of)
    for passage in passages:
        print_passage(_console(), passage)


@app.command(
    epilog="Examples: presscite ask 'How many agreements were signed?' --since 2023-12-01\n\n"
    "presscite ask --batch questions.jsonl > answers.jsonl"
)
def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    batch: Annotated[
        str | None, typer.Option(help="JSONL file of questions, or -; prints JSONL.")
    ] = None,
    index: IndexOption = None,
    k: KOption = 10,
    as_of: AsOfOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    outlet: OutletOption = None,
    language: LanguageOption = None,
    reader: ReaderOption = None,
    min_accuracy: AccuracyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer with a quote, or say that the articles don't; both exit with status 0."""
    from ui.defaults import open_for_questions
    from ui.readers import answerer_with, checked_accuracy
    from ui.serialize import answer_json

    checked_accuracy(min_accuracy)
    if (question is None) == (batch is None):
        raise QueryError("give a question or --batch FILE, one of the two")
    day = _day(as_of)
    filters = {
        "since": since,
        "until": until,
        "outlet": outlet,
        "language": language,
        "as_of": as_of,
    }
    with open_for_questions(index)[0] as opened:
        answerer = answerer_with(opened, reader=reader, min_accuracy=min_accuracy)
        if batch is not None:
            if not _ask_batch(answerer, batch, k, filters):
                raise typer.Exit(2)
            return
        answer = answerer.ask(
            question or "",
            k=k,
            since=since,
            until=until,
            outlet=outlet,
            language=language,
            as_of=day,
        )
    if as_json:
        _print_json(answer_json(answer))
        return
    from ui.cli.terminal import print_answer

    if not answer.passages:
        _say_what_filters(**filters)
    print_answer(_console(), answer)


def _ask_batch(answerer: Answerer, batch: str, k: int, filters: dict[str, str | None]) -> bool:
    """Answer a file of questions, one line of JSON each; returns whether every line was one."""
    from ui.cli.batch import read_question
    from ui.serialize import answer_json

    whole = True
    for number, line in enumerate(_lines(batch), 1):
        if not line.strip():
            continue
        identity: object = None
        try:
            asked = read_question(line)
            identity = asked.id
            answer = answerer.ask(
                asked.question,
                history=asked.history,
                k=k,
                since=asked.filters["since"] or filters["since"],
                until=asked.filters["until"] or filters["until"],
                outlet=asked.filters["outlet"] or filters["outlet"],
                language=asked.filters["language"] or filters["language"],
                as_of=asked.filters["as_of"] or filters["as_of"],
            )
        except QueryError as error:
            whole = False
            _say(f"{batch}, line {number}: {error}")
            # A line of its own, so that the output still pairs with the input line by line.
            _out(json.dumps({"id": identity, "error": str(error)}, ensure_ascii=False))
            continue
        record = answer_json(answer) | {"id": identity}
        _out(json.dumps(record, ensure_ascii=False))
    return whole


def _lines(name: str) -> Iterator[str]:
    if name == "-":
        for number, line in enumerate(sys.stdin):
            yield line if number else line.removeprefix("\ufeff")
        return
    try:
        with Path(name).open(encoding="utf-8-sig") as stream:
            yield from stream
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise QueryError(f"{name}: the questions cannot be read ({reason})") from error


@app.command(epilog="Example: presscite chat --port 7861 --index my.index")
def chat(
    index: IndexOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser.")
    ] = True,
    as_of: AsOfOption = None,
    reader: ReaderOption = None,
    min_accuracy: AccuracyOption = None,
) -> None:
    """Open the web chat, with its JSON API and article pages."""
    from ui.defaults import open_for_questions
    from ui.readers import answerer_with, checked_accuracy

    checked_accuracy(min_accuracy)
    day = _day(as_of)
    opened, is_sample = open_for_questions(index)
    with opened:
        answerer = answerer_with(opened, reader=reader, min_accuracy=min_accuracy)
        answerer.warm_up()
        from ui.web.chat import serve
        from ui.web.examples import SAMPLE_EXAMPLES

        serve(
            answerer,
            host=host,
            port=port,
            open_browser=browser,
            examples=SAMPLE_EXAMPLES if is_sample else (),
            subtitle="Asking the built-in sample" if is_sample else "",
            as_of=day,
        )


@app.command(
    "eval",
    epilog="Examples: presscite eval --split dev --report report.html\n\n"
    "presscite eval --compare evidence --json",
)
def evaluate(
    dataset: Annotated[
        Path | None,
        typer.Argument(help="presscite JSONL, SQuAD .json, or BEIR folder; default: the sample."),
    ] = None,
    index: IndexOption = None,
    split: Annotated[
        Literal["dev", "test", "all"], typer.Option(help="Which part, where the set has parts.")
    ] = "test",
    oracle: Annotated[bool, typer.Option(help="Give the reader its own paragraph.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask only the first N.")] = None,
    reader: ReaderOption = None,
    compare: Annotated[
        str | None, typer.Option(help="A second reader, for the same passages.")
    ] = None,
    as_of: AsOfOption = None,
    min_accuracy: AccuracyOption = None,
    by: Annotated[
        str | None, typer.Option(help="Figures by a field of the questions too, such as kind.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a question set and print its figures."""
    from ui.cli.evaluation import Wish, record_of, run
    from ui.readers import checked_accuracy

    accuracy, day = checked_accuracy(min_accuracy), _day(as_of)
    if report is not None and not report.parent.is_dir():
        # Said before the run, which may take minutes.
        raise QueryError(f"{report.parent}: no such folder; the report needs one that is there")
    result = run(
        Wish(dataset, index, split, oracle, limit, reader, compare, accuracy, as_of=day, by=by)
    )
    if as_json:
        _print_json(record_of(result))
    else:
        from eval.table import print_table

        print_table(result, _console())
    if report is not None:
        from eval.report import write_report

        try:
            write_report(result, report)
        except OSError as error:
            _say(f"{report}: the report cannot be written ({error.strerror or error})")
            raise typer.Exit(2) from error
        _say(f"report written to {report}")
    if result.interrupted:
        # Not 0: a script must not take the figures of some questions for those of all.
        _say(f"interrupted; these are the figures of the first {len(result.records)} questions")
        raise typer.Exit(130)


@app.command(epilog="Example: presscite doctor")
def doctor(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say whether this installation is complete."""
    from ui.cli.doctor import examine
    from ui.defaults import index_folder, is_named

    findings = examine(index_folder(index), named=is_named(index))
    if as_json:
        _print_json([{"check": f.check, "ok": f.ok, "detail": f.detail} for f in findings])
    else:
        for finding in findings:
            _out(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.check}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _day(as_of: str | None) -> date | None:
    """Return the day a question is asked on; said to be none before anything is loaded for it."""
    from rag.retrieval.filters import checked_day

    return checked_day("--as-of", as_of)


def _say_what_filters(**filters: str | None) -> None:
    """Say that filters left nothing to search: articles that were not read say nothing either way."""
    given = " ".join(
        f"--{name.replace('_', '-')} {value}" for name, value in filters.items() if value
    )
    if given:
        _say(f"no article passes {given}; see: presscite list")


def _resolved(opened: Index, reference: str, *, stems: bool = True) -> list[str]:
    from rag.ingest.sources import printable

    ids = opened.resolve(printable(reference), stems=stems)
    if not ids:
        raise QueryError(f"{reference!r} is no article here; see: presscite list")
    return ids


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _print_json(record: object) -> None:
    _out(json.dumps(record, ensure_ascii=False, indent=2))


def _out(text: str) -> None:
    # A lone surrogate in an id is JSON that no encoding can print.
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")


def _say(text: str) -> None:
    sys.stderr.write(f"presscite: {' '.join(text.split())}\n")
