"""Terms of a text: what is searched and compared."""

import pytest

from rag.text.analyser import analyse


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("36² agreements", ["36", "2", "agreement"]),
        ("10⁶ cells", ["10", "6", "cell"]),
        ("the ferries² ran", ["the", "ferri", "2", "ran"]),
        ("40 m² and 3 km²", ["40", "m2", "and", "3", "km2"]),
    ],
)
def test_a_raised_figure_is_no_part_of_the_word_before_it_but_of_a_unit(text, terms):
    assert analyse(text) == terms
