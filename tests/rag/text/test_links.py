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
