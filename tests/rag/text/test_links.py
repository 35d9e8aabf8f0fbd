"""A link opens the page at the quote, and only where the address may be a link."""

import pytest

from rag.text.links import quote_link

PAGE = "https://example.org/news/1"


@pytest.mark.parametrize(
    ("words", "directive"),
    [
        ("Seven ferries", "Seven%20ferries"),
        ("one, two", "one%2C%20two"),
        ("first-rate", "first%2Drate"),
        ("Holm & Sons", "Holm%20%26%20Sons"),
        ('"4 No\'s" = 100%', "%224%20No%27s%22%20%3D%20100%25"),
        ("Phú Trọng", "Ph%C3%BA%20Tr%E1%BB%8Dng"),
        ("two\n lines", "two%20lines"),
        ("a#b?c/d", "a%23b%3Fc%2Fd"),
        (" ".join("abcdefghij"), "%20".join("abcdefghij")),
        (" ".join("abcdefghijk"), "a%20b%20c%20d%20e,g%20h%20i%20j%20k"),
        ("x, " * 6 + "so-so - y y y y", "x%2C%20x%2C%20x%2C%20x%2C%20x%2C,%2D%20y%20y%20y%20y"),
    ],
)
def test_words_are_encoded(words, directive):
    assert quote_link(PAGE, words) == f"{PAGE}#:~:text={directive}"


def test_the_page_keeps_its_own_fragment_and_query():
    assert quote_link(f"{PAGE}?a=1&b=2", "x") == f"{PAGE}?a=1&b=2#:~:text=x"
    assert quote_link(f"{PAGE}#part", "x") == f"{PAGE}#part:~:text=x"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://example.org",
        "data:text/html,x",
        "file:///etc/hosts",
        "ftp://example.org/",
        "//example.org/",
        "/news/1",
        "https://",
        "https:///news",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://good.example\\@example.org/",
        "https://example.org/\n",
        "https://exa\tmple.org/",
        "https://example.org/\x00",
        "https://example.org/\u202egpj",
        "https://example.org/ a",
        'https://example.org/"onclick=',
        "https://[::1",
        "https://example.org:port/",
    ],
)
def test_unsafe_address_gives_no_link(url):
    assert quote_link(url, "words") is None


def test_no_words_no_link():
    assert quote_link(PAGE, " ") is None


TWICE = (
    "Ana spoke. The drill had 12 boats. Then it ended.\n\n"
    "Bo spoke too. The drill had 12 boats. It rained."
)


def link(text, words, occurrence=0):
    start = -1
    for _ in range(occurrence + 1):
        start = text.index(words, start + 1)
    return quote_link(PAGE, words, text, start).partition("#:~:text=")[2]


def test_a_unique_quote_needs_no_context():
    assert link(TWICE, "It rained.") == "It%20rained."


def test_the_same_sentence_twice_gets_a_link_each():
    words = "The drill had 12 boats."
    first, second = link(TWICE, words), link(TWICE, words, 1)
    assert first == "Ana%20spoke.-,The%20drill%20had%2012%20boats.,-Then%20it%20ended."
    assert second == "Bo%20spoke%20too.-,The%20drill%20had%2012%20boats.,-It%20rained."


def test_context_grows_until_it_tells_the_occurrences_apart():
    text = "One a b c. It sank. d e f g.\nTwo a b c. It sank. d e f h."
    assert link(text, "It sank.") == "One%20a%20b%20c.-,It%20sank.,-d%20e%20f%20g."
    assert link(text, "It sank.", 1) == "Two%20a%20b%20c.-,It%20sank.,-d%20e%20f%20h."


def test_a_long_quote_whose_beginning_is_repeated_gets_context():
    opening = "The mayor of Lindau said on"
    text = f"Lead. {opening} Monday that the new bridge would open soon.\n"
    text += f"{opening} Tuesday that the old bridge would close soon."
    words = text.split("\n")[1]
    assert link(text, words).endswith("bridge%20would%20close%20soon.")
    assert "open%20soon.-,The%20mayor%20of%20Lindau%20said," in link(text, words)


def test_words_with_other_marks_beside_them_are_the_same_words():
    opening = "The old harbour was closed"
    text = (
        f"Rain fell. {opening}, said Ana.\nSnow fell. “{opening} on a cold and windy day in May.”"
    )
    words = f"“{opening} on a cold and windy day in May.”"
    assert link(text, words).startswith("%E2%80%9CThe%20old")
    assert link(text, words[1:]).startswith(
        "Snow%20fell.%20%E2%80%9C-,The%20old%20harbour%20was%20closed,"
    )
    assert link("The dam. A dam, broken.", "dam", 1).startswith("The%20dam.%20A-,dam,")
    assert link("Dams broke. A dam held.", "dam") == "dam"


def test_the_beginning_of_a_long_quote_is_singled_out_by_what_stands_before_it():
    opening = "In a letter she said that all"
    text = f"Then came rain. {opening} ferries of the town must leave today.\n"
    text += f"Now then came rain. {opening} trains of the town must wait a week."
    words = text.split("\n")[1].partition("rain. ")[2]
    assert link(text, words).startswith("Now%20then%20came%20rain.-,In%20a%20letter%20she%20said,")


def test_context_is_escaped_like_the_quote():
    text = "A-b, c & d. It sank. e-f, g & h.\nNo. It sank."
    assert link(text, "It sank.") == "c%20%26%20d.-,It%20sank.,-e%2Df%2C%20g%20%26"


def test_a_quote_that_is_repeated_without_context_is_linked_all_the_same():
    assert link("Yes. Yes.", "Yes.", 1) == "Yes.-,Yes."
