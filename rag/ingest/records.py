"""Records (JSON objects, rows of a table) to articles, whatever their fields are called.

The first records are looked at before any is read: the user is told once a file which fields were
taken and which were left, and a date such as 25/12/2026 tells how 01/02/2026 is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from rag.errors import PressciteError, SourceError
from rag.ingest.article import make_article
from rag.ingest.bodies import body_text
from rag.ingest.failures import one_item
from rag.ingest.field_names import DOCUMENTED, candidates, column_for, is_blank, listed, shown
from rag.ingest.metadata import read_fields
from rag.ingest.notes import Note, OnNote
from rag.ingest.options import ARTICLE_FIELDS, ReadOptions
from rag.ingest.positions import Place
from rag.text.dates import DateOrder, date_order, find_dates
from rag.types import Article, Skipped

# Records looked at, and the characters of text at which to stop earlier.
_HEAD_RECORDS = 500
_HEAD_CHARACTERS = 4_000_000
_MAX_FIELDS = 2000
_MAX_NESTING = 50
# Notes on the records of one file; what is odd in all of a million is told often enough.
_MAX_NOTES = 100


@dataclass(frozen=True, slots=True)
class Record:
    """One record, and its place in its file: the number of its line, row or element."""

    place: int
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PendingRecord:
    """A record with what its file tells of it: all that an article can be made of elsewhere."""

    record: Record
    source: str
    """The file."""
    numbered: bool
    """As in `read_records`."""
    date_order: DateOrder | None

    @property
    def place(self) -> str:
        """Return what it is named by where it is skipped."""
        return f"{self.source}#{self.record.place}"


def read_records(
    records: Iterator[Record | Skipped],
    source: str,
    options: ReadOptions,
    *,
    numbered: bool = False,
    unread: Iterable[str] = (),
    place: Place | None = None,
) -> Iterator[Article | Skipped]:
    """Yield the article of each record, or why it holds none; what is skipped already passes.

    The source of an article is named by its ``id``, else by its ``url``, else by its content, so that
    another file of the same name replaces only the articles that it names again.

    Parameters
    ----------
    numbered
        Whether a bare number under ``id`` counts rows, as in tables: then it names no article, else
        two tables would replace each other's articles.
    unread
        Columns that were left before the records were read.
    place
        Where to go on in the file: records before it are passed over.
    """
    records = _bounded(records, source)
    head = _head(records)
    first = [one for one in head if isinstance(one, Record)]
    _tell_fields(first, source, options, unread, numbered=numbered)
    options = _with_date_order(first, source, options)
    if len(first) > 1 and not any(_text_name(one, options) for one in first):
        # Another kind of file: its lines would all be skipped for one reason.
        reason = _no_text({name: None for one in first for name in one.fields}, options)
        yield Skipped(source, f"{len(first):,} records without a text: {reason}")
        head = [one for one in head if isinstance(one, Skipped)]
    following = chain(head, records)
    if options.workers is not None and options.workers.elsewhere:
        order = options.date_order
        unmade = (
            one if isinstance(one, Skipped) else PendingRecord(one, source, numbered, order)
            for one in following
        )
        yield from options.workers.in_order(_with_places(unmade, place), options)
        return
    options = replace(options, on_note=limited(options.on_note, source))
    count = 0
    for count, one in enumerate(following, 1):
        if place and count <= place.begin.records:
            continue
        if isinstance(one, Skipped):
            yield one
        else:
            pending = PendingRecord(one, source, numbered, options.date_order)
            yield article_of_record(pending, options)
        if place:
            place.reached(0, count)
    if place:
        place.finished(count)


def article_of_record(pending: PendingRecord, options: ReadOptions) -> Article | Skipped:
    """Return the article that a record of a file holds, or why it holds none."""
    if pending.date_order != options.date_order:
        options = replace(options, date_order=pending.date_order)
    try:
        return _article(pending, options)
    except SourceError as error:
        return Skipped(pending.place, str(error))


def _with_places(
    items: Iterable[PendingRecord | Skipped], place: Place | None
) -> Iterator[PendingRecord | Skipped | Callable[[], None]]:
    """Yield records after those that were read before, each followed by a call that notes how far it is."""
    count = 0
    for count, one in enumerate(items, 1):
        if place and count <= place.begin.records:
            continue
        yield one
        if place:
            yield partial(place.reached, 0, count)
    if place:
        yield partial(place.finished, count)


def _bounded(records: Iterable[Record | Skipped], source: str) -> Iterator[Record | Skipped]:
    """Yield records without those that no reader of fields should be given."""
    for one in records:
        problem = _problem(one.fields) if isinstance(one, Record) else None
        yield (
            Skipped(f"{source}#{one.place}", problem)
            if isinstance(one, Record) and problem
            else one
        )


def _problem(fields: Mapping[str, object]) -> str | None:
    if len(fields) > _MAX_FIELDS:
        return f"{len(fields):,} fields; at most {_MAX_FIELDS:,} are read"
    values: list[object] = list(fields.values())
    for _ in range(_MAX_NESTING):
        values = [
            inner
            for one in values
            if isinstance(one, list | Mapping)
            for inner in (one.values() if isinstance(one, Mapping) else one)
        ]
        if not values:
            return None
    return f"nested deeper than {_MAX_NESTING} levels"


def limited(tell: OnNote, source: str) -> OnNote:
    """Return what passes the first notes on a file's records, and then one that there were more."""
    count = 0

    def on_note(note: Note) -> None:
        nonlocal count
        count += 1
        if count <= _MAX_NOTES:
            tell(note)
        elif count == _MAX_NOTES + 1:
            tell(Note(source, "more notes on its records are left out"))

    return on_note


