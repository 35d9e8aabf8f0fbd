"""Date lines, datelines and bylines: found where they stand, and no line of the story taken for one."""

from datetime import date

import pytest

from rag.ingest.clean import clean_page
from rag.ingest.datelines import byline_outlet, find_outlet, read_byline, read_date_line
from rag.text.normalise import normalise

FIRST = "The harbour of Lindau ordered seven electric ferries on Monday, the mayor said."
SECOND = "The first of them will carry passengers across the lake in May 2031."
DAY = date(2030, 5, 3)


def story(*lines):
    return clean_page(normalise("\n\n".join(lines)))


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("May 3, 2030", None),
        ("Friday, 3 May 2030, 14:10 GMT+7", None),
        ("3 May 2030 | 08:15 | Ann Other", None),
        ("(Lake Wire) 13:14, May 03, 2030", None),
        ("Published May 3, 2030 at 6:45 p.m.", "published"),
        ("Published: May 3, 2030 at 6:45 p.m. | UPDATED: May 4, 2030 at 7:02 a.m.", "published"),
        ("Updated: May 4, 2030, 7:02 a.m. EST | First published: May 3, 2030", "published"),
        ("Posted on May 3, 2030 by Ann Other", "published"),
        ("Last updated: 2030-05-03T08:00", "updated"),
        ("Updated on Friday 3 May 2030 at 5pm", "updated"),
        ("Cập nhật: 03/05/2030 10:30", "updated"),
        ("发布时间：2030-05-03 10:30", "published"),
        ("Veröffentlicht am 03.05.2030 um 10:30 Uhr", "published"),
    ],
)
def test_date_lines(line, label):
    found = read_date_line(line)
    assert (found.day, found.label) == (DAY, label)


@pytest.mark.parametrize(
    ("line", "outlet", "authors"),
    [
        ("Lake Wire, 3 May 2030", "Lake Wire", ()),
        ("*Lake Wire, 3 May 2030*", "Lake Wire", ()),
        ("**Lake Wire** — May 3, 2030", "Lake Wire", ()),
        ("Source: Lake Wire, 3 May 2030", "Lake Wire", ()),
        ("By Ann Toll, Port Ansel Post, 3 May 2030", "Port Ansel Post", ("Ann Toll",)),
        ("By Ann Toll and Bo Ray | 3 May 2030", None, ("Ann Toll", "Bo Ray")),
        ("Posted on May 3, 2030 by Ann Other", None, ("Ann Other",)),
    ],
)
def test_a_date_line_names_who_published_and_who_wrote(line, outlet, authors):
    found = read_date_line(line)
    assert (found.day, found.outlet, found.authors) == (DAY, outlet, authors)
    told = story("Ferries ordered in Lindau", line, FIRST, SECOND)
    assert (told.published, told.outlet, told.authors) == (DAY, outlet, authors)
    assert told.text == f"{FIRST}\n\n{SECOND}"


@pytest.mark.parametrize(
    "line",
    [
        "Born 3 May 2030 in Kelm",
        "Died 3 May 2030",
        "Founded 3 May 2030",
        "Deadline: 3 May 2030",
        "Entries close on 3 May 2030",
        "Photograph: 3 May 2030",
        "Photo taken on 3 May 2030",
        "Next meeting: 3 May 2030, 19:30",
        "Election day, 3 May 2030",
        "Founded | 3 May 2030",
        "Valid until May 3, 2030",
        "Book published 3 May 2030",
        "Anna Holm, 3 May 2030",
        "The mayor resigned on May 3, 2030.",
        "May 3, 2030, was a Friday.",
    ],
)
def test_lines_of_the_story_are_no_date_lines_and_stay(line):
    assert read_date_line(line) is None
    found = story("Ferries ordered in Lindau", line, FIRST, SECOND, "Published 4 May 2030")
    assert found.text == f"{line}\n\n{FIRST}\n\n{SECOND}"
    assert found.published == date(2030, 5, 4)
    assert story("Ferries ordered in Lindau", FIRST, line, SECOND).published is None


