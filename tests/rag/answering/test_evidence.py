"""What speaks for it that two statements answer one question."""

from datetime import date

import numpy as np
import pytest

from rag.answering.evidence import evidence_of
from rag.answering.statements import Statement

AS_OF = date(2026, 11, 26)


def statement(text, day="2026-01-20"):
    start = text.index("[")
    plain = text.replace("[", "").replace("]", "")
    return Statement(plain, start, text.index("]") - 1, date.fromisoformat(day) if day else None)


def evidence(question, one, other):
    def encode(texts):
        return np.ones((len(texts), 1), dtype=np.float32)

    return evidence_of(question, one, [other], encode, AS_OF)[0]


TOURISTS = "How many tourists visited Sarvo Island in 2025?"
TOLD = statement("Sarvo Island had [310,000 tourists] in 2025.")


@pytest.mark.parametrize(
    ("other", "magnitude"),
    [
        ("Sarvo Island had [310,000 tourists].", 0),
        ("Sarvo Island had [155,000 tourists].", 0.693),
        ("Sarvo Island had [620,000 tourists].", 0.693),
        ("Sarvo Island had [4 tourists].", 3),
        ("Sarvo Island had [no tourists].", 0),
        ("Sarvo Island had [0 tourists].", 0),
    ],
)
def test_figures_far_apart_are_of_two_things(other, magnitude):
    found = evidence(TOURISTS, TOLD, statement(other))
    assert found.magnitude == pytest.approx(magnitude, abs=0.001)


def test_days_and_names_have_no_magnitude():
    one, other = statement("It opens on [3 May]."), statement("It opens on [30 May].")
    assert evidence("When does the museum open?", one, other).magnitude == 0


@pytest.mark.parametrize(
    ("other", "day", "apart"),
    [
        ("Some [280,000 tourists] came to Sarvo Island.", "2026-01-20", 0),
        ("Some [280,000 tourists] came to Sarvo Island in 2025.", "2026-01-20", 0),
        ("Last year [280,000 tourists] came to Sarvo Island.", "2026-01-20", 0),
        ("Some [280,000 tourists] came to Sarvo Island in 2024.", "2026-01-20", 1),
        ("Some [280,000 tourists] came to Sarvo Island in 2024 and in 2025.", "2026-01-20", 0),
        # a month is a twelfth of the year
        ("Some [28,000 tourists] came to Sarvo Island in March 2025.", "2025-04-04", 1 - 31 / 365),
    ],
)
def test_another_time_than_the_one_asked_about(other, day, apart):
    found = evidence(TOURISTS, TOLD, statement(other, day))
    assert found.time_apart == pytest.approx(apart)


@pytest.mark.parametrize(
    ("other", "apart"),
    [
        ("[Mara Lind] won the marathon on Sunday.", 0),
        ("[Mara Lind] won the marathon last month.", 0),
        ("[Mara Lind] won the marathon in 2022.", 1),
    ],
)
def test_where_no_time_is_asked_about_the_reports_own_is_meant(other, apart):
    one = statement("[Ines Valdar] won the marathon.", "2026-04-19")
    found = evidence("Who won the marathon?", one, statement(other, "2026-04-20"))
    assert found.time_apart == apart


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", None])
def test_reports_at_the_ends_of_the_calendar_are_compared(day):
    one = statement("[Ines Valdar] won the marathon.")
    found = evidence("Who won the marathon?", one, statement("[Mara Lind] won in 2022.", day))
    assert found.time_apart == 1
