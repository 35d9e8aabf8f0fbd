"""Which addresses may be asked for, and which networks count as public."""

import ipaddress

import pytest

from rag.ingest.web.addresses import checked_address, is_public, permitted, without_credentials
from rag.ingest.web.errors import FetchError


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("file:///etc/passwd", "not http"),
        ("javascript:alert(1)", "not http"),
        ("data:text/html,<p>x", "not http"),
        ("ftp://example.org/a", "not http"),
        ("gopher://example.org/", "not http"),
        ("http://user:pw@example.org/", "credentials"),
        ("http://example.org@127.0.0.1/", "credentials"),
        ("http://exa mple.org/", "space"),
        ("http://example.org\\@127.0.0.1/", "backslash"),
        ("http://example.org/\r\nHost: x", "control"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:25/", "port 25"),
        ("http://example.org:6379/", "port 6379"),
        ("http://example.org:0/", "port 0"),
        ("http://example.org:99999/", "cannot be read"),
        ("http:///path", "no host"),
        ("http://[::1/", "cannot be read"),
        ("https://example.org/" + "a" * 3000, "2,000 characters"),
        ("", "empty"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(address, why):
    with pytest.raises(FetchError, match=why) as caught:
        checked_address(address)
    assert "\n" not in str(caught.value)
    assert not caught.value.passing


def test_credentials_are_not_shown():
    shown = without_credentials("https://ann:secret@example.org/a@b")
    assert shown == "https://example.org/a@b"
    assert without_credentials("https://example.org/a@b") == "https://example.org/a@b"
    with pytest.raises(FetchError) as caught:
        checked_address("https://ann:secret@example.org/")
    assert "secret" not in str(caught.value)


def test_a_relative_address_is_made_absolute_and_its_fragment_dropped():
    assert (
        checked_address("../b?q=1#c", "https://example.org/a/x/") == "https://example.org/a/b?q=1"
    )
    assert checked_address("//example.net/y", "https://example.org/") == "https://example.net/y"
    assert checked_address('/it\'s a <b>?q="x"', "https://example.org") == (
        "https://example.org/it%27s%20a%20%3Cb%3E?q=%22x%22"
    )
    assert checked_address(" HTTP://Example.org:8080/ ") == "http://Example.org:8080/"


PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 172.31.255.255
    192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1
    255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1
    100::1 2001:db8::1 2001::1 2002:7f00:1:: 2002:a00:1:: fc00::1 fd12::1 fe80::1 fec0::1 ff02::1
    2600::5efe:7f00:1 2600::200:5efe:a00:1 5f00::1
"""


@pytest.mark.parametrize("text", PRIVATE.split())
def test_private_and_special_networks_are_not_public(text):
    assert not is_public(ipaddress.ip_address(text))
    with pytest.raises(FetchError):
        permitted("example.org", ["93.184.216.34", text], allow_private=False)


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_other_networks_are_public(text):
    assert is_public(ipaddress.ip_address(text))
    assert permitted("example.org", [text], allow_private=False) == [text]


def test_a_private_address_is_permitted_on_demand_and_nonsense_never_is():
    assert permitted("h.test", ["10.0.0.1", "fe80::1%eth0"], allow_private=True)
    for text in ("0.0.0.0", "224.0.0.1", "ff02::1", "::", "nonsense"):
        with pytest.raises(FetchError, match="which no server has"):
            permitted("h.test", [text], allow_private=True)
    with pytest.raises(FetchError, match="no address"):
        permitted("h.test", [], allow_private=True)
    with pytest.raises(FetchError, match="--allow-private"):
        permitted("h.test", ["10.0.0.1"], allow_private=False)


@pytest.mark.parametrize(
    "text", ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]
)
@pytest.mark.parametrize("allow_private", [True, False])
def test_the_metadata_of_a_cloud_is_never_fetched(text, allow_private):
    with pytest.raises(FetchError, match="credentials"):
        permitted("h.test", ["10.0.0.1", text][not allow_private :], allow_private=allow_private)