def _head(records: Iterator[Record | Skipped]) -> list[Record | Skipped]:
    head: list[Record | Skipped] = []
    size = 0
    for one in records:
        head.append(one)
        if isinstance(one, Record):
            # Most of a record is a text; what is nested counts by its written form.
            size += sum(
                len(value if isinstance(value, str) else str(value))
                for value in one.fields.values()
            )
        if len(head) >= _HEAD_RECORDS or size >= _HEAD_CHARACTERS:
            break
    return head


@one_item()
def _article(pending: PendingRecord, options: ReadOptions) -> Article:
    record, source, numbered = pending.record, pending.source, pending.numbered
    place = pending.place
    name, text = _text(record.fields, options)
    given = read_fields(
        record.fields,
        lambda message: options.note(place, message),
        options,
        own_ids=name == "text" and not numbered,
    ).given
    article = make_article(text=text, source=source, **given)
    named = article.id if given["id"] or not article.url else article.url
    if given["id"] and named.isdigit():
        # Indexes of earlier versions hold this form: there a bare number was a line's.
        named = f"id={named}"
    return replace(article, sources=(f"{source}#{named}",))


def _text(fields: Mapping[str, object], options: ReadOptions) -> tuple[str, str]:
    """Return the name under which a record has its text, and the text."""
    for one in candidates(fields, "text", options.fields):
        text = body_text(one.value)
        if text:
            return one.name, text
    raise SourceError(_no_text(fields, options))


def _text_name(record: Record, options: ReadOptions) -> str | None:
    """Return the name under which a record has its text, or None; without reading a text that is long."""
    for one in candidates(record.fields, "text", options.fields):
        if isinstance(one.value, str) or body_text(one.value):
            return one.name
    return None


def _no_text(fields: Mapping[str, object], options: ReadOptions) -> str:
    try:
        key = column_for(fields, "text", options.fields)
    except SourceError as error:
        return str(error)
    if key is not None:
        return f"no 'text' in it: its {key!r} is empty"
    if not fields:
        return "no 'text' in it, nor anything else"
    return (
        f"no 'text' in it; it has {listed(fields)}: name the one that holds the text "
        "with --field text=NAME"
    )


def _tell_fields(
    records: Iterable[Record],
    source: str,
    options: ReadOptions,
    unread: Iterable[str],
    *,
    numbered: bool,
) -> None:
    """Tell which names were taken for which fields and which were left, unless ours alone are there."""
    taken: dict[str, dict[str, None]] = {field: {} for field in ARTICLE_FIELDS}
    left: dict[str, None] = {}
    for record in records:
        own = _taken(record, options, numbered=numbered)
        if not own:
            continue
        for field, name in own.items():
            taken[field][name] = None
        left |= dict.fromkeys(name for name, value in record.fields.items() if not is_blank(value))
    names = {name for found in taken.values() for name in found}
    parts = names | {name.partition(".")[0] for name in names} | DOCUMENTED
    if numbered and "id" not in taken["id"]:
        parts -= {"id"}
    left = {name: None for name in (*left, *unread) if name not in parts}
    if names and (left or not names <= DOCUMENTED):
        pairs = [_pair(field, list(found)) for field, found in taken.items() if found]
        told = f"took {', '.join(pairs)}"
        options.note(source, f"{told}; left {listed(left)}" if left else told)


def _taken(record: Record, options: ReadOptions, *, numbered: bool) -> dict[str, str]:
    """Return by field the name that it was taken from; {} for a record without a text."""
    try:
        body = _text_name(record, options)
        if body is None:
            return {}
        own_ids = body == "text" and not numbered
        read = read_fields(record.fields, lambda _: None, options, own_ids=own_ids).taken
    except (PressciteError, MemoryError, OSError):
        raise
    except Exception:
        # Told where its article is made.
        return {}
    return {"text": body} | read


def _pair(field: str, names: list[str]) -> str:
    return field if names == [field] else f"{field} from {' and '.join(map(shown, names))}"


def _with_date_order(records: Iterable[Record], source: str, options: ReadOptions) -> ReadOptions:
    """Return options with the order of all-digit dates where the records' own dates show it."""
    if options.date_order is not None:
        return options
    dates = [
        one.value[:100]
        for record in records
        for one in candidates(record.fields, "published", options.fields)
        if isinstance(one.value, str)
    ]
    order = date_order(dates)
    if order is None:
        return options
    if any(found.ambiguous for text in dates for found in find_dates(text)):
        decided = next(text for text in dates if date_order([text]))
        words = "day" if order == "dmy" else "month"
        options.note(source, f"its dates were read {words} first, because of {decided!r}")
    return replace(options, date_order=order)
