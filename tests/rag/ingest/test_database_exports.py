"""Exports of newspaper databases: each document an article of its own; a story is never taken for one."""

import contextlib
import gzip
import io
from datetime import date

import pytest

from rag.errors import SourceError
from rag.ingest import read_sources
from rag.ingest.formats import database_exports, read_plain
from rag.ingest.formats.database_exports import split_export
from rag.ingest.options import ReadOptions
from rag.types import Article, Skipped


def read(text, **options):
    notes = []
    stream = io.BytesIO(text.encode())
    found = list(read_plain(stream, "/news/a.txt", ReadOptions(notes.append, **options)))
    return found, [note.message for note in notes]


FERRY = (
    "The Orvane harbour board approved a new ferry terminal on Tuesday after a six-hour session."
)
QUAKE = "A magnitude 5.8 earthquake shook the Sorrel islands early on Wednesday, injuring nine."

NUMBERED = f"""\f
                               1 of 3 DOCUMENTS

                    Copyright 2026 Orvane Post Media Ltd
                              All Rights Reserved

                                  Orvane Post

                            May 12, 2026 Tuesday 10:05 AM GMT
                                 Final Edition

Harbour board backs new ferry terminal, and
asks for a second one

BYLINE: Mira Toll and Ben Oake, in Orvane and
Halden

SECTION: NEWS; Pg. 4

LENGTH: 214 words

HIGHLIGHT: A board decides.

DATELINE: ORVANE

BODY:

 The Orvane harbour board approved a new ferry terminal on Tuesday after a
six-hour session.

 Fares by class:
First     12 crowns
Second     7 crowns

 Chairwoman Liska Brenner said the old pier had become unsafe and could not
be repaired "at any
price that makes sense".

NAME: Liska Brenner, STATE: unknown

COMPANY: ORVANE FERRIES (92%)

URL: https://www.example.org/ferry

LOAD-DATE: May 13, 2026

LANGUAGE: ENGLISH

GRAPHIC: Photo, The old pier

PUBLICATION-TYPE: Newspaper\f
                               2 of 3 DOCUMENTS

Halden Herald

3 June 2026 Wednesday

Quake shakes Sorrel islands

LENGTH: 20 words

{QUAKE}

LANGUAGE: ENGLISH

LOAD-DATE: June 4, 2026
                               3 of 3 DOCUMENTS

                                  Halden Herald

                            June 4, 2026 Thursday

Picture page

LENGTH: 0 words

LOAD-DATE: June 4, 2026
"""


def test_nexis_numbered():
    (ferry, quake, empty), notes = read(NUMBERED)
    assert ferry.title == "Harbour board backs new ferry terminal, and asks for a second one"
    assert (ferry.outlet, ferry.published, ferry.language) == (
        "Orvane Post", date(2026, 5, 12), "en",
    )  # fmt: skip
    assert ferry.published_at == "2026-05-12T10:05:00+00:00"
    assert ferry.date_origin == "metadata"
    assert "Mira Toll" in ferry.authors[0]
    assert ferry.text.split("\n\n") == [
        FERRY,
        "Fares by class:\nFirst 12 crowns\nSecond 7 crowns",
        "Chairwoman Liska Brenner said the old pier had become unsafe and could not be repaired "
        '"at any price that makes sense".',
        "NAME: Liska Brenner, STATE: unknown",
    ]
    assert (quake.title, quake.outlet, quake.published) == (
        "Quake shakes Sorrel islands", "Halden Herald", date(2026, 6, 3),
    )  # fmt: skip
    assert quake.text == QUAKE
    assert empty == Skipped("/news/a.txt#3", "no text in this document of a Nexis export")
    assert notes == []
    assert ferry.sources == (f"/news/a.txt#{ferry.id}",)


def test_labels_without_blank_lines_between_them():
    (one,), _ = read(
        "1 of 1 DOCUMENTS\n\nOrvane Post\nMay 12, 2026\n\nBoard backs ferry\nBYLINE: Mira Toll\n"
        f"SECTION: NEWS\nLENGTH: 9 words\n\n{FERRY}\nLOAD-DATE: May 13, 2026\nLANGUAGE: ENGLISH\n"
    )
    assert (one.title, one.outlet, one.authors, one.text, str(one.published)) == (
        "Board backs ferry", "Orvane Post", ("Mira Toll",), FERRY, "2026-05-12",
    )  # fmt: skip


