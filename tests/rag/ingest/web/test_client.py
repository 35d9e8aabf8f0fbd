"""Fetching from servers that are hostile, broken, slow, busy, or well."""

import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import zlib
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from unittest import mock

import pytest

from rag.ingest.web import transport
from rag.ingest.web.addresses import permitted
from rag.ingest.web.client import Validators
from rag.ingest.web.errors import FetchError
from tests.rag.ingest.web.site import HTML, PAGE, Site, client, packed, raw_server, refusal


@pytest.fixture
def site():
    with Site() as served:
        served.routes["/page"] = (200, HTML | {"ETag": '"a"'}, PAGE)
        yield served


def headed(head, body=b""):
    """Return a raw answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + head + b"\r\n" + body


def test_a_page_is_fetched_with_what_the_server_says_of_it(site):
    with client() as fetching:
        found = fetching.fetch(site.url("/page#part"))
    assert (found.address, found.kind, found.charset) == (site.url("/page"), "html", "utf-8")
    assert (found.body, found.etag) == (PAGE.encode(), '"a"')
    sent = site.headers[0]
    assert sent["User-Agent"].startswith("presscite/")
    assert sent["Host"] == f"127.0.0.1:{site.port}"
    assert "Cookie" not in sent
    assert "br" not in sent["Accept-Encoding"]


def test_without_permission_nothing_on_loopback_is_asked(site):
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"):
        error = refusal(client(allow_private=False), f"http://{host}:{site.port}/page")
        assert "private address" in str(error) or "not known" in str(error)
    assert not site.requests


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://user:pw@127.0.0.1/",
        "http://127.0.0.1:22/",
        "http://10.0.0.1/",
        "//169.254.169.254/latest",
        "http://[::1]/",
        "http://rebound.test/",
    ],
)
def test_every_hop_is_checked(site, target):
    """The site passes for a public one; where it redirects to is asked as any other address."""
    site.routes["/start"] = (302, {"Location": target}, "")
    asked = []

    def resolver(host, port):
        asked.append(host)
        return (
            ["127.0.0.1"]
            if host == "news.test"
            else [{"rebound.test": "127.0.0.1"}.get(host, host)]
        )

    fetching = client(allow_private=False, resolve=resolver)
    with public_loopback("news.test"):
        error = refusal(fetching, f"http://news.test:{site.port}/start")
    assert not error.passing
    assert site.requests == ["/start"]


@contextmanager
def public_loopback(name):
    """Let one host's loopback address pass for a public one."""

    def permitted_but(host, found, *, allow_private):
        return permitted(host, found, allow_private=allow_private or host == name)

    with mock.patch.object(transport, "permitted", permitted_but):
        yield


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(site, monkeypatch):
    """DNS rebinding: the second answer of the resolver is never asked for, by anyone."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])
    asked = []
    real = socket.getaddrinfo

    def getaddrinfo(host, *rest, **named):
        asked.append(host)
        return real(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    site.routes["/robots.txt"] = (404, {}, "")
    with client(resolve=lambda host, port: next(answers)) as fetching:
        found = fetching._once(f"http://news.test:{site.port}/page", None, robots=False)
    assert found.address == f"http://news.test:{site.port}/page"
    assert site.headers[0]["Host"] == f"news.test:{site.port}"
    assert "news.test" not in asked
    assert next(answers) == ["10.0.0.1"]


def test_one_private_address_among_public_ones_refuses_the_host():
    fetching = client(allow_private=False, resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"])
    assert "10.0.0.1, a private address" in str(refusal(fetching, "http://news.test/"))


def test_the_next_address_is_taken_where_one_does_not_answer(site):
    with client(resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"]) as fetching:
        assert fetching.fetch(f"http://news.test:{site.port}/page").body == PAGE.encode()


def test_a_host_with_an_ipv6_address(monkeypatch):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    monkeypatch.setattr(ThreadingHTTPServer, "address_family", socket.AF_INET6)
    try:
        served = Site("::1")
    except OSError:
        pytest.skip("no IPv6 on loopback")
    with served as site, client() as fetching:
        site.routes["/page"] = (200, HTML, PAGE)
        assert fetching.fetch(f"http://[::1]:{site.port}/page").body == PAGE.encode()
        assert site.headers[0]["Host"] == f"[::1]:{site.port}"
        refused = refusal(client(allow_private=False), f"http://[::1]:{site.port}/page")
        assert "::1 is a private address" in str(refused)


def test_redirects_are_followed_within_bounds(site):
    site.routes["/a"] = (301, {"Location": "b"}, "")
    site.routes["/b"] = (307, {"Location": site.url("/page")}, "")
    site.routes["/loop"] = (302, {"Location": "/loop2"}, "")
    site.routes["/loop2"] = (302, {"Location": "/loop"}, "")
    for number in range(20):
        site.routes[f"/{number}"] = (302, {"Location": f"/{number + 1}"}, "")
    with client() as fetching:
        assert fetching.fetch(site.url("/a")).address == site.url("/page")
    assert "in a circle" in str(refusal(client(), site.url("/loop")))
    assert "more than 5 redirects" in str(refusal(client(), site.url("/0")))


def test_no_cookie_and_no_environment_is_used(site, monkeypatch, tmp_path):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    site.routes["/set"] = (302, {"Location": "/page", "Set-Cookie": "a=b"}, "")
    with client() as fetching:
        fetching.fetch(site.url("/set"))
    assert not {"Cookie", "Authorization"} & set(site.headers[1])


def test_large_bodies_end_at_the_cap(site):
    site.routes["/large"] = (200, HTML, "x" * 200_001)
    error = refusal(client(wire_bytes=200_000), site.url("/large"))
    assert (str(error), error.passing) == ("too large: more than 200,000 bytes", False)


def test_endless_bodies_end_at_the_cap():
    def endless(connection):
        connection.sendall(headed(b"Transfer-Encoding: chunked\r\n"))
        while True:
            connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    with raw_server(endless) as port:
        error = refusal(client(wire_bytes=500_000), f"http://127.0.0.1:{port}/")
    assert "too large" in str(error)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", packed(b"\0" * 30_000_000)),
        ("gzip", packed(b"a" * 1_000_000) * 30),
        ("deflate", zlib.compress(b"\0" * 30_000_000)),
    ],
)
def test_compression_bombs_are_not_unpacked(site, encoding, body):
    site.routes["/bomb"] = (200, HTML | {"Content-Encoding": encoding}, body)
    error = refusal(client(body_bytes=2_000_000), site.url("/bomb"))
    assert str(error) == "too large: more than 2,000,000 bytes after decompression"


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd", "nonsense"])
def test_encodings_that_were_not_asked_for_are_refused(site, encoding):
    site.routes["/odd"] = (200, HTML | {"Content-Encoding": encoding}, packed(b"x", 2))
    assert "was not asked for" in str(refusal(client(), site.url("/odd")))


def test_compressed_bodies_are_read(site):
    raw = zlib.compressobj(wbits=-15)
    bodies = {
        "gzip": packed(PAGE.encode()),
        "x-gzip": packed(PAGE[:20].encode()) + packed(PAGE[20:].encode()) + b"trailing",
        "deflate": zlib.compress(PAGE.encode()),
        "Deflate": raw.compress(PAGE.encode()) + raw.flush(),
    }
    for encoding, body in bodies.items():
        site.routes["/packed"] = (200, HTML | {"Content-Encoding": encoding}, body)
        with client() as fetching:
            assert fetching.fetch(site.url("/packed")).body == PAGE.encode()


def test_damaged_compression_is_told(site):
    site.routes["/bad"] = (200, HTML | {"Content-Encoding": "gzip"}, packed(PAGE.encode())[:-20])
    assert "cut off" in str(refusal(client(), site.url("/bad")))
    site.routes["/bad"] = (200, HTML | {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08garbage garbage")
    assert "damaged" in str(refusal(client(), site.url("/bad")))


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX: ", headed(b"\r\n"), headed(
    b"Transfer-Encoding: chunked\r\n", b"5;"), b"HTTP/1.1 100 Continue\r\n\r\n"])  # fmt: skip
@pytest.mark.slow
def test_what_drips_ends_at_the_deadline(head):
    """Each byte comes in time, the whole never: in the status, a header, the body or a chunk's size."""

    def drip(connection):
        connection.sendall(head)
        while True:
            connection.sendall(b"x" if head else b"H")
            time.sleep(0.02)

    with raw_server(drip) as port:
        error = refusal(client(total_seconds=0.5), f"http://127.0.0.1:{port}/")
    told = str(error)
    assert "took longer than 0.5 s" in told or "broke off" in told
    assert error.passing


