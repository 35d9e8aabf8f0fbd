"""CSV, TSV and Parquet: one article a row, under the names that people give their columns."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import SourceError
from rag.ingest import read_sources
from rag.ingest.formats import read_csv, read_parquet
from rag.ingest.isolated import Limits
from rag.ingest.options import ReadOptions
from rag.ingest.parquet_worker import frames
from rag.types import Article, Skipped

STORY = "The Orvane harbour board approved a new ferry terminal."


def read(data, reader=read_csv, **options):
    notes = []
    data = data.encode() if isinstance(data, str) else data
    found = list(reader(io.BytesIO(data), "/news/a.csv", ReadOptions(notes.append, **options)))
    return found, [note.message for note in notes]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_and_encodings(delimiter, encoding, end):
    cells = [
        ["title", "text", "published", "outlet"],
        ["Café's", '"The board, the owner; or both | said"', "2026-05-12T23:30:00+02:00", "Ørn"],
        ["B", f'"One ""whole"" line{end}and another."', "", "Orvane Post"],
    ]
    data = end.join(delimiter.join(row) for row in cells).replace("Ø", "O")
    (one, two), notes = read(data.encode(encoding))
    assert (one.title, one.published, one.outlet) == ("Café's", date(2026, 5, 12), "Orn")
    assert one.published_at == "2026-05-12T23:30:00+02:00"
    assert one.text == "The board, the owner; or both | said"
    assert two.text == 'One "whole" line\nand another.'
    assert notes == []


def test_columns_by_other_names():
    (one,), notes = read(
        "ID,Headline,Article Body,Date Published,Authors,Source,Link,Topic\n"
        f'1,Ferry,<p>{STORY}</p>,2026-05-12,"[\'Mira Toll\', ""Ben O\'Ake""]",Orvane Post,'
        "https://example.org/ferry,harbour\n"
    )
    assert (one.title, one.text, one.outlet) == ("Ferry", STORY, "Orvane Post")
    assert one.authors == ("Mira Toll", "Ben O'Ake")
    # The number of a row names nothing: another table has the same.
    assert one.sources == ("/news/a.csv#https://example.org/ferry",)
    assert notes == [
        "took text from Article Body, title from Headline, outlet from Source, published from "
        "Date Published, url from Link, authors from Authors; left ID, Topic"
    ]


def test_columns_that_the_user_names():
    data = f"kop,tekst,nr\nFerry,{STORY},7\n"
    with pytest.raises(SourceError, match="among kop, tekst, nr: name it with --field text=NAME"):
        read(data)
    with pytest.raises(SourceError, match=r"no 'titel' in it \(--field title=titel\); it has kop"):
        read(data, fields={"text": "tekst", "title": "titel"})
    (one,), notes = read(data, fields={"text": "tekst", "title": "kop", "id": "nr"})
    assert (one.title, one.text, one.id) == ("Ferry", STORY, "7")
    assert notes == ["took text from tekst, title from kop, id from nr"]


@pytest.mark.parametrize(
    ("dates", "days", "told"),
    [
        (["01/02/2026", "25/12/2025"], ["2026-02-01", "2025-12-25"], "day first, because of '25/"),
        (["01/02/2026", "12/25/2025"], ["2026-01-02", "2025-12-25"], "month first, because of"),
        (["2026-02-01", "25/12/2025"], ["2026-02-01", "2025-12-25"], None),
        (["01/02/2026", "02/03/2026"], ["2026-02-01", "2026-03-02"], "was read day first"),
        # Two hands: nothing is decided.
        (["01/02/2026", "25/12/2025", "12/25/2025"], ["2026-02-01", "2025-12-25", "2025-12-25"],
         "was read day first"),
    ],
)  # fmt: skip
def test_dates_of_one_column_are_read_in_one_order(dates, days, told):
    rows = "".join(f"{day},{STORY} {n}\n" for n, day in enumerate(dates))
    found, notes = read(f"date,text\n{rows}")
    assert [str(one.published) for one in found] == days
    assert told in " ".join(notes) if told else notes == []


def test_the_order_that_the_user_gives():
    (one,), notes = read(f"date,text\n01/02/2026,{STORY}\n", date_order="mdy")
    assert (one.published, notes) == (date(2026, 1, 2), [])
    (one,), notes = read(f"date,text\n25/02/2026,{STORY}\n", date_order="mdy")
    assert (one.published, notes) == (date(2026, 2, 25), [])


def test_rows_that_are_odd():
    found, _ = read(f"sep=|\ntitle|text\nA|{STORY}|x\nB\nC|\n\n|\nD|{STORY}\nE|{STORY}||\n")
    assert found[0] == Skipped("/news/a.csv#2", "3 cells under 2 columns")
    assert [one.reason for one in found[1:3]] == ["no 'text' in it: its 'text' is empty"] * 2
    assert [one.title for one in found if isinstance(one, Article)] == ["D", "E"]


def test_escaped_quotes_and_open_quotes():
    (one,), _ = read('text,title\n"He said \\"no\\", twice.",A\n')
    assert one.text == 'He said "no", twice.'
    (one,), _ = read(f'title,text\nA,"{STORY}\nand the rest')
    assert one.text.startswith(STORY)


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_line_of_a_megabyte_is_one_row(quote):
    text = f"{STORY} " * 20_000
    (one,), _ = read(f"text,title\n{quote}{text}{quote},A\n")
    assert (one.text, one.title) == (text.strip(), "A")


@pytest.mark.parametrize("data", ["", "\n\n", "\ufeff"])
def test_nothing_in_it(data):
    with pytest.raises(SourceError, match="empty: no row"):
        read(data)
    assert read("title,text\n")[0] == []


def test_a_header_of_a_hundred_thousand_columns_ends():
    with pytest.raises(SourceError, match="its first row: 100,000 cells"):
        read(",".join(f"c{n}" for n in range(100_000)) + "\n")


@given(st.binary(max_size=300), st.sampled_from([b"", b"text,title\n", b'text\n"', b"text;a\n1;"]))
def test_any_bytes_end_in_articles_or_reasons(data, lead):
    try:
        found = list(read_csv(io.BytesIO(lead + data), "a"))
    except SourceError:
        return
    assert all(isinstance(one, Article | Skipped) for one in found)


# An opening quotation mark that is never closed

NEVER = "a quotation mark in it is never closed"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "rows",
    [
        # To the end of the file.
        ['A|"Open one.', "B|Two.", "C|Three."],
        ['A|"Open one.|Ada Lund', "B|Two.|", "C|Three.|Bo Li"],
        ['A|"Open one.', "", "B|Two.", "too|many|cells|here", "C|Three."],
        # To the mark that opens another cell.
        ['A|"Open one.', 'B|"Two."', 'C|"Three."'],
        ['"A"|"Open one.', '"B"|"Two."', '"C"|"Three."'],
        ['"A"|"Open one.|', '"B"|"Two."|"Bo Li"', '"C"|"Three."|"Bo Li"'],
        ['A|"Open one.', "B|Two.", 'C|"Three.\nAnd four."'],
        ['A|"Open one.', 'B|"Two.\n\nHe came, he saw; he left."', "C|Three."],
        # To a mark inside a text.
        ['A|"Open one.|Ada Lund', 'B|Two "and" a half.|', "C|Three.|Bo Li"],
        # Its own lines are no rows.
        ['A|"Open one, and\nmore, of; it', "of 1,000 words.", "B|Two.", "C|Three."],
    ],
)
def test_a_mark_that_is_never_closed_costs_its_row_alone(rows, delimiter, end):
    header = "title|text|author" if any(row.count("|") == 2 for row in rows[:1]) else "title|text"
    table = "\n".join([header, *rows, ""]).replace("|", delimiter).replace("\n", end)
    found, _ = read(table)
    skipped = [one for one in found if isinstance(one, Skipped)]
    assert skipped[0] == Skipped("/news/a.csv#2", NEVER)
    assert all("cells under" in one.reason for one in skipped[1:])
    articles = [one for one in found if isinstance(one, Article)]
    assert [one.title for one in articles] == ["B", "C"]
    assert [one.text.split()[0][:3] for one in articles] == ["Two", "Thr"]


def test_rows_after_a_mark_that_is_never_closed_have_their_own_lines():
    found, _ = read('title,text\nA,One.\nB,"Open.\nC,Three.\n\nD,\nE,"Open.\nF,Six.\n')
    assert [one.source for one in found if isinstance(one, Skipped)] == [
        "/news/a.csv#3", "/news/a.csv#6", "/news/a.csv#7",
    ]  # fmt: skip
    assert [one.title for one in found if isinstance(one, Article)] == ["A", "C", "F"]


def test_a_mark_that_is_never_closed_in_a_long_table(monkeypatch):
    # The module gives up a cell that is longer than any text.
    before = csv.field_size_limit(1000)
    with monkeypatch.context() as patch:
        patch.setattr(csv, "field_size_limit", lambda *_: 1000)
        rows = "".join(f"T{n},{STORY} {n}\n" for n in range(100))
        found, _ = read(f'title,text\nA,"Open.\n{rows}')
    csv.field_size_limit(before)
    assert found[0] == Skipped("/news/a.csv#2", NEVER)
    assert [one.title for one in found[1:]] == [f"T{n}" for n in range(100)]


@pytest.mark.parametrize(
    "text",
    [
        "One line, two commas,\nthree, four\nand five.",
        "Year,Team\n2020,Alfa\n2021,Beta",
        '"No," she said.\n"Never", he wrote,\nand "A,B" stood below.',
        "It cost 1,000\nor 2,000\n\nat most.",
        "甲说,乙不说\n丙也说,丁不说",
    ],
)
def test_a_quoted_text_of_many_lines_stays_whole(text):
    quoted = text.replace('"', '""')
    found, _ = read(f'title,text\nA,"{quoted}"\nB,"{quoted}"\nC,{STORY}\n')
    assert [one.text for one in found] == [text, text, STORY]


@pytest.mark.parametrize(
    "text",
    [
        "The board met.\nIt cost 1,000\nor 2,000",
        "The board met.\nHello, she said.\nGoodbye, he sa",
        "The board met.\n甲说,乙不说。\n丙也说。\n丁不说",
    ],
)
def test_a_text_that_the_end_of_the_file_cuts_stays_whole(text):
    (one, two), _ = read(f'title,text\nA,{STORY}\nB,"{text}')
    assert (one.text, two.text) == (STORY, text)


# Parquet


def parquet(**columns):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    target = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), target, row_group_size=2)
    return target.getvalue()


@pytest.mark.slow
def test_parquet():
    pyarrow = pytest.importorskip("pyarrow")
    moment = datetime(2026, 5, 12, 23, 30, tzinfo=UTC)
    data = parquet(
        article=[STORY, None, f"{STORY} Again."],
        publish_date=pyarrow.array(
            [round(moment.timestamp()) * 10**9 + 1, None, 0], pyarrow.timestamp("ns", "UTC")
        ),
        authors=[["Mira Toll", "Ben Oake"], None, []],
        source=[{"name": "Orvane Post", "url": "https://example.org/"}] * 3,
        id=[1, 2, 3],
        embedding=[[0.5, 0.25]] * 3,
    )
    (one, none, two), notes = read(data, read_parquet)
    assert (one.text, one.outlet, one.authors) == (STORY, "Orvane Post", ("Mira Toll", "Ben Oake"))
    assert (one.published, one.published_at) == (date(2026, 5, 12), "2026-05-12T23:30:00+00:00")
    assert none == Skipped("/news/a.csv#2", "no 'text' in it: its 'article' is empty")
    assert (two.text, two.published) == (f"{STORY} Again.", date(1970, 1, 1))
    assert notes == [
        "took text from article, outlet from source.name, published from publish_date, authors; "
        "left id, embedding"
    ]


def test_parquet_that_is_none(tmp_path):
    data = parquet(article=[STORY] * 5)
    for bad in (
        b"",
        b"PAR1",
        data[:100],
        data[:-20] + b"\xff" * 12 + data[-8:],
        data[:-8] + b"\xff" * 4 + b"PAR1",
    ):
        with pytest.raises(SourceError, match="not Parquet that can be read"):
            read(bad, read_parquet)
    with pytest.raises(SourceError, match="no column for the text among a"):
        read(parquet(a=[STORY]), read_parquet)
    (tmp_path / "a.parquet").write_bytes(data)
    assert len(list(read_sources([str(tmp_path)]))) == 5


def test_parquet_without_its_library(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(SourceError, match=r"pip install 'presscite\[parquet\]'"):
        list(frames(io.BytesIO(b"PAR1"), {}))


def test_a_group_of_rows_beyond_memory_is_refused(monkeypatch):
    monkeypatch.setattr("rag.ingest.parquet_worker._MAX_GROUP", 10)
    with pytest.raises(SourceError, match="smaller row groups"):
        list(frames(io.BytesIO(parquet(text=[STORY])), {}))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(seconds=0.0005), "took longer than 0.0005 s to decode"),
        (Limits(memory=20_000_000), "memory to decode|crashed"),
    ],
)
def test_a_file_that_takes_too_much_ends_its_decoder_only(monkeypatch, limits, reason):
    monkeypatch.setattr("rag.ingest.formats.parquet.DEFAULT_LIMITS", limits)
    with pytest.raises(SourceError, match=reason):
        read(parquet(text=[STORY * 20_000] * 30), read_parquet)


def test_rows_are_sent_in_bounded_pieces(monkeypatch):
    monkeypatch.setattr("rag.ingest.parquet_worker._FRAME", 100)
    monkeypatch.setattr("rag.ingest.parquet_worker.MAX_FRAME", 400)
    sent = list(frames(io.BytesIO(parquet(text=[STORY, STORY * 20, STORY], b=[b"x"] * 3)), {}))
    assert sent[0] == {"left": ["b"]}
    assert [row for one in sent for row, _ in one.get("rows", ())] == [1, 3]
    assert [one["skipped"][0] for one in sent if "skipped" in one] == [2]
    assert sent[-1] == {"end": True}


@pytest.mark.parametrize("bad", [0, 1, 40, 63, 64, 69])
def test_a_value_that_cannot_be_read_costs_its_row_alone(bad):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    texts = [f"{STORY} {n}".encode() for n in range(70)]
    days = [0] * 70
    texts[bad] = b"The ferry \xff\xfe sailed."
    days[69 - bad] = 1 << 62
    tables = {
        "text": {
            "text": pyarrow.Array.from_buffers(
                pyarrow.string(), 70, pyarrow.array(texts, pyarrow.binary()).buffers()
            )
        },
        "day": {
            "text": [f"{STORY} {n}" for n in range(70)],
            "published": pyarrow.array(days, pyarrow.timestamp("us")),
        },
    }
    for name, lost in (("text", bad), ("day", 69 - bad)):
        target = io.BytesIO()
        parquet.write_table(pyarrow.table(tables[name]), target)
        sent = list(frames(io.BytesIO(target.getvalue()), {}))
        ((row, reason),) = [one["skipped"] for one in sent if "skipped" in one]
        assert row == lost + 1
        assert reason.startswith("a value in it cannot be read: ")
        read_rows = {row: fields["text"] for one in sent for row, fields in one.get("rows", ())}
        assert read_rows == {n + 1: f"{STORY} {n}" for n in range(70) if n != lost}