DELIMITED = f"""Page 1 of 2
User Name: reader

Harbour board backs new ferry terminal
Orvane Post
May 12, 2026 Tuesday
Final Edition

Copyright 2026 Orvane Post Media Ltd All Rights Reserved

Section: NEWS; Pg. 4
Length: 214 words
Byline: Mira Toll
Dateline: ORVANE

Body

{FERRY}

The terminal will cost 48 million crowns. "Section: closed", a sign said.

Load-Date: May 13, 2026

End of Document


Quake shakes Sorrel islands

Sorrel Times

June 3, 2026 Wednesday

Length: 150 words
Byline: Ada Ruhl; Ben Oake

Body

{QUAKE}

Classification

Language: ENGLISH

Publication-Type: Newspaper

Load-Date: June 3, 2026

End of Document
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_nexis_uni(end):
    (ferry, quake), notes = read(DELIMITED.replace("\n", end))
    assert (ferry.title, ferry.outlet, ferry.published, ferry.authors) == (
        "Harbour board backs new ferry terminal", "Orvane Post", date(2026, 5, 12), ("Mira Toll",),
    )  # fmt: skip
    assert ferry.text == (
        f'{FERRY}\n\nThe terminal will cost 48 million crowns. "Section: closed", a sign said.'
    )
    assert (quake.title, quake.outlet, quake.authors, quake.language, quake.text) == (
        "Quake shakes Sorrel islands", "Sorrel Times", ("Ada Ruhl", "Ben Oake"), "en", QUAKE,
    )  # fmt: skip
    assert notes == []


CODED = f"""SE News
HD Harbour board backs
new ferry terminal
BY By Mira Toll
WC 214 words
PD 12 May 2026
ET 05:15 PM
SN Orvane Post
SC ORVP
ED Final
PG 4
LA English
CY (c) 2026 Orvane Post Media Ltd. All rights reserved.

LP
{FERRY}

IN PICTURES: the old pier.

TD
The terminal will cost 48 million crowns, the board said.

CO orvhb : Orvane Harbour Board
NS gtrans : Transport
RE orv : Orvane
PUB Orvane Post Media Ltd
AN Document ORVP000020260512em5c0000x

HD\tQuake shakes Sorrel islands
WC\t150 words
PD\t3 June 2026
SN\tSorrel Times
LA\tEnglish
LP\t{QUAKE}
AN\tDocument SORT000020260603em630000a

Search Summary
Text\tferry or quake
Date\tAll Dates
"""


def test_factiva_with_codes():
    (ferry, quake), notes = read(CODED)
    assert (ferry.title, ferry.outlet, ferry.authors, ferry.language) == (
        "Harbour board backs new ferry terminal", "Orvane Post", ("Mira Toll",), "en",
    )  # fmt: skip
    assert (ferry.published, ferry.published_at) == (date(2026, 5, 12), "2026-05-12T17:15:00")
    assert ferry.text.split("\n\n") == [
        FERRY,
        "IN PICTURES: the old pier.",
        "The terminal will cost 48 million crowns, the board said.",
    ]
    assert ferry.sources == ("/news/a.txt#ORVP000020260512em5c0000x",)
    assert (quake.title, quake.outlet, quake.text) == (
        "Quake shakes Sorrel islands", "Sorrel Times", QUAKE,
    )  # fmt: skip
    assert notes == []


def test_factiva_as_displayed():
    text = (
        f"Sport\nTorvik lift cup after late double goal\nBen Oake\n1,180 words\n17 May 2026\n"
        f"10:15 GMT\nHalden Herald\nHALH\n12\nEnglish\n(c) 2026 Halden Herald AS.\n\n{FERRY}\n\n"
        "Document HALH000020260517em5h00002\n"
    )
    (one,), _ = read(text.replace("Ben Oake\n", "By Ben Oake\n"))
    assert (one.title, one.outlet, one.authors) == (
        "Torvik lift cup after late double goal", "Halden Herald", ("Ben Oake",),
    )  # fmt: skip
    assert one.published_at == "2026-05-17T10:15:00+00:00"
    assert one.text == FERRY
    # A line that may be a byline or the end of a headline is left in it.
    (one,), _ = read(text)
    assert one.authors == ()


RULE = "_" * 60
RULED = f"""{RULE}

Harbour board backs new ferry terminal

Author: Toll, Mira; Oake, Ben

Publication info: Orvane Post ; Orvane [Orvane]12 May 2026: A.4.

ProQuest document link

Abstract: A board decides.

Full text: {FERRY}

The terminal will cost 48 million crowns.

Title: the board chose "Harbour Gate".

Copyright law of 1998 covers its drawings.

Copyright Orvane Post Media May 12, 2026

Subject: Harbours; Ferries

Title: Harbour board backs new ferry terminal

Publication title: Orvane Post

Publication date: May 12, 2026

Source type: Newspapers

Language of publication: English

ProQuest document ID: 4000000001

Document URL: https://www.example.org/docview/4000000001

Copyright: Copyright Orvane Post Media May 12, 2026

{RULE}

Title: Quake shakes Sorrel islands

Publication title: Sorrel Times