def test_endless_informational_answers_end_at_the_deadline():
    def wait(connection):
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.01)

    with raw_server(wait) as port:
        error = refusal(client(total_seconds=0.3), f"http://127.0.0.1:{port}/")
    assert "took longer" in str(error)


def test_a_silent_server_is_left_after_a_while():
    stop = threading.Event()
    with raw_server(lambda connection: stop.wait(10)) as port:
        error = refusal(client(read_seconds=0.2), f"http://127.0.0.1:{port}/")
        stop.set()
    assert "sent nothing for 0.2 s" in str(error)


def test_a_resolver_that_hangs_is_left_after_a_while():
    stop = threading.Event()
    fetching = client(total_seconds=0.2, resolve=lambda host, port: [str(stop.wait(10))])
    assert "no answer to the question where" in str(refusal(fetching, "http://news.test/"))
    stop.set()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000 + b"\r\n\r\n",
        headed(b"Transfer-Encoding: chunked\r\n", b"zz\r\nwhat\r\n"),
        headed(b"Transfer-Encoding: chunked\r\n", b"fffffffffffffffff\r\nwhat\r\n"),
        headed(b"Content-Length: 100\r\n", b"short"),
        headed(b"Content-Length: -5\r\n", b"short"),
        headed(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"short!"),
    ],
)
def test_broken_answers_are_one_line(answer):
    with raw_server(lambda connection: connection.sendall(answer)) as port:
        error = refusal(client(), f"http://127.0.0.1:{port}/")
    assert "broke off its answer" in str(error)
    assert error.passing


