"""What containers are made of: files that exist, commands and ports that match, a proxy that works."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
INSTRUCTIONS = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M)).splitlines()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def instructions(name: str) -> list[str]:
    return [line.split(None, 1)[1] for line in INSTRUCTIONS if line.startswith(f"{name} ")]


def check_command(arguments: list[str]) -> None:
    """The command line takes these arguments."""
    from ui.cli.app import app

    group = typer.main.get_command(app)
    command = group.commands[arguments[0]]  # type: ignore[attr-defined]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    named = {one.partition("=")[0] for one in arguments[1:] if one.startswith("--")}
    assert named <= options


def test_every_file_that_is_copied_exists_and_is_not_ignored() -> None:
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    for copied in instructions("COPY"):
        *sources, _target = copied.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in kept
    packages = re.search(r"^packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text(), re.M)
    assert packages
    copied = {one.split()[0] for one in instructions("COPY")}
    assert set(re.findall(r'"(\w+)"', packages[1])) <= copied


def test_the_image_runs_the_package_as_nobody_special() -> None:
    assert [one for one in INSTRUCTIONS if one.startswith("USER")] == ["USER presscite"]
    assert INSTRUCTIONS.index("USER presscite") < INSTRUCTIONS.index("EXPOSE 7860")
    assert all(":" in one and ":latest" not in one for one in instructions("FROM"))
    entry = yaml.safe_load(instructions("ENTRYPOINT")[0])
    assert entry[-1] == "presscite"
    assert re.search(r"apt-get install .*\b(tini)\b", DOCKERFILE)
    command = yaml.safe_load(instructions("CMD")[0])
    check_command(command)
    port = command[command.index("--port") + 1]
    assert instructions("EXPOSE") == [port]
    assert f"127.0.0.1:{port}/readyz" in instructions("HEALTHCHECK")[0]


def test_services_ports_and_volumes_match(compose: dict[str, Any]) -> None:
    services = compose["services"]
    chats = [name for name in services if name.startswith("chat-")]
    assert len(chats) == 2
    for name in chats:
        chat = services[name]
        check_command(chat["command"])
        assert "--port=7860" in chat["command"]
        assert f"server {name}:7860 " in NGINX
        assert chat["read_only"]
        assert chat["cap_drop"] == ["ALL"]
        assert (DEPLOY / chat["build"]["context"] / chat["build"]["dockerfile"]).is_file()
        assert "ports" not in chat, "only the proxy is reached from outside"
    proxy = services["proxy"]
    assert proxy["ports"] == ["127.0.0.1:8080:8080"]
    assert "listen 8080;" in NGINX
    assert (
        proxy["networks"]["inside"]["ipv4_address"]
        == services["chat-1"]["environment"]["FORWARDED_ALLOW_IPS"]
    )
    assert (DEPLOY / proxy["volumes"][0].partition(":")[0]).is_file()
    used = {
        volume.partition(":")[0]
        for one in services.values()
        for volume in one.get("volumes", ())
        if not volume.startswith(".")
    }
    assert used == set(compose["volumes"])
    assert {one for s in services.values() for one in s["networks"]} == set(compose["networks"])
    assert all(":" in one["image"] or "build" in one for one in services.values())


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def nginx(folder: Path, upstreams: list[str]) -> Iterator[str]:
    """Run the proxy's own configuration before these addresses; gives its address."""
    port = free_port()
    text = NGINX.replace("listen 8080;", f"listen 127.0.0.1:{port};").replace("/tmp/", f"{folder}/")
    for number, address in enumerate(upstreams, 1):
        text = text.replace(f"chat-{number}:7860", address.removeprefix("http://"))
    file = folder / "nginx.conf"
    file.write_text(text)
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen(
        [program, "-e", "stderr", "-c", str(file), "-g", "daemon off;"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        ends = time.monotonic() + 60
        while True:
            assert process.poll() is None, process.communicate()[1]
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < ends
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("nginx") or Path("/usr/sbin/nginx").exists()), reason="no nginx here"
)
def test_the_proxy_passes_everything_to_servers_that_live(tmp_path: Path) -> None:
    from tests.ui.library import SmallLibrary
    from tests.ui.web.server import running
    from ui.web.routes import build_api
    from ui.web.service import QueuedAnswerer

    libraries = [SmallLibrary(), SmallLibrary()]
    services = [QueuedAnswerer(one) for one in libraries]
    apps = [build_api(one) for one in services]
    question = {"question": "Who chaired it?"}
    with (
        running(apps[0]) as first,
        running(apps[1]) as second,
        nginx(tmp_path, [first, second]) as address,
        httpx.Client(timeout=60) as client,
    ):
        for _ in range(8):
            answer = client.post(f"{address}/api/ask", json=question)
            assert answer.json()["answer"] == "Maria Okafor"
            assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
        assert all(one.asked for one in libraries)
        assert client.get(f"{address}/metrics").status_code == 404
        assert client.get(f"{address}/readyz").json() == {"status": "ok"}
        services[0].stop()
        for _ in range(6):
            assert client.post(f"{address}/api/ask", json=question).status_code == 200
        foreign = client.get(f"{address}/api", headers={"host": "evil.example"})
        assert foreign.status_code == 400
