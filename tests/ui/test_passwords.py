"""The password file: hashed, private, checked; and the command that writes it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag.errors import SourceError
from ui.cli.app import app
from ui.passwords import PasswordHash, Passwords, read_hashes, set_password

LONG = "harbour works at dawn"

pytestmark = pytest.mark.slow


def test_a_file_holds_hashes_that_its_owner_alone_reads(tmp_path: Path) -> None:
    path = tmp_path / "passwords.txt"
    set_password(path, "desk", LONG)
    set_password(path, "night", "another long password")
    text = path.read_text(encoding="utf-8")
    assert LONG not in text
    assert len(text.splitlines()) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["passwords.txt"]
    passwords = Passwords.from_file(path)
    assert passwords.match("desk", LONG)
    assert not passwords.match("desk", LONG + " ")
    assert not passwords.match("night", LONG)
    assert not passwords.match("nobody", LONG)
    before = read_hashes(path)["night"]
    set_password(path, "desk", "a third long password")
    assert read_hashes(path)["night"] == before
    assert not Passwords.from_file(path).match("desk", LONG)


def test_the_same_password_is_never_hashed_alike() -> None:
    one, other = PasswordHash.of(LONG), PasswordHash.of(LONG)
    assert one != other
    assert one.digest != other.digest
    assert PasswordHash.from_line(one.to_line()) == one


def test_one_password_however_its_letters_are_composed() -> None:
    assert PasswordHash.of("caf\u00e9 at the harbour").matches("cafe\u0301 at the harbour")


@pytest.mark.parametrize(
    ("user", "password", "says"),
    [
        ("desk", "short", "has 5 characters; use 10 to 200"),
        ("desk", "x" * 201, "has 201 characters"),
        ("a:b", LONG, "cannot be used"),
        ("", LONG, "cannot be used"),
        ("a\nb", LONG, "cannot be used"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, user: str, password: str, says: str) -> None:
    with pytest.raises(SourceError, match=says) as refused:
        set_password(tmp_path / "p", user, password)
    assert password not in str(refused.value)
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    "text",
    [
        "desk:plain password",
        "desk",
        "desk:scrypt$1$8$1$YQ==$YQ==",
        "desk:scrypt$1099511627776$8$1$YQ==$YQ==",
        "desk:scrypt$32768$8$3$not base64$YQ==",
        "desk:md5$32768$8$3$YQ==$YQ==",
    ],
)
def test_a_line_that_is_no_hash_is_refused_with_its_number(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p"
    path.write_text(f"\n{text}\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 2: no password hash"):
        read_hashes(path)


def test_a_missing_or_empty_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="presscite password"):
        Passwords.from_file(tmp_path / "none")
    (tmp_path / "empty").write_text("")
    with pytest.raises(SourceError, match="no user in it"):
        Passwords.from_file(tmp_path / "empty")
    with pytest.raises(SourceError, match="cannot be written"):
        set_password(tmp_path / "no" / "folder", "desk", LONG)


def test_the_command_sets_one(tmp_path: Path) -> None:
    path = tmp_path / "p"
    arguments = ["password", str(path), "--user", "desk", "--stdin"]
    done = CliRunner().invoke(app, arguments, input=f"{LONG}\n")
    assert done.exit_code == 0, done.output
    assert LONG not in done.output
    assert Passwords.from_file(path).match("desk", LONG)
    refused = CliRunner().invoke(app, arguments[:-1], input=f"{LONG}\n{LONG}\n")
    assert isinstance(refused.exception, SourceError)
    assert "--stdin" in str(refused.exception)


def test_a_password_of_a_file_is_read_as_utf8_without_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "p"
    arguments = ["password", str(path), "--user", "desk", "--stdin"]
    done = CliRunner().invoke(app, arguments, input=f"\ufeff{LONG} für\r\n".encode())
    assert done.exit_code == 0, done.output
    assert Passwords.from_file(path).match("desk", f"{LONG} für")
    refused = CliRunner().invoke(app, arguments, input=LONG.encode("utf-16"))
    assert isinstance(refused.exception, SourceError)
    assert "not in UTF-8" in str(refused.exception)
    assert Passwords.from_file(path).match("desk", f"{LONG} für")
