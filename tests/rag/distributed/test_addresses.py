"""Addresses of clusters: what is none, or has none behind it, is one line."""

import socket
from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

from rag.distributed import cluster
from rag.distributed.cluster import check_address, connected, lost
from rag.errors import ClusterError, QueryError
from ui.cli.app import app

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra `ray` is not installed")


@pytest.mark.parametrize(
    "address", ["local", "auto", "10.0.0.1:6379", "ray://head.example:10001", "[::1]:6379"]
)
def test_addresses_of_every_kind_pass(address):
    check_address(address)


@pytest.mark.parametrize(
    "address", ["", "head.example", "http://a:1", "a:99999", "a:0", "a b:1", "ray://a"]
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(QueryError, match=r"local, auto, HOST:PORT or ray://HOST:PORT"):
        check_address(address)


@needs_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_port_without_a_cluster_is_one_line_at_once(scheme, monkeypatch):
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"{scheme}127.0.0.1:{free.getsockname()[1]}"
    with (
        pytest.raises(ClusterError, match="no cluster can be used there") as caught,
        connected(address),
    ):
        pass
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("where it wants a token, set RAY_AUTH_MODE=token")


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("reset\nby peer", "(reset by peer)"),
        (
            'From the server: Traceback (most recent call last):\n  File "x.py", line 7\nOSError: full\n',
            "(OSError: full)",
        ),
        ("", "(ConnectionError)"),
    ],
)
def test_a_lost_cluster_is_one_line_with_the_reason(told, wanted):
    line = str(lost("ray://head:1", ConnectionError(told)))
    assert wanted in line
    assert "\n" not in line


def test_without_the_extra_the_line_names_it(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    (tmp_path / "a.txt").write_text("The ferry sailed.")
    command = ["add", str(tmp_path / "a.txt"), "--index", str(tmp_path / "i"), "--ray", "local"]
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, ClusterError)
    assert "pip install 'presscite[ray]'" in str(done.exception)
    assert not (tmp_path / "i").exists()


@needs_ray
def test_a_mistyped_name_starts_no_cluster_and_makes_no_index(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_connect", lambda *_: pytest.fail("a cluster was started"))
    command = ["add", str(tmp_path / "none"), "--index", str(tmp_path / "i"), "--ray", "local"]
    done = CliRunner().invoke(app, [*command, "--json"])
    assert done.exit_code == 2
    assert '"added": 0' in done.stdout
    assert not (tmp_path / "i").exists()


def test_workers_without_a_cluster_are_refused(tmp_path):
    done = CliRunner().invoke(app, ["add", str(tmp_path), "--ray-workers", "2"])
    assert isinstance(done.exception, QueryError)
