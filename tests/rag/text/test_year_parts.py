"""A year's opening under its other names."""

import pytest

from rag.text.year_parts import year_part_synonyms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Trade grew from January to November.", "first 11 eleven months"),
        ("Jan.-Sept sales rose.", "first 9 nine months first three quarters"),
        ("in the first eleven months of 2030", "January to November first 11"),
        ("in the first 6 months", "January to June first 6 six months first half"),
        ("the first quarter of the year", "January to March first 3 three months"),
        ("in the first half", "January to June"),
        ("the first three  quarters", "January to September"),
    ],
)
def test_other_names(text, words):
    assert words in year_part_synonyms(text)


@pytest.mark.parametrize(
    "text",
    [
        "From March to November nothing grew.",
        "January and November were cold.",
        "The first months were hard.",
        "the first 12 months",
        "the first 1 months",
        "the first 99 months",
        "In January the first ferry sailed.",
        "In January to Marseille no ferry sailed.",
        "",
    ],
)
def test_no_opening_of_a_year(text):
    assert year_part_synonyms(text) == ""