def test_a_label_outweighs_a_date_that_stands_alone():
    found = story(
        "Ferries remembered in Lindau", "6 June 1944", FIRST, "Updated: 3 May 2030, 14:10"
    )
    assert (found.published, found.text) == (DAY, f"6 June 1944\n\n{FIRST}")
    assert found.notes == ()


@pytest.mark.parametrize(
    "lines", [("May 3, 2030", "Updated: May 5, 2030"), ("Updated: May 5, 2030", "May 3, 2030")]
)
def test_a_date_that_stands_alone_outweighs_that_of_an_update(lines):
    found = story("Ferries ordered in Lindau", *lines, FIRST)
    assert (found.published, found.text) == (DAY, FIRST)
    found = story(
        "Ferries ordered in Lindau", "Updated: May 5, 2030 | Lake Wire", "May 3, 2030", FIRST
    )
    assert (found.published, found.outlet, found.text) == (DAY, "Lake Wire", FIRST)


def test_a_day_after_the_last_update_is_the_storys():
    found = story("Ferries come to Lindau", "May 7, 2030", "Updated: May 3, 2030", FIRST)
    assert (found.published, found.text) == (DAY, f"May 7, 2030\n\n{FIRST}")


@pytest.mark.parametrize("dates", [("6 June 1944",), ("3 May 2030", "4 May 2030", "6 May 2030")])
def test_dates_of_the_story_do_not_date_the_page(dates):
    lines = [part for day in dates for part in (day, f"{FIRST} {day}")]
    found = story("Ferries remembered in Lindau", *lines)
    assert found.published is None
    assert found.text == "\n\n".join(lines)
    assert "kept undated" in found.notes[0]


def test_a_date_below_the_first_paragraph_is_a_heading():
    found = story("Ferries remembered in Lindau", FIRST, "3 May 2030", SECOND)
    assert (found.published, found.text) == (None, f"{FIRST}\n\n3 May 2030\n\n{SECOND}")


def test_an_ambiguous_page_date_is_told():
    assert "day first, as 2030-05-03" in story("Ferries come", "03/05/2030", FIRST).notes[0]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("May 12, 2026 10:05 a.m. GMT", "2026-05-12T10:05:00+00:00"),
        ("Published: 12.05.2026 | 23:30", "2026-05-12T23:30:00"),
        ("2026-05-12T23:30:00+0200", "2026-05-12T23:30:00+02:00"),
        ("12 May 2026", None),
        # Whose hour is it?
        ("Published 12 May 2026 10:00, updated 11:00", None),
    ],
)
def test_the_hour_of_a_date_line(line, at):
    assert read_date_line(line).at == at
    assert story("Ferries come", line, FIRST).published_at == at


def test_an_ambiguous_date_is_read_in_the_order_given():
    page = normalise(f"Ferries come\n\n03/05/2030\n\n{FIRST}")
    assert (clean_page(page, "mdy").published, clean_page(page, "mdy").notes) == (
        date(2030, 3, 5),
        (),
    )
    assert (clean_page(page, "dmy").published, clean_page(page, "dmy").notes) == (
        date(2030, 5, 3),
        (),
    )


def test_another_date_of_the_page_tells_how_an_ambiguous_one_is_meant():
    found = story("Ferries come", "Published: 03/05/2030", "Updated: 03/17/2030", FIRST)
    assert (found.published, found.notes) == (date(2030, 3, 5), ())
    found = story("Ferries come", "Published: 03/05/2030", "Updated: 17/05/2030", FIRST)
    assert (found.published, found.notes) == (date(2030, 5, 3), ())


