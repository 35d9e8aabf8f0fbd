"""Publication dates of metadata: every form that names one day, and what is told of the others."""
# ruff: noqa: E501

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.published import read_published, read_time

DAY = date(2024, 5, 23)


@pytest.mark.parametrize(
    "value",
    [
        DAY, datetime(2024, 5, 23, 22, 0), "2024-05-23", "2024-05-23T22:30:00Z", "2024-05-23T22:30:00.000+0200",
        "2024/05/23 22:30", "20240523", "20240523223000", "202405232230", 1716503400, 1716503400.5, "1716503400",
        1716503400000, "1716503400000", 1716503400000000, "Thu, 23 May 2024 22:30:43 -0700",
        "Thu May 23 22:30:43 2024", "Thu May 23 22:30:43 UTC 2024", "Thu May 23 2024 22:30:41 GMT+0000",
        "23. Mai 2024", "23 mai 2024", "23 de mayo de 2024", "23 mei 2024", "23 May 24", "23.05.2024", "05/23/2024",
        "23rd May, 2024", "MAY 23, 2024", {"$date": "2024-05-23T22:30:00Z"}, {"$date": {"$numberLong": "1716503400000"}},
    ],
)  # fmt: skip
def test_forms_that_name_a_day(value):
    assert read_published(value) == (DAY, None)


@pytest.mark.parametrize("value", [None, "", "  ", {"$date": None}])
def test_blank_is_undated_without_a_word(value):
    assert read_published(value) == (None, None)


@pytest.mark.parametrize(
    "value",
    ["None", "n/a", "2024", "2024-05", "202405", "May 2024", "12-05-26", "2 hours ago", "0000-00-00", True, ["x"],
     float("nan"), float("inf"), 1e300, 7, -5, "20241399", "99999999999999"],
)  # fmt: skip
def test_what_names_no_day_is_told(value):
    day, note = read_published(value)
    assert day is None
    assert "names no day" in note


def test_an_ambiguous_date_is_read_day_first_and_told():
    assert read_published("02/01/2024")[0] == date(2024, 1, 2)
    assert "day first, as 2024-01-02" in read_published("02/01/2024")[1]
    assert read_published("02.01.2024") == (date(2024, 1, 2), None)
    assert read_published("02/02/2024") == (date(2024, 2, 2), None)


@pytest.mark.parametrize(
    ("value", "order", "day"),
    [
        ("02/01/2024", "dmy", "2024-01-02"), ("02/01/2024", "mdy", "2024-02-01"),
        ("13/01/2024", "mdy", "2024-01-13"), ("01/13/2024", "dmy", "2024-01-13"),
        ("2-1-2024 10:00", "mdy", "2024-02-01"), ("02.01.2024", "mdy", "2024-01-02"),
        ("2024/01/02", "mdy", "2024-01-02"), ("2 January 2024", "mdy", "2024-01-02"),
    ],
)  # fmt: skip
def test_the_order_that_is_given(value, order, day):
    found, note = read_published(value, order)
    assert (str(found), note) == (day, None)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (DAY, None), ("2024-05-23", None), ("20240523", None), ("23 May 2024", None), (True, None),
        (datetime(2024, 5, 23, 22, 0), "2024-05-23T22:00:00"),
        ("2024-05-23T22:30Z", "2024-05-23T22:30:00+00:00"),
        ("2024-05-23 22:30:43.123+0200", "2024-05-23T22:30:43+02:00"),
        ("2024-05-23 22:30:43-07", "2024-05-23T22:30:43-07:00"),
        ("20240523223043", "2024-05-23T22:30:43"), ("202405232230", "2024-05-23T22:30:00"),
        (1716503400, "2024-05-23T22:30:00+00:00"), ("1716503400000", "2024-05-23T22:30:00+00:00"),
        (1716503400.5, "2024-05-23T22:30:00+00:00"),
        ("Thu, 23 May 2024 22:30:43 -0330", "2024-05-23T22:30:43-03:30"),
        ("Thu May 23 22:30:43 UTC 2024", "2024-05-23T22:30:43+00:00"),
        ("May 23, 2024 10:05 a.m. GMT", "2024-05-23T10:05:00+00:00"),
        ("23 May 2024, 22:30 GMT+7", "2024-05-23T22:30:00+07:00"),
        ("23 May 2024, 22:30 (UTC +2)", "2024-05-23T22:30:00"),
        ("23 May 2024 22:30 UTC-3", "2024-05-23T22:30:00-03:00"),
        ("23/05/2024 12:15 AM", "2024-05-23T00:15:00"), ("23/05/2024 12:15PM", "2024-05-23T12:15:00"),
        ("23 May 2024 29:99", None), ("23 May 2024 10:00 +99:00", None),
        # Another day than the one it was read as
        ("2024-05-24T00:30:00Z", None),
    ],
)  # fmt: skip
def test_hours_and_zones(value, at):
    assert read_time(value, DAY) == at


def test_an_hour_that_is_said_to_be_utc():
    assert read_time("2024-05-23T22:30", DAY, utc=True) == "2024-05-23T22:30:00+00:00"
    assert read_time("2024-05-23T22:30+02:00", DAY, utc=True) == "2024-05-23T22:30:00+02:00"


def test_a_date_in_the_future_is_told():
    assert "future" in read_published("2999-01-02")[1]


@given(st.integers() | st.floats() | st.text() | st.from_regex(r"\d{4,20}", fullmatch=True))
def test_nothing_raises(value):
    read_published(value)
    read_time(value, DAY)
