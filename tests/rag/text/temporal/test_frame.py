"""The time a question asks about, for a Wednesday in February of a leap year and for odd days."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.text.temporal import TimeFrame, time_frame

ASKED = date(2024, 2, 14)


def interval(question, as_of=ASKED):
    frame = time_frame(question, as_of)
    if frame is None or not frame.bounded:
        return None
    assert frame.explicit
    return tuple(day.isoformat() if day else None for day in (frame.start, frame.end))


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("What happened today?", "2024-02-14", "2024-02-14"),
        ("What did she say yesterday?", "2024-02-13", "2024-02-13"),
        ("What was said the day before yesterday?", "2024-02-12", "2024-02-12"),
        ("What happened this morning?", "2024-02-14", "2024-02-14"),
        ("Who played last night?", "2024-02-13", "2024-02-13"),
        ("What happened this week?", "2024-02-08", "2024-02-14"),
        ("What happened last week?", "2024-02-05", "2024-02-11"),
        ("What happened over the past week?", "2024-02-07", "2024-02-14"),
        ("What will happen next week?", "2024-02-19", "2024-02-25"),
        ("What happened this month?", "2024-02-01", "2024-02-29"),
        ("What was sold last month?", "2024-01-01", "2024-01-31"),
        ("What was sold last quarter?", "2023-10-01", "2023-12-31"),
        ("Which of last year's elections was closest?", "2023-01-01", "2023-12-31"),
        ("Who will preside next year?", "2025-01-01", "2025-12-31"),
        ("What happened over the weekend?", "2024-02-10", "2024-02-11"),
        ("What happened last weekend?", "2024-02-10", "2024-02-11"),
        ("Who will play this weekend?", "2024-02-17", "2024-02-18"),
        ("Who resigned on Thursday?", "2024-02-08", "2024-02-08"),
        ("Who resigned on Wednesday?", "2024-02-14", "2024-02-14"),
        ("Who resigned last Wednesday?", "2024-02-07", "2024-02-07"),
        ("Who resigned last Friday?", "2024-02-09", "2024-02-09"),
        ("Who will speak on Friday?", "2024-02-16", "2024-02-16"),
        ("Who meets next Wednesday?", "2024-02-21", "2024-02-21"),
        ("What happened in the past ten days?", "2024-02-04", "2024-02-14"),
        ("What happened in the past sixty days?", "2023-12-16", "2024-02-14"),
        ("What happened in the last 24 hours?", "2024-02-13", "2024-02-14"),
        ("What happened in the last 3 months?", "2023-11-14", "2024-02-14"),
        ("What will open in the next two years?", "2024-02-14", "2026-02-14"),
        ("What happened 10 days ago?", "2024-02-04", "2024-02-04"),
        ("What happened twenty-five days ago?", "2024-01-20", "2024-01-20"),
        ("What happened two weeks ago?", "2024-01-29", "2024-02-04"),
        ("What happened three months ago?", "2023-11-01", "2023-11-30"),
        ("Who led it a couple of years ago?", "2022-01-01", "2022-12-31"),
        ("Who led it a decade ago?", "2010-01-01", "2019-12-31"),
        ("What did the minister say last October?", "2023-10-01", "2023-10-31"),
        ("What did the minister say last February?", "2023-02-01", "2023-02-28"),
        ("What will open this April?", "2024-04-01", "2024-04-30"),
        ("What will open next January?", "2025-01-01", "2025-01-31"),
        ("What was decided last summer?", "2023-06-01", "2023-08-31"),
        ("What was decided in the winter of 2022?", "2022-12-01", "2023-02-28"),
        ("What was decided this winter?", "2023-12-01", "2024-02-29"),
        ("What was decided last winter?", "2022-12-01", "2023-02-28"),
        ("What will open this summer?", "2024-06-01", "2024-08-31"),
    ],
)
def test_relative_to_the_day_asked(question, start, end):
    assert interval(question) == (start, end)


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("What was trade worth in 2023?", "2023-01-01", "2023-12-31"),
        ("what was trade worth in december 2023", "2023-12-01", "2023-12-31"),
        ("What was agreed in October 2022?", "2022-10-01", "2022-10-31"),
        ("What was agreed in Oct. 2022?", "2022-10-01", "2022-10-31"),
        ("Who visited on December 12?", "2023-12-12", "2023-12-12"),
        ("Who visited on January 31st?", "2024-01-31", "2024-01-31"),
        ("Who visited on 12 December 2023?", "2023-12-12", "2023-12-12"),
        ("Who visited on the 12th of December, 2022?", "2022-12-12", "2022-12-12"),
        ("Who visited on December 12 in 2022?", "2022-12-12", "2022-12-12"),
        ("Who marched on the first of May?", "2023-05-01", "2023-05-01"),
        ("Who marched on the twenty-first of March 2022?", "2022-03-21", "2022-03-21"),
        ("What changed since the thirtieth of June?", "2023-06-30", "2024-02-14"),
        ("Who spoke on July the fourth, 2022?", "2022-07-04", "2022-07-04"),
        ("Who spoke in the first of the May talks, in May?", "2023-05-01", "2023-05-31"),
        ("What happened on 2023-12-12?", "2023-12-12", "2023-12-12"),
        ("What happened on 12/12/2023?", "2023-12-12", "2023-12-12"),
        ("Who met December 12-15, 2023?", "2023-12-12", "2023-12-15"),
        ("Who met between 12 and 15 December 2023?", "2023-12-12", "2023-12-15"),
        ("Who was detained in March?", "2023-03-01", "2023-03-31"),
        ("How much did it cost in May?", "2023-05-01", "2023-05-31"),
        ("Who was famous in the 1990s?", "1990-01-01", "1999-12-31"),
        ("Who won the 2022 World Cup?", "2022-01-01", "2022-12-31"),
        ("Who reigned in 1648?", "1648-01-01", "1648-12-31"),
        ("Who won on 29 February?", "2020-02-29", "2020-02-29"),
        ("What changed between 2019 and 2021?", "2019-01-01", "2021-12-31"),
        ("What changed in 2019-21?", "2019-01-01", "2021-12-31"),
        ("What changed from January to November 2023?", "2023-01-01", "2023-11-30"),
        ("What changed from November to January 2023?", "2022-11-01", "2023-01-31"),
        ("What changed from January to March?", "2023-01-01", "2023-03-31"),
        ("What changed from November to January?", "2023-11-01", "2024-01-31"),
        ("What changed from 10 February to 20 February?", "2023-02-10", "2023-02-20"),
        ("What will change from January to March?", "2024-01-01", "2024-03-31"),
        ("What was sold in the first eleven months of 2023?", "2023-01-01", "2023-11-30"),
        ("What was sold in the first quarter of 2023?", "2023-01-01", "2023-03-31"),
        ("What was sold in the first half of last year?", "2023-01-01", "2023-06-30"),
        ("What was sold in the last three months of 2023?", "2023-10-01", "2023-12-31"),
        ("What was sold in the third quarter?", "2023-07-01", "2023-09-30"),
        ("What was sold in Q2 2023?", "2023-04-01", "2023-06-30"),
        ("What happened in the first week of December 2023?", "2023-12-01", "2023-12-07"),
        ("What was the rate at the end of 2022?", "2022-10-01", "2022-12-31"),
        ("What was said in mid-December?", "2023-12-11", "2023-12-20"),
        ("How many have died since 2020?", "2020-01-01", "2024-02-14"),
        ("How many have died since last October?", "2023-10-01", "2024-02-14"),
        ("What was built by the end of 2022?", None, "2022-12-31"),
        ("Who ruled until March 2021?", None, "2021-03-31"),
        ("What was agreed before 2021?", None, "2020-12-31"),
        ("What was agreed prior to June 2021?", None, "2021-05-31"),
        ("What happened after 2021?", "2022-01-01", "2024-02-14"),
        ("What changed after the 2022 election?", "2022-01-01", "2024-02-14"),
        ("What will change after 2030?", "2031-01-01", None),
        ("What was the debt as of December 2023?", "2023-12-01", "2023-12-31"),
        ("What did he say on Friday about the 2019 election?", "2024-02-09", "2024-02-09"),
        ("What did May say about Brexit in 2018?", "2018-01-01", "2018-12-31"),
    ],
)
def test_of_the_calendar(question, start, end):
    assert interval(question) == (start, end)


@pytest.mark.parametrize(
    "question",
    [
        "What may happen?",
        "How many joined the march?",
        "What did Theresa May say?",
        "Who did Sheffield Wednesday beat?",
        "Who scored in the first half?",
        "How many of the 2000 workers left?",
        "What happened since the summit's year?",
        "Who was hurt in the fall?",
        "What did it cost, $2023 or less?",
        "Who chaired the 15th session?",
        "How many were 1,950 metres up?",
        "What happened on 31 February?",
        "Why did the last minute matter?",
    ],
)
def test_what_is_no_time(question):
    assert time_frame(question, ASKED) is None


@pytest.mark.parametrize(
    ("question", "explicit"),
    [
        ("What is the latest on the strike?", True),
        ("What was the most recent figure?", True),
        ("Who is the current president?", True),
        ("Who now leads the party?", True),
        ("Who is the mayor of Lindau?", False),
        ("Who's the mayor of Lindau?", False),
        ("Who leads the party?", False),
        ("How many are there in the camp?", False),
        ("How many people does it employ?", False),
        ("How many were still missing?", False),
        ("Who is the next president?", False),
        ("How many have been rescued so far?", False),
    ],
)
def test_what_asks_for_the_newest(question, explicit):
    assert time_frame(question, ASKED) == TimeFrame(None, None, newest=True, explicit=explicit)


@pytest.mark.parametrize(
    "question",
    [
        "Who was the mayor?",
        "Who is the former president?",
        "When did he die?",
        "Who wrote it?",
        "How many people had it employed?",
        "harbour Lindau ferries",
        "",
        "?!",
    ],
)
def test_what_asks_for_no_time(question):
    assert time_frame(question, ASKED) is None


def test_an_interval_asks_for_the_newest_only_in_words():
    past = time_frame("Who was the mayor in 2019?", ASKED)
    assert past == TimeFrame(date(2019, 1, 1), date(2019, 12, 31), newest=False, explicit=True)
    both = time_frame("What was the latest count in 2023?", ASKED)
    assert (both.start, both.newest) == (date(2023, 1, 1), True)
    assert not time_frame("Who is in office in 2019?", ASKED).newest


@pytest.mark.parametrize(
    ("as_of", "question", "wanted"),
    [
        ("2024-02-29", "What happened a year ago?", ("2023-01-01", "2023-12-31")),
        ("2024-02-29", "What happened in the past year?", ("2023-02-28", "2024-02-29")),
        ("2024-02-29", "What happened on February 29?", ("2024-02-29", "2024-02-29")),
        ("2023-03-31", "What happened last month?", ("2023-02-01", "2023-02-28")),
        ("2023-03-31", "What happened in the past month?", ("2023-02-28", "2023-03-31")),
        ("2024-01-01", "What happened yesterday?", ("2023-12-31", "2023-12-31")),
        ("2024-01-01", "What happened last quarter?", ("2023-10-01", "2023-12-31")),
        ("2024-01-01", "What happened in the first quarter?", ("2023-01-01", "2023-03-31")),
        ("2023-12-31", "What will happen tomorrow?", ("2024-01-01", "2024-01-01")),
        ("2024-02-18", "What happened this weekend?", ("2024-02-17", "2024-02-18")),
        ("2024-02-18", "What happened last weekend?", ("2024-02-10", "2024-02-11")),
        ("0001-01-01", "What happened yesterday?", None),
        ("0001-01-01", "What happened this year?", ("0001-01-01", "0001-12-31")),
        ("9999-12-31", "What will happen tomorrow?", None),
        ("9999-12-31", "What happened this week?", ("9999-12-25", "9999-12-31")),
        ("9999-12-31", "What happened in the last decade?", ("9980-01-01", "9989-12-31")),
    ],
)
def test_edges_of_the_calendar(as_of, question, wanted):
    assert interval(question, date.fromisoformat(as_of)) == wanted


VOCABULARY = (
    "since before after between and from to until by in on the of this last next past first second "
    "half quarter week weekend month year years day days decade ago end start mid early late Q1 H2 "
    "January May march Dec 12 31st 29 February 2023 0 9999 1000 1990s today tomorrow yesterday "
    "Thursday summer fall ten a couple few - , . is was latest so far 's will 2023-02-30 1/2/2023"
)
WORDS = st.sampled_from(VOCABULARY.split(" "))


@settings(max_examples=200, deadline=None)
@example("end of " * 300, ASKED)
@example("the " * 500, ASKED)
@example("first half of " * 100 + "2023", ASKED)
@given(st.one_of(st.text(), st.lists(WORDS, max_size=30).map(" ".join)), st.dates())
@pytest.mark.slow
def test_any_text_on_any_day_is_none_or_in_order(text, as_of):
    frame = time_frame(text, as_of)
    if frame is not None and frame.start is not None and frame.end is not None:
        assert frame.start <= frame.end
    if frame is not None and not frame.bounded:
        assert frame.newest
