"""Spelt-out numbers and their digits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.text.numbers import CARDINALS, ORDINALS, with_digits


@pytest.mark.parametrize(
    ("spelt", "digits"),
    [
        ("thirty-seven agreements", "37 agreements"),
        ("Twenty five boats", "25 boats"),
        ("zero", "0"),
        ("one hundred and five", "105"),
        ("a hundred", "100"),
        ("nine hundred ninety-nine", "999"),
        ("fifteen hundred", "1500"),
        ("a thousand", "1000"),
        ("two thousand and one", "2001"),
        ("two hundred and fifty thousand", "250000"),
        ("three million two hundred thousand", "3200000"),
        ("two and a half million", "2500000"),
        ("two and a half years", "2.5 years"),
        ("half a billion", "500000000"),
        ("a million", "1000000"),
        ("two crore", "20000000"),
        ("a dozen", "12"),
        ("two dozen eggs", "24 eggs"),
        ("half a dozen", "6"),
        ("five and six", "5 and 6"),
        ("nineteen ninety-five", "19 95"),
        ("between one hundred and two hundred", "between 100 and 200"),
        ("between one thousand and twenty-five thousand", "between 1000 and 25000"),
        ("between one million and two million", "between 1000000 and 2000000"),
        ("a ten-year-old", "a 10-year-old"),
        ("the third session", "the 3rd session"),
        ("Twenty-first", "21st"),
        ("the eleventh, twelfth and thirteenth", "the 11th, 12th and 13th"),
        ("the thirty-second and the twentieth", "the 32nd and the 20th"),
    ],
)
def test_in_digits(spelt, digits):
    assert with_digits(spelt) == digits


@pytest.mark.parametrize(
    "text",
    [
        "two thirds",
        "two-thirds",
        "one third",
        "three quarters",
        "dozens of millions",
        "several hundred",
        "half an hour",
        "a metre per second",
        "seconds",
        "someone often attends",
        "tone, sixpence, attention",
        "37",
        "",
    ],
)
def test_left_as_they_are(text):
    assert with_digits(text) == text


def spelt(number):
    """Return the words of a number below a billion; what follows a hundred or a scale after "and"."""
    words = {n: word for word, n in CARDINALS.items()} | {0: "zero"}
    for scale, word in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= scale:
            whole, rest = divmod(number, scale)
            told = f"{spelt(whole)} {word}"
            joint = " " if rest >= 1000 else " and "
            return f"{told}{joint}{spelt(rest)}" if rest else told
    if number in words:
        return words[number]
    return f"{words[number // 10 * 10]}-{words[number % 10]}"


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("the SİXTH ferry", "the 6th ferry"),
        ("the ſeventh ferry", "the 7th ferry"),
        ("TWENTY-SİXTH", "26th"),
        ("ſixty-fifth", "65th"),
        ("SİX MİLLİON", "6000000"),
    ],
)
def test_letters_that_only_ignoring_case_makes_ones_of_a_number(written, digits):
    assert with_digits(written) == digits


@settings(deadline=None)
@given(st.integers(0, 10**9 - 1) | st.integers(0, 999))
def test_any_number_comes_back(number):
    assert with_digits(f"of {spelt(number)}, too") == f"of {number}, too"


def test_words_are_in_order():
    assert list(CARDINALS.values()) == [*range(1, 20), *range(20, 100, 10)]
    assert list(ORDINALS.values()) == list(CARDINALS.values())
