"""How another answer stands to the answer: figures, days and names that can or cannot both be true."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from rag.answering.agreement import compared, relations
from rag.answering.figures import compatible, equal, figure_of, same_unit
from rag.answering.statements import Statement, days_of
from rag.text.answer_types import classify_question


def figure(text):
    start = text.index("[")
    plain = text.replace("[", "").replace("]", "")
    return figure_of(plain, start, text.index("]") - 1)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("It cost [84 million euros].", 84_000_000, "euro"),
        ("It cost [€84m].", 84_000_000, "euro"),
        ("Prices rose [6.8%] in May.", "6.8", "percent"),
        ("Prices rose [6.8] percent.", "6.8", "percent"),
        ("It is [7.4 kilometres] long.", "7.4", "kilometr"),
        ("It lasted [sixteen days].", 16, "day"),
        ("[Forty-one] people came.", 41, ""),
        # Letters that only ignoring case makes an "i" or an "s".
        ("IT COST [84 MİLLİON RİNGGİT].", 84_000_000, "ringgit"),
        ("It lasted [ſixteen dayſ].", 16, "day"),
    ],
)
def test_a_figure_has_its_value_and_unit(text, value, unit):
    found = figure(text)
    assert (found.value, found.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    "text",
    ["[3-1]", "[no figure]", "the [21st] session", "[3 to 5] days", "[10⁶] cells", "[10]⁶ cells"],
)
def test_a_score_a_range_an_ordinal_and_a_power_are_no_figure(text):
    assert figure(text) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[48,300] people", "[48,000] people"),
        ("about [12,000] people", "[11,800] people"),
        ("over [30] boats", "[36] boats"),
        ("[7.4] km", "[7] km"),
    ],
)
def test_rounded_and_hedged_figures_are_equal(one, other):
    assert equal(figure(one), figure(other))
    assert equal(figure(other), figure(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[20] people", "[24] people"),
        ("[10] boats", "[14] boats"),
        ("[1 million] people", "[1.3 million] people"),
    ],
)
def test_what_lies_far_off_is_no_rounded_figure(one, other):
    assert not equal(figure(one), figure(other))
    assert not equal(figure(other), figure(one))


@pytest.mark.parametrize(
    ("hedge", "at_least", "at_most"),
    [
        ("more than", True, False),
        ("less than", False, True),
        ("no more than", False, True),
        ("not more than", False, True),
        ("no fewer than", True, False),
        ("not less than", True, False),
    ],
)
def test_a_negated_hedge_bounds_on_the_other_side(hedge, at_least, at_most):
    found = figure(f"{hedge} [20] people")
    assert (found.at_least, found.at_most) == (at_least, at_most)


@pytest.mark.parametrize(
    ("told", "at_least", "at_most"),
    [
        ("[20] or more people", True, False),
        ("[20 people] or more", True, False),
        ("[20+] people", True, False),
        ("[20]-plus people", True, False),
        ("[20 people or fewer]", False, True),
        ("[20] people and under", False, True),
        ("[20 people] and more than 30 boats", False, False),
        ("[20 people] and over 30 boats", False, False),
        ("[20] people plus a dog", False, False),
    ],
)
def test_a_bound_may_stand_behind_its_figure(told, at_least, at_most):
    found = figure(told)
    assert (found.at_least, found.at_most, found.noun) == (at_least, at_most, "peopl")


def test_a_figure_beyond_its_bound_is_not_equal():
    assert not equal(figure("no more than [20] people"), figure("[25] people"))
    assert not compatible(figure("no more than [20] people"), figure("[25] people"))
    assert not equal(figure("over [0.5] percent"), figure("[1.4] percent"))
    assert equal(figure("over [0.5] percent"), figure("[0.55] percent"))


def test_a_bound_is_compatible_with_what_it_lets_through():
    least, more = figure("at least [38] people"), figure("[90] people")
    assert not equal(least, more)
    assert compatible(least, more)
    assert not compatible(least, figure("[30] people"))
    assert not same_unit(figure("[3] euros"), figure("[3] percent"))


def statement(text, day=None):
    start = text.index("[")
    plain = text.replace("[", "").replace("]", "")
    return Statement(
        plain, start, text.index("]") - 1, date.fromisoformat(day) if day else None, answerable=1.0
    )


AS_OF = date(2026, 11, 26)


def told(question, one, other, as_of=AS_OF):
    return compared(question, classify_question(question), one, other, as_of)


FAIR = "When does the harbour fair take place?"


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        # a weekday, a day before, a day of no year: seen from each report
        (("on [Wednesday]", "2023-05-05"), ("on [Wednesday]", "2023-05-04"), "same"),
        (("on [Wednesday]", "2021-05-05"), ("on [Wednesday]", "2024-10-11"), "changed"),
        (("[yesterday]", "2021-05-05"), ("[yesterday]", "2024-10-11"), "changed"),
        (("on [12 May]", "2021-05-05"), ("on [12 May]", "2024-05-05"), "changed"),
        (("on [12 May 2021]", "2021-05-05"), ("on [12 May 2021]", "2024-05-05"), "same"),
        # a range holds its months
        (("from [March to August 2023]", "2022-12-01"), ("in [May 2023]", "2022-12-01"), "same"),
        (("[March to August 2023]", "2022-12-01"), ("[12 March 2023]", "2022-12-01"), "same"),
        (("[March to August 2023]", "2022-12-01"), ("[July to October 2023]", "2022-12-01"), "also"),
        (("[March to August 2023]", "2022-12-01"), ("in [October 2023]", "2022-12-01"), "different"),
    ],
)  # fmt: skip
def test_days_are_seen_from_each_report(one, other, relation):
    assert told(FAIR, statement(*one), statement(*other)) == relation
    assert told(FAIR, statement(*other), statement(*one)) == relation


FERRY = "When did the ferry run aground?"


@pytest.mark.parametrize(
    ("question", "one", "other", "relation"),
    [
        (FERRY, ("on [3 March]", "2025-03-11"), ("on [Monday]", "2025-03-04"), "same"),
        (FERRY, ("in [March 2025]", "2025-04-11"), ("on [3 March]", "2025-03-04"), "same"),
        (FERRY, ("on [3 March]", "2025-03-11"), ("on [2 March]", "2025-03-12"), "different"),
        (FERRY, ("on [3 March]", "2025-03-11"), ("on [2 May 2024]", "2024-05-03"), "also"),
        (FERRY, ("on [3 March]", "2025-03-11"), ("on [2 May 2024]", "2025-03-12"), "different"),
        (FERRY, ("on [3 March]", "2025-03-11"), ("on [2 May 2024]", "2024-12-03"), "different"),
        (FERRY, ("on [3 March]", "2025-03-11"), ("on [2 May 2024]", None), "different"),
        (
            "When was the latest grounding?",
            ("on [3 March]", "2025-03-11"),
            ("on [2 May 2024]", "2024-05-03"),
            "changed",
        ),
        ("When will it open?", ("in [2028]", "2024-05-14"), ("in [2029]", "2026-02-20"), "changed"),
        ("When will it open?", ("in [2028]", "2024-05-14"), ("[soon]", "2026-02-20"), "also"),
        ("How many came?", ("[38] came", "2025-03-04"), ("[41] came", "2025-03-04"), "different"),
        ("How many came?", ("[38] came", "2025-03-04"), ("[41] came", "2025-03-05"), "changed"),
        ("How many came?", ("[38] came", None), ("[5 percent] came", None), "also"),
        ("Who is the mayor?", ("[Ann Lee] is", "2023-01-01"), ("[Bo Lund] is", "2025-01-01"), "changed"),
        ("Who won the race?", ("[Ann Lee] won", "2023-01-01"), ("[Bo Lund] won", "2025-01-01"), "different"),
        ("Who backed the plan?", ("[Ann Lee] did", None), ("[Bo Lund] did", None), "also"),
        ("Why was it late?", ("[because of rain]", None), ("[after a strike]", None), "also"),
    ],
)  # fmt: skip
def test_values_are_compared_by_kind(question, one, other, relation):
    assert told(question, statement(*one), statement(*other)) == relation


@pytest.mark.parametrize(
    ("as_of", "relation"), [(date(2025, 3, 4), "same"), (date(2026, 6, 1), "different")]
)
def test_a_report_without_a_date_is_seen_from_the_day_asked(as_of, relation):
    first, undated = statement("on [3 March]", "2025-03-11"), statement("on [Monday]")
    assert told(FERRY, first, undated, as_of) == relation
    named = days_of(statement("on [3 March]"), as_of)
    assert named[0].start == date(as_of.year, 3, 3)


@pytest.mark.parametrize(
    ("question", "quote", "relation"),
    [
        (
            "Who is the foreign minister of Norway?",
            "Swedish Foreign Minister [Bo Lund] came.",
            "also",
        ),
        (
            "Who is Norway's foreign minister?",
            "The Minister of Foreign Affairs of Sweden [Bo Lund] came.",
            "also",
        ),
        ("Who is the foreign minister of Norway?", "Foreign Minister [Bo Lund] came.", "changed"),
        (
            "Who is the foreign minister of Norway?",
            "Norwegian Foreign Minister [Bo Lund] met Sweden's foreign minister.",
            "changed",
        ),
        ("Who is the foreign minister?", "Swedish Foreign Minister [Bo Lund] came.", "changed"),
        (
            "Who is the foreign minister of Norway?",
            "[Bo Lund] told Sweden's prime minister so.",
            "changed",
        ),
    ],
)
def test_a_holder_of_another_country_s_office_is_no_rival(question, quote, relation):
    first = statement("Norwegian Foreign Minister [Ann Lee] spoke.", "2023-01-01")
    assert told(question, first, statement(quote, "2024-01-01")) == relation


def test_another_aspect_is_no_conflict_although_the_figures_differ(encoder):
    question = "How many passengers were injured on the ferry?"
    first = statement("On the ferry [38] passengers were injured.", "2025-03-04")
    rival = statement("On the ferry [41] passengers were injured.", "2025-03-04")
    aspect = statement("A ticket for cars costs [212] crowns.", "2025-03-04")
    found = relations(question, first, [rival, aspect], encoder.encode, AS_OF)
    assert found == ["different", "also"]


def test_nothing_is_encoded_where_no_values_differ():
    def encode(texts):
        raise AssertionError(texts)

    one = statement("It opened [in May].")
    assert relations("Why?", one, [statement("It rained [all day].")], encode, AS_OF) == ["also"]
    assert np.isfinite(one.answerable)
