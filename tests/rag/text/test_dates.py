"""Publication dates in the styles that newspapers and metadata use."""

from datetime import UTC, date, datetime

import pytest

from rag.text.dates import find_date, parse_date
from rag.text.months import written_date

DAY = date(2023, 12, 5)


@pytest.mark.parametrize(
    "written",
    [
        "Dec 5, 2023 / 22:49",
        "Dec. 5, 2023",
        "December 5th, 2023",
        "5 December 2023",
        "on the 5th of December, 2023",
        "Update: 05-12-2023 | 12:38:10",
        "05/12/2023",
        "5.12.2023",
        "(Agency) 13:14, December 05, 2023",
        "2023-12-05T10:00:00Z",
        "2023/12/05",
        "2023年12月5日",
        "Tue Dec  5 23:30:43 2023",
    ],
)
def test_styles(written):
    assert find_date(written) == DAY


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("APRİL 12, 2024", date(2024, 4, 12)),
        ("12 APRİL 2024", date(2024, 4, 12)),
        ("5 Auguſt 2024", date(2024, 8, 5)),
        ("Fri Apr\u0130l 12 22:49 2024", date(2024, 4, 12)),
    ],
)
def test_letters_that_only_ignoring_case_makes_ones_of_a_month(written, day):
    assert find_date(written) == day
    assert parse_date(written) == day


@pytest.mark.parametrize(
    "written",
    [
        "",
        "in 2023",
        "December 2023",
        "Feb 30, 2023",
        "31-04-2023",
        "99/99/2023",
        "5-12-20234",
        "2023-13-04",
        "2023-13-45",
        "2023-12-051",
    ],
)
def test_what_is_no_full_date(written):
    assert find_date(written) is None


@pytest.mark.parametrize(
    ("written", "day"),
    [("APRİL 12, 2024", date(2024, 4, 12)), ("5 Auguſt 2024", date(2024, 8, 5))],
)
def test_letters_that_ignoring_case_takes_for_others(written, day):
    assert find_date(written) == day


def test_month_first_where_day_first_is_no_date():
    assert find_date("12-25-2023") == date(2023, 12, 25)


def test_the_first_date_of_a_text_counts():
    assert find_date("5 December 2023, changed 2024-01-02") == DAY
    assert find_date("2023-12-05, changed 2 January 2024") == DAY


def test_metadata_values():
    assert parse_date(None) is None
    assert parse_date("") is None
    assert parse_date(DAY) == DAY
    assert parse_date(datetime(2023, 12, 5, 23, tzinfo=UTC)) == DAY
    assert parse_date("2023-12-05T23:59:00+07:00") == DAY
    assert parse_date("5 December 2023") == DAY
    with pytest.raises(ValueError, match="'soon' is no date"):
        parse_date("soon")


def test_days_are_written_as_a_reader_says_them():
    assert written_date(date(2024, 12, 31)) == "31 December 2024"
    assert written_date(date(2025, 1, 1)) == "1 January 2025"
    assert written_date(date(987, 6, 5)) == "5 June 987"
