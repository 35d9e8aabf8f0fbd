"""`presscite watch` and `presscite add URL` as people call them: real processes, killed and stopped."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rag.errors import PressciteError
from rag.index import Index
from tests.rag.ingest.web.site import Site
from tests.rag.ingest.web.test_pages import XML, item, rss, story
from ui.cli.watching import _addresses, _seconds

ROOT = Path(__file__).parents[3]
# A shell that starts its jobs in the background has them ignore Ctrl-C, and tests may be such a job.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from ui.cli.app import main; main()"
)


@pytest.fixture
def site():
    with Site() as served:
        for number in range(20):
            served.routes[f"/{number}"] = story(f"Story {number}", more=f"Sent by desk {number}.")
        yield served


def started(*arguments):
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(*arguments):
    process = started(*arguments)
    out, err = process.communicate(timeout=200)
    return process.returncode, out, err


def titles(index):
    with Index.open(index) as opened:
        return sorted(one.title for one in opened.articles())


@pytest.mark.slow
def test_add_takes_addresses(site, tmp_path):
    site.routes["/feed"] = (200, XML, rss(item("/1", "Story one")))
    index = tmp_path / "index"
    status, _, err = run("add", site.url("/feed"), "--index", index)
    assert status == 2
    assert "private address; --allow-private permits such hosts" in err
    assert not index.exists()
    status, out, _ = run("add", site.url("/feed"), "--allow-private", "--index", index, "--json")
    assert (status, json.loads(out)["added"]) == (0, 1)
    assert titles(index) == ["Story one"]


@pytest.mark.slow
def test_a_watch_puts_what_is_new_into_its_collection(site, tmp_path):
    site.routes["/feed"] = (200, XML, rss(item("/1", "Story one")))
    index = tmp_path / "index"
    call = ("watch", site.url("/feed"), "--once", "--allow-private", "--delay", 0, "--index", index)
    assert run(*call)[0] == 0
    site.routes["/feed"] = (200, XML, rss(item("/1", "Story one"), item("/2", "Story two")))
    assert run(*call, "--collection", "Wire")[0] == 0
    with Index.open(index) as opened:
        labels = {one.title: one.collection for one in opened.articles()}
    # The first was not fetched again.
    assert labels == {"Story one": None, "Story two": "Wire"}


@pytest.mark.slow
def test_a_watch_that_is_killed_goes_on_where_it_was(site, tmp_path):
    entries = (item(f"/{n}", f"Story {n}") for n in range(20))
    site.tagged("/feed", rss(*entries), XML["Content-Type"], '"1"')
    reached, go_on = threading.Event(), threading.Event()
    page = site.routes["/17"]

    def hang(handler):
        reached.set()
        go_on.wait(60)
        return (200, {"Content-Type": "text/html"}, page)

    site.routes["/17"] = hang
    index = tmp_path / "index"
    call = ("watch", site.url("/feed"), "--once", "--allow-private", "--delay", 0, "--index", index)
    process = started(*call)
    assert reached.wait(120)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    go_on.set()
    with Index.open(index) as opened:
        before = opened.counts()["articles"]
    assert 0 < before < 20
    fetched = len(site.requests)
    site.routes["/17"] = page
    status, out, err = run(*call, "--json")
    assert status == 0, err
    done = json.loads(out)
    assert (done["unchanged_feeds"], done["added"], done["waiting"]) == (1, 20 - before, 0)
    # Of the pages that were committed none is asked for again.
    assert len(site.requests) - fetched == 1 + 20 - before
    assert titles(index) == sorted(f"Story {n}" for n in range(20))
    assert run("verify", "--index", index)[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_watch_runs_until_it_is_stopped(site, tmp_path, number, status):
    site.routes["/feed"] = (200, XML, rss(item("/1", "Story one"), item("/none", "Gone")))
    index = tmp_path / "index"
    process = started(
        "watch", site.url("/feed"), "--allow-private", "--delay", 0, "--index", index, "--every", "1h"
    )  # fmt: skip
    line = process.stdout.readline()
    assert line.startswith("added 1, updated 0, unchanged 0, skipped 1; of 1 feeds 0 said nothing")
    time.sleep(0.2)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert "stopped; 1 round, added 1, updated 0, skipped 1" in err
    assert "Traceback" not in err
    assert titles(index) == ["Story one"]


@pytest.mark.slow
def test_a_round_without_any_feed_fails(site, tmp_path):
    index = tmp_path / "index"
    once = ("--once", "--allow-private", "--index", index)
    status, out, err = run("watch", site.url("/none"), *once)
    assert status == 2
    assert "no such page (404)" in err
    assert "of 1 feeds 0 said nothing new and 1 failed" in out
    listed = tmp_path / "feeds.opml"
    listed.write_text(f'<opml><body><outline xmlUrl="{site.url("/feed")}"/></body></opml>')
    site.routes["/feed"] = (200, XML, rss(item("/1", "Story one")))
    status, out, _ = run("watch", listed, *once, "--json")
    assert (status, json.loads(out)["added"]) == (0, 1)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2H", 7200), ("1d", 86400), ("60", 60)]
)
def test_times_between_rounds(text, seconds):
    assert _seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "1.5h", "-5m", "10s", "soon", "٣m", "9999999m"])
def test_what_is_no_time_between_rounds(text):
    with pytest.raises(PressciteError, match=r"no time|too often"):
        _seconds(text)


def test_what_is_no_feed_to_watch(tmp_path):
    empty, other = tmp_path / "empty.opml", tmp_path / "other.opml"
    empty.write_text("<opml/>")
    other.write_text("words")
    names = ["file:///etc/passwd", "http://a:b@h.example/", tmp_path, empty, other, "\0"]
    for name in names:
        with pytest.raises(PressciteError) as caught:
            _addresses(str(name))
        assert "\n" not in str(caught.value)