@pytest.mark.parametrize(
    ("line", "outlet"),
    [
        ("KELM (AP) - The council met.", "AP"),
        ("KELM (Northwire) -- The council met.", "Northwire"),
        ("KELM, Norland (Reuters) – The council met.", "Reuters"),
        ("ST. KELM, N.D. (AP) — The council met.", "AP"),
        ("HALDEN/TORVIK, Nov 12 (Lake Wire) - The council met.", "Lake Wire"),
        ("Kelm (dpa) - The council met.", "dpa"),
        ("LKW.COM - The council met.", "LKW"),
        ("VOV - The council met.", "VOV"),
        ("(LKW) - The council met.", "LKW"),
        ("NATO - The alliance met.", None),
        ("WHO – Its chief met the council.", None),
        ("BREAKING - The council met.", None),
        ("(WHO) - Its chief met the council.", None),
        ("KELM (BREAKING) - The council met.", None),
        ("Brenner (Labour) - the chair - met the council.", None),
        ("Lindau - The council met.", None),
        ("GDP (gross domestic product) – The figure rose.", None),
        ("EU (European Union) – Its council met.", None),
        ("HANOI (Vietnam) – The council met.", None),
        ("PARIS (France) - The council met.", None),
        ("PARIS, May 3 (France) - The council met.", None),
        ("AUSTIN (Texas) - The council met.", None),
        ("AUSTIN (TX) - The council met.", None),
        ("KELM (Labour) - The chair met the council.", None),
        ("LAKE FERRY COMPANY (LFC) - Its board met.", None),
        ("EBN (Evening Broadcasting News) - Its board met.", None),
        ("KELM (Halden Herald) - The council met.", "Halden Herald"),
        ("KELM (The Post) - The council met.", "The Post"),
        ("KELM (LKW) - The council met.", "LKW"),
        ("KELM (VOV.VN) - The council met.", "VOV"),
        ("KELM (RFE/RL) - The council met.", "RFE/RL"),
        ("KELM (Bloomberg) - The council met.", "Bloomberg"),
        ("KELM, May 3 (Polaris) - The council met.", "Polaris"),
    ],
)
def test_outlets(line, outlet):
    assert find_outlet(line) == outlet


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By Ann Other", ("Ann Other",)),
        ("BY ANN OTHER AND BO THIRD", ("ANN OTHER", "BO THIRD")),
        ("By Ann Other, Bo van Third and Cy Fourth-Fifth", ("Ann Other", "Bo van Third", "Cy Fourth-Fifth")),
        ("By Tuesday Morning", ()),
        ("By the numbers", ()),
        ("By Ann Other's own account, nobody came.", ()),
    ],
)  # fmt: skip
def test_bylines(line, authors):
    assert read_byline(line) == authors
    found = story("Ferries ordered in Lindau", line, FIRST)
    assert found.authors == authors
    assert (line in found.text) == (not authors)


@pytest.mark.parametrize(
    ("line", "authors", "outlet"),
    [
        ("By Ann Other, Port Ansel Post", ("Ann Other",), "Port Ansel Post"),
        ("By Ann Other and Bo Third | The Post", ("Ann Other", "Bo Third"), "The Post"),
        ("By Ann Other of the Halden Herald", ("Ann Other",), "the Halden Herald"),
        ("By Ann Other, Reuters", ("Ann Other",), "Reuters"),
        ("By Ann Other, Bo Third", ("Ann Other", "Bo Third"), None),
        ("By Ann Post", ("Ann Post",), None),
    ],
)  # fmt: skip
def test_outlets_behind_names(line, authors, outlet):
    assert (read_byline(line), byline_outlet(line)) == (authors, outlet)
    found = story("Ferries ordered in Lindau", line, FIRST)
    assert (found.authors, found.outlet) == (authors, outlet)


def test_an_outlet_beside_the_date():
    dated = read_date_line("The Dunmere Chronicle, Tuesday 12 May 2026")
    assert (dated.day, dated.outlet) == (date(2026, 5, 12), "The Dunmere Chronicle")
    assert read_date_line("The Dunmere ferry, Tuesday 12 May 2026") is None


def test_a_headline_in_capitals_is_the_title():
    found = story("LINDAU ORDERS SEVEN FERRIES", "By ANN OTHER", FIRST, "WHAT COMES NEXT", SECOND)
    assert found.title == "LINDAU ORDERS SEVEN FERRIES"
    assert found.text == f"{FIRST}\n\nWHAT COMES NEXT\n\n{SECOND}"
