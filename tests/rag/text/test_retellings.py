"""Whose report an article is, as its fields tell it."""

import pytest

from rag.text.retellings import reporting_outlets
from rag.types import Article


def article(outlet=None, retells=None):
    return Article(id="a", text="The drill had 12 boats.", outlet=outlet, retells=retells)


@pytest.mark.parametrize(
    ("retells", "original"),
    [
        ("a report by Lake Wire, 1 January 2026", "lake wire"),
        ("a report by the Lake Wire of 1 January 2026", "lake wire"),
        ("a report by Lake Wire (1 January 2026)", "lake wire"),
        ("A report by Lake Wire, the agency of the lakes, 2026-01-01", "lake wire"),
        ("a report by Hà Nội Mới", "ha noi moi"),
        ("a report by a local newspaper, 1 January 2026", None),
        ("a report in the English edition of a newspaper, 1 January 2026", None),
        ("the five reports retold in this sample", None),
    ],
)
def test_a_retelling_is_the_report_of_the_outlet_that_it_names(retells, original):
    assert reporting_outlets([article("Desk", retells)]) == [original]


@pytest.mark.parametrize(
    "retells", ["Lake Wire", "what Lake Wire reported on 2 May 2026", "a report by Ann Toll of Lake Wire"]
)  # fmt: skip
def test_an_outlet_beside_it_is_found_in_any_wording(retells):
    found = reporting_outlets([article("The Lake Wire"), article("Desk", retells), article("Wire")])
    assert found == ["lake wire", "lake wire", "wire"]


def test_one_outlet_has_one_key_and_no_outlet_none():
    names = ("The Hill Post", "hill post", "Hà Nội Mới", "Ha Noi Moi", None)
    found = reporting_outlets([article(name) for name in names])
    assert found == ["hill post", "hill post", "ha noi moi", "ha noi moi", None]
