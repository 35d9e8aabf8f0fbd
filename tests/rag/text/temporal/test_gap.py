"""Where nothing was reported in the time asked about, and the report nearest to it."""

from datetime import date

import pytest

from rag.text.temporal import time_frame, time_gap
from rag.types import TimeGap

ASKED = date(2026, 11, 26)
OLD = [date(2023, 12, 12), None, date(2024, 2, 10)]


def gap(question, dates=OLD, as_of=ASKED):
    return time_gap(time_frame(question, as_of), dates, as_of)


def test_an_old_archive_asked_about_this_week():
    assert gap("What did the minister say this week?") == TimeGap(
        date(2026, 11, 20), date(2026, 11, 26), date(2024, 2, 10)
    )


def test_the_latest_is_at_most_a_month_old():
    told = gap("What is the latest on the strike?")
    assert told == TimeGap(date(2026, 10, 27), ASKED, date(2024, 2, 10))
    assert gap("What is the latest on the strike?", [*OLD, date(2026, 11, 1)]) is None


@pytest.mark.parametrize(
    "question",
    [
        "What happened in 2023?",
        "What happened in November 2023?",  # told a few weeks after its end: see the next test
        "Who is the mayor?",
        "Who was the mayor?",
        "What will happen next year?",
        "What happened before 2024?",
        "What happened since 2024?",
    ],
)
def test_nothing_to_say(question):
    assert gap(question, [*OLD, date(2023, 12, 7)]) is None


def test_shortly_after_is_inside():
    assert gap("What happened in November 2023?", [date(2023, 12, 7)]) is None
    assert gap("What happened in November 2023?", [date(2023, 12, 8)]).nearest == date(2023, 12, 8)
    assert gap("What happened in 2022?", [date(2023, 4, 1)]) is None
    assert gap("What happened in 2022?", [date(2023, 4, 2)]) == TimeGap(
        date(2022, 1, 1), date(2022, 12, 31), date(2023, 4, 2)
    )


def test_the_nearest_is_told_and_of_two_the_newer():
    days = [date(2023, 6, 4), date(2023, 6, 24), date(2020, 1, 1)]
    assert gap("What happened on 14 June 2023?", days).nearest == date(2023, 6, 24)
    assert gap("What happened before 2019?", days) == TimeGap(
        None, date(2018, 12, 31), date(2020, 1, 1)
    )


def test_without_dated_passages_nothing_is_known():
    assert gap("What happened this week?", []) is None
    assert gap("What happened this week?", [None]) is None


def test_a_year_under_way_ends_on_the_day_asked():
    assert gap("What happened this year?").end == ASKED
    assert gap("What is the latest?", [date(1, 1, 1)], date(1, 1, 5)) is None
