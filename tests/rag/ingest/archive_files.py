"""Web archives made with warcio of pages of our own."""

import io
import zipfile

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

STORY = "The ferry to Orvane was cancelled on Tuesday after a storm damaged its bow. "


def page(number, extra=""):
    """Return an HTML page with a story of its own, as a plain site serves it."""
    story = "".join(
        f"<p>{STORY}Passenger number {number} of {n} waited at the pier for the next crossing.</p>"
        for n in range(4)
    )
    return (
        f"<!doctype html><html lang='en'><head><title>Ferry {number}</title>"
        f"<meta property='article:published_time' content='2024-03-{number % 28 + 1:02}T08:00:00Z'>"
        f"</head><body><nav><a href='/'>Home</a></nav><article><h1>Ferry {number}</h1>{story}{extra}"
        "</article></body></html>"
    ).encode()


def text(number):
    return f"{STORY}\n\nPassenger number {number} waited at the pier.\n".encode()


class Archive:
    """A WARC in memory."""

    def __init__(self, compressed=True):
        self.stream = io.BytesIO()
        self.writer = WARCWriter(self.stream, gzip=compressed)
        self.compressed = compressed

    def add(
        self, url, body, kind="text/plain", status="200 OK", type_="response", headers=(), date=None
    ):
        fields = [("Content-Type", kind), *headers] if kind else list(headers)
        http = StatusAndHeaders(status, fields, protocol="HTTP/1.1")
        given = {"http_headers": http} if type_ in ("response", "revisit") else {}
        if type_ in ("resource", "metadata"):
            given["warc_content_type"] = kind
        if type_ == "request":
            given["http_headers"] = StatusAndHeaders("GET / HTTP/1.1", [("Host", "news.example")])
        record = self.writer.create_warc_record(
            url,
            type_,
            payload=io.BytesIO(body),
            warc_headers_dict={"WARC-Date": date} if date else None,
            **given,
        )
        self.writer.write_record(record)
        return self

    def info(self):
        record = self.writer.create_warcinfo_record("x.warc", {"software": "ours"})
        self.writer.write_record(record)
        return self

    @property
    def data(self):
        return self.stream.getvalue()


def wacz(members, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("datapackage.json", "{}")
        for name, data in members.items():
            archive.writestr(f"archive/{name}", data)
        archive.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0"}\n')
    return stream.getvalue()