Publication date: Jun 3, 2026

ProQuest document ID: 4000000002

Abstract: Islands shake.

{RULE}

Contact ProQuest
Copyright (c) 2026 ProQuest LLC. All rights reserved.
"""


def test_proquest():
    (ferry, quake), notes = read(RULED)
    assert (ferry.outlet, ferry.published, ferry.language) == (
        "Orvane Post", date(2026, 5, 12), "en",
    )  # fmt: skip
    assert ferry.authors == ("Mira Toll", "Ben Oake")
    assert ferry.url == "https://www.example.org/docview/4000000001"
    assert ferry.title == "Harbour board backs new ferry terminal"
    assert ferry.text.split("\n\n") == [
        FERRY, "The terminal will cost 48 million crowns.", 'Title: the board chose "Harbour Gate".',
        "Copyright law of 1998 covers its drawings.",
    ]  # fmt: skip
    assert quake == Skipped("/news/a.txt#2", "no text in this document of a ProQuest export")
    assert notes == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", [" \n", " ", "Copyright law changed.\n"])
def test_a_megabyte_between_rules_is_read_in_its_length(part):
    long = part * (1_000_000 // len(part))
    assert split_export(f"{long}x\n{RULE}\n{FERRY}") is None
    found, _ = read(f"{RULED}\n{RULE}\n{long}")
    assert found[0].title == "Harbour board backs new ferry terminal"
    body = RULED.replace("Copyright law of 1998", f"{' ' * 40}\n{long}\nCopyright law of 1998", 1)
    assert read(body)[0][0].title == "Harbour board backs new ferry terminal"


def test_what_stands_outside_of_documents_is_told():
    stray = "Words of another story that nobody marked as one. " * 10
    found, notes = read(f"{stray}\n{NUMBERED}")
    assert len(found) == 3
    assert ["outside of its Nexis documents" in note for note in notes] == [True]


@pytest.mark.parametrize(
    "story",
    [
        f"{FERRY} The clerk found 2 of 3 documents.",
        f"Papers missing at court\n\n2 of 3 DOCUMENTS\n\nwere missing, the clerk said. {FERRY}",
        f"Document ORVP000020260512em5c0000x\nwas the last page of the file. {FERRY}",
        f"{FERRY}\n\nEnd of Document\n\nThat was all the letter said.",
        f"Body\n\n{FERRY}\n\nEnd of Document",
        f"{FERRY}\n\n{RULE}\n\nTitle: none\n\n{QUAKE}",
        f"LENGTH: 12 words\nBYLINE: nobody\n\n{FERRY}",
        f"HD is a format.\nBY design.\n\n{FERRY}\nDocument X",
    ],
)
def test_a_story_is_no_export(story):
    assert split_export(story) is None
    found, _ = read(story)
    assert [isinstance(one, Article) for one in found] == [True]


def test_exports_on_standard_input_and_compressed(tmp_path):
    found = list(read_sources(["-"], stdin=io.BytesIO(CODED.encode())))
    assert [one.sources for one in found] == [(f"stdin#{one.id}",) for one in found]
    path = tmp_path / "export.txt.gz"
    path.write_bytes(gzip.compress(NUMBERED.encode()))
    assert len(list(read_sources([str(path)]))) == 3


def test_ambiguous_dates_are_read_as_the_others_of_the_export():
    text = DELIMITED.replace("May 12, 2026 Tuesday", "12/05/2026").replace(
        "June 3, 2026 Wednesday", "25/06/2026"
    )
    (ferry, quake), notes = read(text)
    assert (ferry.published, quake.published) == (date(2026, 5, 12), date(2026, 6, 25))
    assert notes == []
    (ferry, _), _ = read(text.replace("25/06", "01/06"), date_order="mdy")
    assert ferry.published == date(2026, 12, 5)


@pytest.mark.parametrize("text", [NUMBERED, DELIMITED, CODED, RULED])
def test_a_cut_export_is_read_as_far_as_it_goes(text):
    for length in range(0, len(text), 97):
        stream = io.BytesIO(text[:length].encode())
        with contextlib.suppress(SourceError):
            assert all(isinstance(one, Article | Skipped) for one in read_plain(stream, "a"))


def test_a_document_that_no_reader_foresaw_costs_itself_only(monkeypatch):
    whole, _ = read(NUMBERED)
    made = database_exports.make_article

    def failing(**given):
        if given["title"] == whole[1].title:
            raise KeyError("gone")
        return made(**given)

    monkeypatch.setattr(database_exports, "make_article", failing)
    found, _ = read(NUMBERED)
    assert found[1] == Skipped("/news/a.txt#2", "its parser failed (KeyError: 'gone')")
    assert [found[0], *found[2:]] == [whole[0], *whole[2:]]