def test_a_reset_connection_is_one_line():
    def reset(connection):
        connection.sendall(headed(b"Content-Length: 100\r\n", b"short"))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with raw_server(reset) as port:
        assert "broke off" in str(refusal(client(), f"http://127.0.0.1:{port}/"))


def test_what_is_no_page_is_refused_by_its_type_or_its_bytes(site):
    site.routes["/picture"] = (200, {"Content-Type": "image/png"}, b"\x89PNG")
    site.routes["/video"] = (200, {"Content-Type": "video/mp4"}, b"x" * 100_000)
    site.routes["/liar"] = (200, HTML, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    site.routes["/nothing"] = (200, {}, b"some words")
    site.routes["/pdf"] = (200, {"Content-Type": "application/pdf"}, b"<html>")
    for path, why in {
        "/picture": "image/png, not a page",
        "/video": "video/mp4, not a page",
        "/liar": "binary data",
        "/nothing": "does not say what it is",
        "/pdf": "is none",
    }.items():
        assert why in str(refusal(client(), site.url(path)))


@pytest.mark.parametrize(
    ("said", "body", "kind"),
    [
        ("text/html", b"<?xml version='1.0'?><rss><channel/></rss>", "xml"),
        ("text/plain", b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "xml"),
        ("text/plain", b"<!DOCTYPE html><p>words", "html"),
        ("application/octet-stream", b"%PDF-1.7 x", "pdf"),
        ("text/html", b"%PDF-1.7 x", "pdf"),
        ("text/html", b"<p>words", "html"),
        ("text/plain; charset=latin-1", b"words", "text"),
        ("application/json", b"{}", "json"),
        ("application/xhtml+xml", b"<html xmlns='x'/>", "html"),
        ("text/html", "<html>words".encode("utf-16"), "html"),
        ("", b"<opml version='2.0'/>", "xml"),
    ],
)
def test_what_a_body_is(site, said, body, kind):
    site.routes["/x"] = (200, {"Content-Type": said}, body)
    with client() as fetching:
        assert fetching.fetch(site.url("/x")).kind == kind


def test_a_packed_site_map_is_xml_and_another_packed_file_nothing(site):
    packed_type = {"Content-Type": "application/x-gzip"}
    site.routes["/map.xml.gz"] = (200, packed_type, packed(b"<?xml version='1.0'?><urlset/>" * 9))
    site.routes["/page.gz"] = (200, packed_type, packed(PAGE.encode()))
    site.routes["/noise.gz"] = (200, packed_type, b"\x1f\x8b" + b"noise" * 99)
    with client() as fetching:
        assert fetching.fetch(site.url("/map.xml.gz")).kind == "xml"
        for path in ("/page.gz", "/noise.gz"):
            with pytest.raises(FetchError, match=r"compressed file|binary data|does not say"):
                fetching.fetch(site.url(path))


def test_addresses_in_other_scripts(site):
    site.routes["/sch%C3%B6n?q=%C3%A4"] = site.routes["/page"]
    hosts = []

    def resolver(host, port):
        hosts.append(host)
        return ["127.0.0.1"]

    with client(resolve=resolver) as fetching:
        found = fetching.fetch(f"http://bücher.test:{site.port}/schön?q=ä")
        assert found.body == PAGE.encode()
        with pytest.raises(FetchError):
            fetching.fetch(f"http://{'ü' * 90}.test:{site.port}/")
    assert set(hosts) == {"xn--bcher-kva.test"}


def test_statuses_are_told(site):
    site.routes["/wall"] = (402, {}, "")
    site.routes["/gone"] = (410, {}, "")
    site.routes["/teapot"] = (418, {}, "")
    found = {
        path: refusal(client(), site.url(path)) for path in ("/none", "/gone", "/wall", "/teapot")
    }
    assert [error.gone for error in found.values()] == [True, True, False, False]
    assert "does not give it to everyone (402)" in str(found["/wall"])
    assert "status 418" in str(found["/teapot"])


def test_what_did_not_change_is_not_sent_again(site):
    site.tagged("/feed", "<rss/>", "application/rss+xml", '"v1"')
    with client() as fetching:
        first = fetching.fetch(site.url("/feed"))
        known = Validators(first.etag, first.last_modified)
        assert fetching.fetch(site.url("/feed"), known) is None
        assert fetching.fetch(site.url("/feed"), Validators('"v0"')).body == b"<rss/>"
    site.routes["/odd"] = (304, {}, "")
    assert "status 304" in str(refusal(client(), site.url("/odd")))


def test_bytes_of_a_host_and_of_a_run_are_capped(site):
    site.routes["/half"] = (200, HTML, "x" * 600)
    with client(host_bytes=1000) as fetching:
        fetching.fetch(site.url("/half"))
        for _ in range(2):
            with pytest.raises(FetchError) as caught:
                fetching.fetch(site.url("/half"))
            # The page is not too large: there was too little left for it, and will be again.
            assert str(caught.value) == "not fetched: a run may fetch 1,000 bytes of one host"
            assert (caught.value.passing, caught.value.of_run) == (True, True)
        # What would not be fetched is not asked for.
        assert site.asked("/half") == 2
        fetching.new_run()
        fetching.fetch(site.url("/half"))


def test_a_run_that_is_full_is_no_fault_of_its_hosts(site):
    site.routes["/half"] = (200, HTML, "x" * 600)
    site.routes["/large"] = (200, HTML, "x" * 200_000)
    with client(run_bytes=1000, wire_bytes=900, dead_after=1, tries=3) as fetching:
        fetching.fetch(site.url("/half"))
        for _ in range(3):
            with pytest.raises(FetchError, match="not fetched: a run may fetch 1,000 bytes"):
                fetching.fetch(site.url("/half"))
        fetching.new_run()
        fetching.fetch(site.url("/half"))
        assert site.asked("/half") == 3
    error = refusal(client(wire_bytes=900), site.url("/large"))
    assert (str(error), error.passing) == ("too large: more than 900 bytes", False)


def test_robots_txt_that_a_full_run_keeps_out_is_asked_for_by_the_next(site):
    site.routes["/robots.txt"] = (200, {"Content-Type": "text/plain"}, "#" * 900)
    with Site() as other, client(run_bytes=1000) as fetching:
        other.routes["/robots.txt"] = site.routes["/robots.txt"]
        other.routes["/page"] = (200, HTML, PAGE[:20])
        site.routes["/page"] = (200, HTML, PAGE[:20])
        fetching.fetch(site.url("/page"))
        with pytest.raises(FetchError, match="a run may fetch") as caught:
            fetching.fetch(other.url("/page"))
        assert caught.value.of_run
        fetching.new_run()
        assert fetching.fetch(other.url("/page")) is not None


def test_a_server_without_tls_is_told_as_such(site):
    error = refusal(client(), f"https://127.0.0.1:{site.port}/page")
    assert "no safe connection to 127.0.0.1: TLS failed" in str(error)
    assert not error.passing


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout key.pem -out cert.pem "
        "-subj /CN=news.test -addext subjectAltName=DNS:news.test"
    )
    subprocess.run(
        command.split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.mark.slow
def test_the_certificate_is_checked_for_the_name_though_the_address_is_pinned(certificate):
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    names = []
    served.sni_callback = lambda _socket, name, _context: names.append(name)
    trusted = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    with Site() as site:
        site.server.socket = served.wrap_socket(site.server.socket, server_side=True)
        site.routes["/page"] = (200, HTML, PAGE)
        there = {"resolve": lambda host, port: ["127.0.0.1"]}
        with client(tls=trusted, **there) as fetching:
            assert fetching.fetch(f"https://news.test:{site.port}/page").body == PAGE.encode()
        assert set(names) == {"news.test"}
        wrong = refusal(client(tls=trusted, **there), f"https://other.test:{site.port}/page")
        assert "its certificate is not trusted (Hostname mismatch" in str(wrong)
        unknown = refusal(client(**there), f"https://news.test:{site.port}/page")
        assert "its certificate is not trusted (self-signed certificate" in str(unknown)
        assert site.asked("/page") == 1
