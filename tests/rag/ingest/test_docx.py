"""Word documents to articles; archives made to harm and damaged ones end in a reason."""
# ruff: noqa: E501

import io
import random
import zipfile
from contextlib import suppress
from datetime import UTC, date, datetime

import docx
import pytest

from rag.errors import SourceError
from rag.ingest.formats.document_head import read_head
from rag.ingest.formats.docx import read_docx
from rag.ingest.options import Hints, ReadOptions
from rag.ingest.sources import read_sources
from rag.types import Article

STORY = "The council of Orvane rejected the new tram line by 14 votes to 9, after a debate of six hours."


def written(document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def changed(data: bytes, **parts: bytes) -> bytes:
    """A document with some of its parts ("word/document.xml") written anew, or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.pop(name, None) or old.read(name))
        for name, body in parts.items():
            new.writestr(name, body)
    return out.getvalue()


def simple() -> bytes:
    document = docx.Document()
    document.add_paragraph(STORY)
    return written(document)


def test_headings_lists_tables_and_properties():
    document = docx.Document()
    document.add_heading("Tram line rejected", 0)
    document.add_paragraph("By Mara Oster")
    document.add_paragraph("Published on 14 March 2025")
    document.add_paragraph(STORY)
    document.add_heading("The votes", 2)
    document.add_paragraph("For: nine", style="List Bullet")
    document.add_paragraph("Against: fourteen", style="List Bullet")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["Party", "Seats", "Harbour list", "12"], strict=True):
        cell.text = text
    document.add_paragraph("More next week.\tPerhaps.")
    document.core_properties.created = datetime(2025, 9, 1, tzinfo=UTC)
    article = read_docx(written(document), "/news/a.docx")
    assert article.title == "Tram line rejected"
    assert (article.published, article.date_origin) == (date(2025, 3, 14), "visible text")
    assert article.authors == ("Mara Oster",)
    assert article.sources == ("/news/a.docx",)
    assert article.text == (
        f"{STORY}\n\nThe votes\n\nFor: nine\n\nAgainst: fourteen\n\nParty: Harbour list; Seats: 12.\n\nMore next week. Perhaps."
    )


def test_each_row_of_a_table_says_what_its_cells_are():
    document = docx.Document()
    document.add_paragraph(STORY)
    rows = [
        ["Harbour", "Ferries", "Passengers"],
        ["Orvane", "412", "93,000"],
        ["Halden", "", "61,500"],
    ]
    table = document.add_table(3, 3)
    for cell, text in zip(table._cells, [one for row in rows for one in row], strict=True):
        cell.text = text
    text = read_docx(written(document), "a").text
    assert "Harbour: Orvane; Ferries: 412; Passengers: 93,000." in text.splitlines()
    assert "Harbour: Halden; Passengers: 61,500." in text.splitlines()


def test_a_table_without_a_row_of_names_stays_as_it_is():
    document = docx.Document()
    document.add_paragraph(STORY)
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["2024", "12", "2025", "14"], strict=True):
        cell.text = text
    assert read_docx(written(document), "a").text.endswith("2024 | 12\n2025 | 14")


def test_properties_with_care():
    notes = []
    document = docx.Document()
    document.add_paragraph(STORY)
    properties = document.core_properties
    properties.title, properties.author = "Tram line rejected", "Mara Oster"
    properties.created, properties.modified = (
        datetime(2025, 2, 3, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    article = read_docx(written(document), "a", ReadOptions(notes.append))
    assert (article.title, article.authors) == ("Tram line rejected", ("Mara Oster",))
    assert (article.published, article.date_origin) == (date(2025, 2, 3), "guessed")
    assert ["2025-02-03" in note.message for note in notes] == [True]


def test_properties_that_say_nothing():
    document = docx.Document()
    document.add_paragraph(STORY)
    document.core_properties.title = "Document1"
    article = read_docx(written(document), "a")
    # The template of python-docx is of 2013, and its author "python-docx".
    assert (article.title, article.published, article.authors) == (None, None, ())


def test_hints_are_believed():
    hints = Hints(
        url="https://halden.example/a.docx",
        title="Trams",
        published=date(2025, 1, 2),
        date_origin="feed",
    )
    article = read_docx(simple(), "a", hints=hints)
    assert (article.url, article.title, article.published, article.date_origin) == (
        hints.url,
        "Trams",
        hints.published,
        "feed",
    )


def test_what_readers_of_the_document_do_not_see():
    body = (
        b'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        b' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body><w:p>'
        b"<w:r><w:t>The council </w:t></w:r><w:del><w:r><w:delText>never </w:delText></w:r></w:del>"
        b"<w:ins><w:r><w:t>met in </w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret </w:t></w:r>"
        b"<w:hyperlink><w:r><w:t>Orvane</w:t></w:r></w:hyperlink><w:r><w:t> and voted</w:t><w:br/><w:t>twice.</w:t></w:r></w:p>"
        b"<w:sdt><w:sdtContent><w:p><w:r><w:t>It was long.</w:t></w:r></w:p></w:sdtContent></w:sdt></w:body></w:document>"
    )
    article = read_docx(changed(simple(), **{"word/document.xml": body}), "a")
    assert article.text == "The council met in Orvane and voted\n\ntwice.\n\nIt was long."


def set_as(properties: str, words: str) -> str:
    """The text of a document with a run of these properties between two plain ones."""
    body = (
        '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        '<w:body><w:p><w:r><w:t xml:space="preserve">The council did </w:t></w:r>'
        f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'
        "<w:r><w:t>order 38 ferries.</w:t></w:r></w:p></w:body></w:document>"
    )
    return read_docx(changed(simple(), **{"word/document.xml": body.encode()}), "a").text


@pytest.mark.parametrize("name", ["vanish", "strike", "dstrike"])
@pytest.mark.parametrize("value", ["0", "false", "off", "False", "none"])
def test_a_property_that_is_turned_off_hides_nothing(name, value):
    text = set_as(f'<w:{name} w:val="{value}"/>', "not ")
    assert text == "The council did not order 38 ferries."


@pytest.mark.parametrize("name", ["vanish", "strike", "dstrike"])
@pytest.mark.parametrize("value", ["", ' w:val="1"', ' w:val="true"', ' w:val="on"'])
def test_what_is_hidden_or_struck_out_is_left_out(name, value):
    assert set_as(f"<w:{name}{value}/>", "not ") == "The council did order 38 ferries."


def test_words_on_both_sides_of_a_struck_out_one_stay_apart():
    body = simple()
    document = docx.Document(io.BytesIO(body))
    paragraph = document.add_paragraph("It costs")
    paragraph.add_run(" 36 ").font.strike = True
    paragraph.add_run("38 crowns.")
    assert read_docx(written(document), "a").text.endswith("It costs 38 crowns.")


def test_a_raised_figure_does_not_run_into_the_one_before():
    document = docx.Document()
    paragraph = document.add_paragraph("It holds 10")
    paragraph.add_run("6").font.superscript = True
    paragraph.add_run(" litres, by 36")
    paragraph.add_run("2").font.superscript = True
    paragraph.add_run(" agreements of the 21")
    paragraph.add_run("st").font.superscript = True
    paragraph.add_run(" century.")
    text = read_docx(written(document), "a").text
    assert text == "It holds 10⁶ litres, by 36² agreements of the 21st century."


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "damaged"),
        (b"Hello.", "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "a locked or an old Word document"),
        (simple()[:900], "damaged"),
        (changed(simple(), **{"word/document.xml": LAUGHS}), "declares a document type"),
        (
            changed(simple(), **{"word/document.xml": LAUGHS.decode().encode("utf-16")}),
            "declares a document type",
        ),
        (changed(simple(), **{"word/document.xml": b"<w:document"}), "damaged"),
        (changed(simple(), **{"word/document.xml": b"<a/>"}), "Word document"),
        (changed(simple(), **{"word/document.xml": b"<a>" * 5000 + b"</a>" * 5000}), "damaged"),
        (changed(simple(), **{"word/x.xml": b" " * 61_000_000}), "bytes of XML"),
        (
            changed(simple(), **{"a.bin": b"\x00" * 150_000_000, "b.bin": b"\x00" * 160_000_000}),
            "bytes unpacked",
        ),
        (written(docx.Document()), "empty"),
    ],
)
def test_what_cannot_be_read(data, reason):
    with pytest.raises(SourceError, match=reason) as raised:
        read_docx(data, "a")
    assert "\n" not in str(raised.value)


def test_many_parts():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(5001):
            archive.writestr(f"{number}.bin", b"")
    with pytest.raises(SourceError, match="5,001 parts"):
        read_docx(out.getvalue(), "a")


def test_bytes_changed_at_random_end_in_an_article_or_a_reason():
    whole = simple()
    chance = random.Random(5)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(SourceError):
            assert isinstance(read_docx(bytes(data), "a"), Article)


@pytest.mark.slow
def test_a_document_is_added_with_the_others_of_a_folder(tmp_path):
    (tmp_path / "a.docx").write_bytes(simple())
    (tmp_path / "b.docx").write_bytes(b"PK\x03\x04")
    one, two = read_sources([str(tmp_path)])
    assert one.text == STORY
    assert "damaged" in two.reason


@pytest.mark.parametrize("end", [".", "।", "۔", "؟"])
def test_a_head_ends_at_the_first_sentence_in_any_script(end):
    sentence = f"लिंडाउ के बंदरगाह ने सोमवार को सात नावें मँगाईं{end}"
    assert read_head(["सात नावें", sentence, "3 May 2024"], ReadOptions()).published is None
    assert read_head(["सात नावें", "3 May 2024", sentence], ReadOptions()).published == date(
        2024, 5, 3
    )
