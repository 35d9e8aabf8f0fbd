"""`presscite check`: a draft's quotations, their places, and an exit status for scripts."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from rag.errors import SourceError
from rag.index import Index
from rag.text.content_hash import content_hash
from rag.types import Answer, Candidate, Citation
from tests.conftest import HashEncoder
from tests.rag.checking.test_draft import QUAKE, TERMINAL, YARD
from ui.citing.pack import PackTurn, evidence_pack
from ui.cli.app import app

GOOD = "Brenner said it “could not be repaired at any price”.\n"
BAD = "Line one.\nOake called it “a gift of 46 million crowns to two shipping lines”.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("check") / "index"
    with Index.open(made, create=True, encoder=HashEncoder()) as index:
        index.add([TERMINAL, QUAKE, YARD])
    return made


@pytest.fixture(autouse=True)
def encoder(monkeypatch):
    monkeypatch.setattr("rag.index.model.index_encoder", lambda *_: HashEncoder())


def check(folder, draft, *more, **kwargs):
    return CliRunner().invoke(app, ["check", str(draft), "--index", str(folder), *more], **kwargs)


def test_a_clean_draft_ends_with_0(folder, tmp_path):
    draft = tmp_path / "draft.md"
    draft.write_text(GOOD, encoding="utf-8")
    ended = check(folder, draft)
    assert ended.exit_code == 0
    assert "1 quotation: 1 verbatim" in ended.stdout
    assert "said by Liska Brenner" in ended.stdout


def test_an_altered_one_ends_with_1_and_shows_the_difference(folder):
    ended = check(folder, "-", input=BAD.encode())
    assert ended.exit_code == 1
    assert "line 2: altered" in ended.stdout
    assert "the draft has “46”, the article “48”" in ended.stdout


def test_json_is_the_whole_of_it(folder):
    record = json.loads(check(folder, "-", "--json", input=BAD.encode()).stdout)
    assert record["counts"] == {"verbatim": 0, "altered": 1, "other speaker": 0, "not found": 0}
    (one,) = record["quotations"]
    assert BAD[one["start"] : one["end"]] == one["quotation"]
    assert one["line"] == 2
    (match,) = one["matches"]
    assert match["changes"] == [{"draft": "46", "article": "48"}]
    assert TERMINAL.text[match["start"] : match["end"]] == match["quote"]


def test_a_speaker_whom_no_article_names_is_said_not_to_be_known(folder):
    draft = "“Nobody knows who pays for it,” Brandt said.".encode()
    ended = check(folder, "-", input=draft)
    assert ended.exit_code == 0
    assert "speaker not known: the article names no person" in " ".join(ended.stdout.split())
    (one,) = json.loads(check(folder, "-", "--json", input=draft).stdout)["quotations"]
    assert (one["speaker"], one["speaker_confirmed"]) == ("Brandt", None)


@pytest.mark.parametrize(
    ("speaker", "status", "confirmed"),
    [("Aldo Reik", "verbatim", True), ("Brandt", "other speaker", False)],
)
def test_a_speaker_whom_the_article_names_is_compared(folder, speaker, status, confirmed):
    draft = f"“A contract is a contract,” {speaker} said.".encode()
    ended = check(folder, "-", "--json", input=draft)
    (one,) = json.loads(ended.stdout)["quotations"]
    assert (one["status"], one["speaker_confirmed"]) == (status, confirmed)
    assert ended.exit_code == (0 if confirmed else 1)


def test_a_draft_without_quotations_says_so(folder):
    ended = check(folder, "-", input=b"Nothing quoted.")
    assert (ended.exit_code, ended.stdout.strip()) == (
        0,
        "no quotation of three words or more between quotation marks",
    )


def test_a_missing_draft_is_one_line(folder, tmp_path):
    ended = check(folder, tmp_path / "none.md")
    assert isinstance(ended.exception, SourceError)
    assert "name a text file, or -" in str(ended.exception)


def test_control_characters_do_not_reach_the_terminal(folder):
    ended = check(folder, "-", input="He said “could not be\x1b[31m repaired at any”".encode())
    assert "\x1b[31m" not in ended.stdout


def answers(folder, tmp_path, form):
    with Index.open(folder, encoder=HashEncoder()) as index:
        article = index.article(TERMINAL.id)
    quote = "The Orvane harbour board approved a new ferry terminal on Tuesday."
    citation = {"article_id": article.id, "quote": quote, "start": 0, "end": len(quote)}
    record = {"question": "What was approved?", "citations": [citation], "alternatives": []}
    forms = {
        "one": json.dumps(record),
        "lines": f"{json.dumps(record)}\n{json.dumps(record)}\n",
        "list": json.dumps([record]),
        "pack": json.dumps({"presscite_evidence": 1, "answers": [record]}, indent=1),
    }
    path = tmp_path / "answers.json"
    path.write_text(forms[form], encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["one", "lines", "list", "pack"])
def test_saved_answers_are_verified(folder, tmp_path, form):
    ended = check(folder, answers(folder, tmp_path, form), "--json")
    assert ended.exit_code == 0
    record = json.loads(ended.stdout)
    assert record["counts"] == {"unchanged": 2 if form == "lines" else 1}
    assert record["citations"][0]["start_now"] == 0


def test_a_saved_answer_of_another_index_ends_with_1(folder, tmp_path):
    path = answers(folder, tmp_path, "one")
    path.write_text(path.read_text().replace(TERMINAL.id, "0" * 16), encoding="utf-8")
    ended = check(folder, path)
    assert ended.exit_code == 1
    assert "1 citation: 1 article gone" in ended.stdout


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'{"a": 1}', "JSON without answers"),
        (b'{"a": broken', "begins as JSON and is none"),
        (b'[{"citations": []}, ', "begins as JSON and is none"),
    ],
)
def test_json_without_answers_is_one_line(folder, data, line):
    ended = check(folder, "-", input=data)
    assert isinstance(ended.exception, SourceError)
    assert line in str(ended.exception)


def test_a_draft_may_open_with_a_bracket(folder):
    assert check(folder, "-", input=b"[Applause] Thank you.").exit_code == 0


@pytest.mark.parametrize(
    "broken",
    [
        {"citations": [{"article_id": "a", "quote": None, "start": 0, "end": 4}]},
        {"citations": {"quote": "it"}},
        {"citations": [], "alternatives": [{"citations": ["it"]}]},
        {"citations": [], "alternatives": "it"},
        {"citations": [], "overview": ["it"]},
    ],
)
def test_a_citation_that_cannot_be_read_ends_with_1(folder, broken):
    ended = check(folder, "-", "--json", input=json.dumps(broken).encode())
    assert ended.exit_code == 1
    assert "1 not checked" in ended.stderr
    assert json.loads(ended.stdout)["citations"] == []


def test_an_answer_that_abstained_has_nothing_to_check(folder):
    abstained = {"citations": [], "alternatives": [{"citations": []}]}
    assert check(folder, "-", input=json.dumps(abstained).encode()).exit_code == 0


@pytest.mark.parametrize(
    ("answers", "count"),
    [
        ({"answer": "Otto Brandt", "citations": []}, 1),
        ({"answer": "Otto Brandt", "citations": None}, 1),
        ({"citations": [], "alternatives": [{"answer": "Otto Brandt", "citations": []}]}, 1),
        ([{"answer": "Otto Brandt"}, {"answer": "Ada", "citations": []}], 2),
    ],
)
def test_an_answer_that_cites_nothing_ends_with_1(folder, answers, count):
    ended = check(folder, "-", input=json.dumps(answers).encode())
    assert ended.exit_code == 1
    (line,) = ended.stderr.splitlines()
    assert f"{count} answer{'s cite' if count > 1 else ' cites'} nothing" in line


def test_answers_that_were_cut_off_are_no_draft(folder, tmp_path):
    whole = answers(folder, tmp_path, "lines").read_bytes()
    ended = check(folder, "-", input=whole[:-20])
    assert isinstance(ended.exception, SourceError)
    assert "begins as JSON and is none" in str(ended.exception)


def packed(folder, **more):
    with Index.open(folder, encoder=HashEncoder()) as index:
        article = index.article(TERMINAL.id)
    quote = "The Orvane harbour board approved a new ferry terminal on Tuesday."
    citation = Citation(article, quote, 0, len(quote), 4, 10)
    answer = Answer(
        "What was approved?", None, (Candidate("Orvane", 0.8, (citation,)),), False, (), {}
    )
    pack = evidence_pack(
        [PackTurn("What was approved?", answer), PackTurn("And when?", None)], title="Terminal"
    )
    pack["answers"][0]["citations"][0] |= more
    return json.dumps(pack).encode()


def test_an_evidence_pack_is_verified(folder):
    ended = check(folder, "-", "--json", input=packed(folder))
    assert ended.exit_code == 0
    (one,) = json.loads(ended.stdout)["citations"]
    assert (one["status"], one["differs"], one["version"]) == ("unchanged", [], None)
    assert one["article_now"] == TERMINAL.id


def test_a_pack_with_a_forged_outlet_ends_with_1_and_says_so(folder):
    ended = check(folder, "-", input=packed(folder, outlet="The \x1b[31mTimes"))
    assert ended.exit_code == 1
    assert "1 citation: 1 source differs" in ended.stdout
    told = " ".join(ended.stdout.split())
    assert "now “Orvane Post”; no version had what was saved" in told
    assert "\x1b[31m" not in ended.stdout


def test_a_pack_with_a_forged_speaker_ends_with_1_and_says_so(folder):
    quote = '"The old pier had become unsafe and could not be repaired at any price'
    start = TERMINAL.text.index(quote)
    where = {"quote": quote, "start": start, "end": start + len(quote)}
    answer = {"answer_start": start + 1, "answer_end": start + 13}
    true = packed(folder, **where, **answer, speaker="Liska Brenner")
    true = json.loads(true)
    true["answers"][0]["answer"] = "The old pier"
    assert check(folder, "-", input=json.dumps(true).encode()).exit_code == 0
    forged = json.dumps(true).replace("Liska Brenner", "Oake")
    ended = check(folder, "-", input=forged.encode())
    assert ended.exit_code == 1
    assert "1 citation: 1 source differs" in ended.stdout
    told = " ".join(ended.stdout.split())
    assert "speaker: saved “Oake”, now “Liska Brenner”; no version had what was saved" in told


def test_a_pack_without_citations_says_that_nothing_was_verified(folder):
    ended = check(folder, "-", input=json.dumps(evidence_pack([PackTurn("Who?", None)])).encode())
    assert ended.exit_code == 0
    assert "cite nothing, so nothing was verified" in ended.stderr


def test_a_corrected_article_names_the_version_that_was_cited(tmp_path):
    made = tmp_path / "own"
    with Index.open(made, create=True, encoder=HashEncoder()) as index:
        index.add([TERMINAL])
    saved = packed(made)
    with Index.open(made, encoder=HashEncoder()) as index:
        text = TERMINAL.text.replace("Tuesday", "Wednesday")
        index.add([replace(TERMINAL, id="newer", text=text)])
    ended = check(made, "-", "--json", input=saved)
    assert ended.exit_code == 1
    (one,) = json.loads(ended.stdout)["citations"]
    assert one["status"] == "earlier version"
    assert one["changes"] == [{"saved": "tuesday", "now": "Wednesday"}]
    assert one["version_path"] == f"/articles/newer/versions/{content_hash(TERMINAL)}"
    shown = check(made, "-", input=saved).stdout
    assert f"presscite show newer --version {content_hash(TERMINAL)[:12]}" in shown
