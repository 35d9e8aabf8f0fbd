"""References are read back by independent parsers, whatever the articles hold."""

import json
from dataclasses import replace
from datetime import date

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors
from hypothesis import assume, given
from hypothesis import strategies as st
from pylatexenc.latex2text import (
    LatexNodes2Text,
    MacroTextSpec,
    get_default_latex_context_db,
)

from rag.types import Article, Citation
from tests.ui.library import HOSTILE, RECOUNT, TREATY, cite
from ui.citing.quoting import one_line
from ui.citing.references import bibtex, citation_key, csl_json, ris

TEX = r"50 % of R&D: \input{x} {unbalanced $5_000 #1 a~b x^2 } end\\"
WILD = Article(
    id="wild",
    title=TEX,
    outlet="Größe & Söhne, “Zeitung”",
    published=date(2024, 2, 29),
    url="https://wild.example/a?b={c}&d=%20e_f#g~h",
    authors=("Marks and Spencer", "O’Neil, Ann {x", "@misc{evil, title={x}}"),
    language="de",
    text="He said: “{50 %} of it”\nER  - \r\nTY  - BOOK\nleft.",
)


def whole(article):
    return Citation(article, article.text, 0, len(article.text), 0, 2)


def decoder():
    """A decoder that knows the two braces of LaTeX's encodings, too."""
    known = get_default_latex_context_db()
    braces = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^"}
    macros = [MacroTextSpec(name, simplify_repl=char) for name, char in braces.items()]
    known.add_context_category("text symbols", macros=macros, prepend=True)
    return LatexNodes2Text(latex_context=known, keep_braced_groups=False)


def entries(text, *more):
    middleware = [*more, LatexDecodingMiddleware(decoder=decoder())]
    library = bibtexparser.parse_string(text, append_middleware=middleware)
    assert library.failed_blocks == []
    return library.entries


def test_bibtex_is_read_back():
    citation = cite(TREATY, "Maria Okafor chaired the session on harbour rules.", "Maria Okafor")
    (entry,) = entries(bibtex([citation]))
    assert entry.entry_type == "article"
    assert entry.key == citation_key(TREATY)
    assert entry.key.startswith("coast-gazette-2023-")
    assert entry["title"] == TREATY.title
    assert entry["author"] == "Ann Lee"
    assert entry["journal"] == "Coast Gazette"
    assert (entry["year"], entry["date"]) == ("2023", "2023-12-12")
    assert entry["url"] == TREATY.url
    assert "Maria Okafor chaired the session on harbour rules." in entry["note"]


def test_bibtex_of_hostile_fields_is_one_entry_with_those_fields():
    (entry,) = entries(bibtex([whole(WILD)]), SeparateCoAuthors())
    assert entry["title"] == TEX
    assert entry["journal"] == WILD.outlet
    names = [decoder().latex_to_text(name) for name in entry["author"]]
    assert names == list(WILD.authors)
    # An address is verbatim, as in other exports: it is not LaTeX.
    (raw,) = bibtexparser.parse_string(bibtex([whole(WILD)])).entries
    assert raw["url"] == "https://wild.example/a?b=%7Bc%7D&d=%20e_f#g~h"
    (entry,) = entries(bibtex([whole(HOSTILE)]))
    assert "url" not in entry
    assert entry["title"] == HOSTILE.title


def test_braces_of_bibtex_are_balanced_without_regard_to_backslashes():
    made = bibtex([whole(WILD), whole(HOSTILE)])
    depth = 0
    for char in made:
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0


def test_an_undated_article_without_outlet_claims_neither():
    bare = Article(id="bare", text="Only words stand here.")
    (entry,) = entries(bibtex([whole(bare)]))
    assert entry.entry_type == "misc"
    assert set(entry.fields_dict) == {"title", "note"}
    assert entry.key.startswith("article-undated-")
    (item,) = csl_json([whole(bare)])
    assert set(item) == {"id", "type", "title", "note"}
    (record,) = rispy.loads(ris([whole(bare)]))
    assert set(record) == {"type_of_reference", "id", "title", "notes"}


def test_csl_has_the_date_in_parts_and_survives_json():
    (item,) = json.loads(json.dumps(csl_json([whole(WILD)])))
    assert item["type"] == "article-newspaper"
    assert item["issued"] == {"date-parts": [[2024, 2, 29]]}
    assert item["title"] == TEX
    assert item["author"][0] == {"literal": "Marks and Spencer"}
    assert item["container-title"] == WILD.outlet
    assert "URL" not in csl_json([whole(HOSTILE)])[0]


def test_ris_is_read_back_and_a_line_of_an_article_is_no_tag():
    made = ris([whole(WILD), whole(TREATY), whole(HOSTILE)])
    assert made.endswith("ER  - \r\n\r\n")
    records = rispy.loads(made)
    assert len(records) == 3
    wild = records[0]
    assert wild["type_of_reference"] == "NEWS"
    assert wild["title"] == TEX
    assert wild["authors"] == list(WILD.authors)
    assert (wild["year"], wild["date"]) == ("2024", "2024/02/29")
    assert wild["secondary_title"] == WILD.outlet
    assert "TY - BOOK left." in wild["notes"][0]
    assert "urls" not in records[2]


def test_each_article_is_listed_once_under_a_key_of_its_own():
    first = cite(RECOUNT, "Thirty-six agreements were signed, the ministry said.", "Thirty-six")
    second = cite(RECOUNT, "Over 30 were signed, aides said.", "Over 30")
    other = whole(replace(RECOUNT, id="other", text="Another text of the same outlet and year."))
    found = entries(bibtex([first, second, other]))
    assert len({entry.key for entry in found}) == len(found) == 2


@pytest.mark.parametrize("export", [bibtex, ris])
def test_no_control_character_leaves(export):
    bad = replace(WILD, title="a\x00b\x1b[31m\u2028c\ud800d\u202ee")
    made = export([whole(bad)])
    assert not set(made) & set("\x00\x1b\u2028\ud800\u202e")
    made.encode()


@given(
    st.text(
        st.one_of(st.characters(codec="utf-8"), st.sampled_from("\\{}%$&#_^~-`'\"<>,?!@ ")),
        min_size=1,
        max_size=60,
    )
)
def test_any_title_is_read_back(title):
    shown = one_line(title)
    assume(shown and title.strip())
    article = replace(TREATY, title=title)
    (entry,) = entries(bibtex([whole(article)]))
    assert entry["title"] == shown
    (record,) = rispy.loads(ris([whole(article)]))
    assert record["title"] == shown
