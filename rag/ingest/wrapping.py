"""Hard-wrapped text (lines of some 70 characters, as mail programs and databases cut them) to paragraphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rag.text.patterns import lazily

_MAX_WIDTH = 120
_MIN_WIDTH = 40
# Line pairs that the width is estimated from: enough for any article, bounded for large files.
_SAMPLE = 3000
# Of adjacent lines, the share that must break exactly where the next word no longer fitted, and of
# those the share that must break inside a sentence: verse, lists and one-line paragraphs fail one.
_FILLED_SHARE = 0.7
_INSIDE_SHARE = 0.4
_WIDE = lazily(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\u3000-\u303f\uff00-\uff60]")
_MARKER = lazily(r"\s*(?:[-*+•·▪◦‣–—>#|]\s|[(\[]?\d{1,3}[.)\]]\s|[(]?[a-zA-Z][.)]\s)")
# Columns: tabs, bars, or wide gaps that no justified line repeats so widely.
_COLUMNS = lazily(r"\S(?:\t|[ ]{3,}|[ ]?\|[ ]?)\S")
_END = lazily(r"[\p{Sentence_Terminal}…:;][\"'”’»)\]」』]*$")
_CJK_EDGE = lazily(r"[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303f\uff00-\uff60]")
_LOWER = lazily(r"\s*[\"'“‘«(\[]*[\p{Ll}\p{Han}\p{Hiragana}\p{Katakana}]")
_LINE_ENDS = lazily(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_FIRST_WORD = lazily(r"\S+")


def unwrap(text: str) -> str:
    r"""Return a text with its hard-wrapped lines joined; one that is not hard-wrapped is unchanged.

    A line break is taken for a wrap where the first word of the next line would not have fitted,
    at the width that explains most breaks. Breaks of verse, lists, tables and short headings stay.
    It runs before `normalise`, because indents and columns are part of the evidence.
    """
    text = _LINE_ENDS.sub("\n", text)
    lines = text.split("\n")
    pairs = [n for n in range(len(lines) - 1) if _may_join(lines[n], lines[n + 1])]
    if not pairs:
        return text
    widths = {n: _width(lines[n]) for pair in pairs for n in (pair, pair + 1)}
    needed = {n: widths[n] + _needed(lines[n], lines[n + 1]) for n in pairs}
    sample = [n for n in pairs if max(widths[n], widths[n + 1]) <= _MAX_WIDTH][:_SAMPLE]
    limit = _wrap_width(sample, widths, needed)
    if limit is None or not _is_wrapped(sample, lines, widths, needed, limit):
        return text
    joined = {n for n in pairs if max(widths[n], widths[n + 1]) <= limit < needed[n]} - _headlines(
        lines, pairs
    )
    return "".join(_pieces(lines, joined))


def _may_join(line: str, following: str) -> bool:
    if not line.strip() or not following.strip():
        return False
    if max(len(line.strip()), len(following.strip())) > _MAX_WIDTH or _MARKER.match(following):
        return False
    if _has_columns(line) or _has_columns(following):
        return False
    # A first-line indent opens a paragraph; below a list marker it continues the item.
    return _indent(following) <= _indent(line) + 1 or bool(_MARKER.match(line))


def _has_columns(line: str) -> bool:
    line = line.strip()
    return any(gap in line for gap in ("\t", "|", "   ")) and bool(_COLUMNS.search(line))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _width(line: str) -> int:
    """Return the columns a line takes: two for each character of Chinese, Japanese and Korean."""
    line = line.rstrip()
    return len(line) + len(_WIDE.findall(line[: _MAX_WIDTH + 1]))


def _needed(line: str, following: str) -> int:
    """Return the columns that the next line's first word would have taken at the end of a line."""
    first = _FIRST_WORD.search(following)
    word = first.group() if first else ""
    if _CJK_EDGE.match(word):
        return 2
    # Wrapping also breaks after the hyphen of a compound.
    head, hyphen, _ = word.partition("-")
    return len(head + hyphen) + (0 if line.rstrip().endswith("-") else 1)


def _wrap_width(
    sample: Sequence[int], widths: dict[int, int], needed: dict[int, int]
) -> int | None:
    """Return the width that explains most line breaks of a sample, or None where none is plausible."""
    best: tuple[int, int] | None = None
    for limit in sorted({widths[n] for n in sample}):
        if limit < _MIN_WIDTH:
            continue
        filled = sum(max(widths[n], widths[n + 1]) <= limit < needed[n] for n in sample)
        if filled and (best is None or filled >= best[0]):
            best = (filled, limit)
    return best[1] if best else None


def _is_wrapped(
    sample: Sequence[int],
    lines: Sequence[str],
    widths: dict[int, int],
    needed: dict[int, int],
    limit: int,
) -> bool:
    # Short headers say nothing about a width they do not come near; short lines that go on in lower
    # case are verse.
    near = [
        n
        for n in sample
        if max(widths[n], widths[n + 1]) <= limit
        and (widths[n] * 2 > limit or _LOWER.match(lines[n]))
    ]
    filled = [n for n in near if needed[n] > limit]
    inside = [n for n in filled if not _END.search(lines[n].rstrip())]
    if len(filled) < _FILLED_SHARE * len(near) or len(inside) < _INSIDE_SHARE * len(filled):
        return False
    if any(_LOWER.match(lines[n + 1]) for n in inside):
        return True
    # Few breaks fit a width by chance: without a line that goes on in lower case (German nouns) all must.
    words = all(lines[n].rstrip()[-1].islower() for n in inside)
    return len(inside) >= 4 or (len(inside) >= 2 and len(filled) == len(near) and words)


def _headlines(lines: Sequence[str], pairs: Iterable[int]) -> set[int]:
    """Return the pairs whose first line is a headline in capitals, however long it is."""
    return {n for n in pairs if lines[n].isupper() and not lines[n + 1].isupper()}


def _pieces(lines: Sequence[str], joined: set[int]) -> Iterator[str]:
    for n, line in enumerate(lines):
        if n - 1 in joined:
            line = line.lstrip()
        if n not in joined:
            yield line
            yield "\n" if n + 1 < len(lines) else ""
            continue
        line = line.rstrip()
        yield line
        hyphen = line.endswith(("-", "\u00ad")) and not line.endswith((" -", "--"))
        cjk = _CJK_EDGE.match(line[-1]) and _CJK_EDGE.match(lines[n + 1].lstrip())
        yield "" if hyphen or cjk else " "
