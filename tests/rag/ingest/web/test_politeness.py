"""How servers are treated: asked when they want, no faster than they want, and what they allow."""

import itertools
import socket
from email.utils import formatdate

import pytest

from rag.ingest.web.errors import FetchError
from tests.rag.ingest.web.site import HTML, PAGE, FakeClock, Site, client, refusal


@pytest.fixture
def site():
    with Site() as served:
        served.routes["/page"] = (200, HTML | {"ETag": '"a"'}, PAGE)
        yield served


def test_a_busy_server_is_asked_again_when_it_says(site):
    clock = FakeClock()
    answers = itertools.chain(
        [
            (429, {"Retry-After": "7"}, ""),
            (503, {"Retry-After": formatdate(clock.now + 1 + 7 + 20, usegmt=True)}, ""),
        ],
        itertools.repeat((200, HTML, PAGE)),
    )
    site.routes["/busy"] = lambda handler: next(answers)
    with client(clock=clock, tries=3) as fetching:
        assert fetching.fetch(site.url("/busy")).body == PAGE.encode()
    assert site.asked("/busy") == 3
    assert clock.slept[0] == 7.0
    assert 20 <= clock.slept[1] <= 21


def test_a_host_that_is_always_busy_is_left_alone(site):
    for number in range(20):
        site.routes[f"/{number}"] = (503, {"Retry-After": "60"}, "")
    clock = FakeClock()
    with client(clock=clock, tries=3, dead_after_busy=4) as fetching:
        for number in range(20):
            with pytest.raises(FetchError, match=r"status 503|left alone"):
                fetching.fetch(site.url(f"/{number}"))
    assert len(site.requests) == 3 * 4


def test_a_server_that_asks_for_an_hour_is_left_alone(site):
    site.routes["/busy"] = (429, {"Retry-After": "3600"}, "")
    clock = FakeClock()
    with client(clock=clock, tries=3) as fetching:
        for path in ("/busy", "/page"):
            with pytest.raises(FetchError) as caught:
                fetching.fetch(site.url(path))
            assert caught.value.passing
            assert caught.value.retry_after == pytest.approx(3600)
        assert site.requests == ["/busy"]
        clock.now += 3600
        assert fetching.fetch(site.url("/page")).body == PAGE.encode()


@pytest.mark.parametrize("header", ["soon", "-5", "1e9", "Thu, 99 Foo 2026 25:61:00 GMT", "9" * 50])
def test_nonsense_in_retry_after_does_no_harm(site, header):
    site.routes["/busy"] = (503, {"Retry-After": header}, "")
    error = refusal(client(tries=2), site.url("/busy"))
    assert error.status == 503


def test_tries_of_a_dead_host_are_bounded():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    clock = FakeClock()
    asked = []

    def resolver(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    with client(clock=clock, tries=3, resolve=resolver, dead_after=1) as fetching:
        for number in range(5):
            with pytest.raises(FetchError, match=r"cannot be connected to|left alone") as caught:
                fetching.fetch(f"http://dead.test:{port}/{number}")
            assert caught.value.passing
    assert len(asked) == 3
    assert clock.slept == [2.0, 4.0]


def test_a_host_is_asked_no_faster_than_its_delay(site):
    site.routes["/robots.txt"] = (
        200,
        {"Content-Type": "text/plain"},
        "User-agent: *\nCrawl-delay: 5",
    )
    clock = FakeClock()
    with client(clock=clock) as fetching:
        for _ in range(3):
            fetching.fetch(site.url("/page"))
    assert clock.slept == [5.0, 5.0]


@pytest.mark.parametrize(
    ("robots", "told"),
    [
        ((200, {}, "User-agent: *\nDisallow: /page"), "does not allow it"),
        (
            (200, {}, "User-agent: presscite\nDisallow: /\n\nUser-agent: *\nAllow: /"),
            "does not allow",
        ),
        ((200, {}, "User-agent: other\nDisallow: /"), None),
        ((404, {}, ""), None),
        ((403, {}, ""), None),
        ((500, {}, ""), "cannot be read"),
        ((429, {}, ""), "cannot be read"),
        ((302, {"Location": "/robots2"}, ""), "does not allow it"),
        ((302, {"Location": "file:///etc/passwd"}, ""), "cannot be read"),
        ((200, {}, b"\xff\xfe\x00garbage" * 9), None),
    ],
)
def test_robots_txt_is_kept(site, robots, told):
    site.routes["/robots.txt"] = robots
    site.routes["/robots2"] = (200, {}, "User-agent: *\nDisallow: /page")
    with client() as fetching:
        if told is None:
            assert fetching.fetch(site.url("/page")).body == PAGE.encode()
            return
        with pytest.raises(FetchError, match=told):
            fetching.fetch(site.url("/page"))
    assert "/page" not in site.requests


def test_what_a_redirect_leads_to_is_asked_for_in_its_own_robots_txt(site):
    with Site() as other:
        other.routes["/robots.txt"] = (200, {}, "User-agent: *\nDisallow: /")
        other.routes["/page"] = (200, HTML, PAGE)
        site.routes["/go"] = (302, {"Location": other.url("/page")}, "")
        assert "does not allow" in str(refusal(client(), site.url("/go")))
        assert not other.requests
