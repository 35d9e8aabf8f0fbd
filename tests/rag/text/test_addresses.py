import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.addresses import canonical_url, same_site

PAGE = "https://www.example.org/news/crane"


@pytest.mark.parametrize(
    "url",
    [
        f"{PAGE}#comments",
        f"{PAGE}?utm_source=x&UTM_Medium=mail",
        f"{PAGE}?fbclid=1&gclid=2&mc_cid=3",
        f"{PAGE}?ref=twitter",
        f"{PAGE}?amp=1",
        f"{PAGE}?amp",
        f"{PAGE}?outputType=amp",
        f"{PAGE}?print=1",
        f"{PAGE}/amp",
        f"{PAGE}.amp",
        "https://www.example.org/amp/news/crane",
        "HTTPS://WWW.Example.org:443/news/crane",
        "https://www.google.com/amp/s/www.example.org/news/crane?amp",
        "https://www-example-org.cdn.ampproject.org/v/s/www.example.org/news/crane?usqp=x&amp=1"[
            :84
        ],
        f" {PAGE}\n",
    ],
)
def test_variants_of_one_page_have_one_address(url):
    assert canonical_url(url) == PAGE


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org", "https://example.org/"),
        ("https://m.example.org/a", "https://example.org/a"),
        ("https://amp.example.org/a", "https://example.org/a"),
        ("https://example.org/a.amp.html", "https://example.org/a.html"),
        ("https://example.org/a/amp/", "https://example.org/a/"),
        ("https://example.org/%c3%a9", "https://example.org/%C3%A9"),
        ("https://example.org/é", "https://example.org/%C3%A9"),
        ("http://example.org:80/a?id=2&utm_x=1&b=", "http://example.org/a?id=2&b="),
        # What stays of a query stays as it is spelt.
        ("https://example.org/story?12345&utm_source=rss", "https://example.org/story?12345"),
        ("https://example.org/?utm_source=rss&a", "https://example.org/?a"),
        (
            "https://example.org/?q=%C4%E3&id=5&utm_source=rss",
            "https://example.org/?q=%C4%E3&id=5",
        ),
        ("https://example.org/?q=x%20y+z&utm%5Fx=1&e=é~!", "https://example.org/?q=x%20y+z&e=é~!"),
        ("https://example.org/?utm_a=1&utm_b=2", "https://example.org/"),
    ],
)
def test_what_is_folded(url, kept):
    assert canonical_url(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://www.example.org/a",
        "https://example.org:8443/a",
        "https://m.org/a",
        "https://example.org/amp",
        "https://example.org/a?id=1&page=2",
        "https://example.org/a?q=x%20y&v",
        "https://example.org/print/a?ref=v1.2",
        "https://example.org/champ",
        "https://example.org/100%agree",
        "https://example.org/a?q=%c4%e3",
        f"https://example.org/a?{'x' * 4000}&id=1",
        "https://[::1]:8080/a",
        "mailto:ann@example.org",
        "javascript:alert(1)",
        "https://[bad/a",
        "",
    ],
)
def test_what_may_be_another_page_stays(url):
    assert canonical_url(url) == url


def test_addresses_escaped_in_another_encoding_stay_apart():
    one, other = (f"https://example.org/?q={q}&fbclid=1" for q in ("%C4%E3", "%BA%C3"))
    assert canonical_url(one) != canonical_url(other)


@given(st.text(max_size=80).map(lambda text: f"https://example.org/{text}"))
def test_folding_twice_changes_nothing_more(url):
    once = canonical_url(url)
    assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.post.example/a", "https://post.example/b", True),
        ("https://sport.post.example/a", "https://post.example/b", True),
        ("https://ann.github.io/a", "https://github.io/b", False),
        ("https://ann.github.io/a", "https://bo.github.io/b", False),
        ("https://paper.co.uk/a", "https://co.uk/b", False),
        ("https://news.paper.co.uk/a", "https://paper.co.uk/b", True),
        ("https://post.example/a", "https://otherpost.example/b", False),
    ],
)
def test_hosts_of_one_publisher(one, other, same):
    assert same_site(one, other) is same
    assert same_site(other, one) is same
