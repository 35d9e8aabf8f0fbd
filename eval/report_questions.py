"""The part of a report that shows every question, with filters that need no script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from eval.comparison import Change, Pair, answer_type_of, changes, pairs
from eval.losses import Loss, count_losses
from eval.result import Outcome, Record, Reply, Result
from eval.table import outcomes, rounded


@dataclass(frozen=True, slots=True)
class _Choice:
    """One button of a row of filters; shows the questions that ``keeps`` selects, "" all of them."""

    slug: str
    words: str
    keeps: str


@dataclass(frozen=True, slots=True)
class _Row:
    """Filters of which one is chosen; rows narrow the list together."""

    name: str
    title: str
    choices: tuple[_Choice, ...]


def filter_style(result: Result) -> str:
    """Hide what the chosen radio buttons do not ask for."""
    rules = ""
    for choice in (choice for row in _rows(result) for choice in row.choices):
        button = f"#f-{choice.slug}"
        label = f"~.filters label[for=f-{choice.slug}]"
        rules += (
            f"{button}:checked{label}"
            "{background:var(--data);color:var(--card);border-color:var(--data)}"
            f"{button}:focus-visible{label}"
            "{outline:3px solid var(--data-soft);outline-offset:2px}"
        )
        if choice.keeps:
            rules += f"{button}:checked~.list .q:not({choice.keeps}){{display:none}}"
    return rules


def questions_html(result: Result) -> str:
    """Show every question of a run; where readers were compared, what each made of it."""
    rows = _rows(result)
    radios = "".join(
        f'<input class="filter" type="radio" name="{row.name}" id="f-{choice.slug}"'
        f"{'' if choice.keeps else ' checked'}>"
        for row in rows
        for choice in row.choices
    )
    labels = "".join(
        f'<div class="filters" role="group" aria-label="{escape(row.title)}">'
        + (f"<span>{escape(row.title)}</span>" if len(rows) > 1 else "")
        + "".join(f'<label for="f-{c.slug}">{escape(c.words)}</label>' for c in row.choices)
        + "</div>"
        for row in rows
    )
    found = pairs(result)
    names = (result.reader or "this reader", (result.compared or result).reader or "the other")
    cards = [_pair(pair, names) for pair in found] or list(map(_question, result.records))
    listed = "\n".join(cards)
    return (
        f"<section><h2>Every question</h2>{radios}{labels}"
        f'<div class="list">\n{listed}\n</div></section>'
    )


def _rows(result: Result) -> tuple[_Row, ...]:
    counted = outcomes(result)
    ended = [_Choice("all", f"all {len(result.records)}", "")]
    if counted:
        wrong = sum(n for outcome, n in counted.items() if not outcome.good)
        ended.append(_Choice("wrong", f"all that went wrong {wrong}", ".bad"))
        ended += [_Choice(_slug(o), f"{o.value} {n}", f".{_slug(o)}") for o, n in counted.items()]
    found = pairs(result)
    if not found:
        return (_Row("outcome", "how it ended", tuple(ended)), *_lost(result))
    changed = [_Choice("any", f"all {len(found)}", "")]
    changed += [
        _Choice(_change(c), f"{c.value} {n}", f".{_change(c)}")
        for c, n in changes(found).items()
        if n
    ]
    changed.append(
        _Choice("words", f"other words {sum(not p.same_words for p in found)}", ".other-words")
    )
    types: dict[str, int] = {}
    for pair in found:
        name = answer_type_of(pair.record)
        types[name] = types.get(name, 0) + 1
    asked = [_Choice("every", "all", "")]
    asked += [
        _Choice(_type_class(k), f"{k} {n}", f".{_type_class(k)}")
        for k, n in sorted(types.items(), key=lambda item: (-item[1], item[0]))
    ]
    return (
        _Row("change", "what changed", tuple(changed)),
        _Row("outcome", f"how {result.reader or 'it'} ended", tuple(ended)),
        *_lost(result),
        _Row("type", "expected answer", tuple(asked)),
    )


def _lost(result: Result) -> tuple[_Row, ...]:
    """Give the filters by where right answers were lost; none where no answer was sought."""
    counted = {loss: n for loss, n in count_losses(r.loss for r in result.records).items() if n > 0}
    if not counted:
        return ()
    choices = [_Choice("anywhere", "all", "")]
    choices += [_Choice(_loss(o), f"{o.value} {n}", f".{_loss(o)}") for o, n in counted.items()]
    return (_Row("loss", "where the right answer was lost", tuple(choices)),)


def _slug(outcome: Outcome) -> str:
    return outcome.name.lower().replace("_", "-")


def _loss(loss: Loss) -> str:
    return f"loss-{loss.name.lower().replace('_', '-')}"


def _change(change: Change) -> str:
    return f"change-{change.name.lower().replace('_', '-')}"


def _type_class(answer_type: str) -> str:
    return f"type-{re.sub('[^a-z]+', '-', answer_type.lower()).strip('-')}"


def _question(record: Record) -> str:
    top = _asked(record)
    bottom = f'<p class="where">{escape(record.id)} · {escape(record.kind)}{_rank(record)}'
    bottom += f" · {escape(record.loss.value)}" if record.loss is not None else ""
    bottom += f" · {record.latency_ms:.0f} ms</p>"
    reply, outcome = record.reply, record.outcome
    if reply is None or outcome is None:
        told = f"nDCG {rounded(record.retrieval.ndcg, 2)}" if record.retrieval else "not judged"
        return f'<article class="q plain">{top}<p class="verdict">{told}</p>{bottom}</article>'
    classes = f"q {_slug(outcome)} {'good' if outcome.good else 'bad'}"
    classes += " kept-back" if reply.abstained else ""
    classes += f" {_loss(record.loss)}" if record.loss is not None else ""
    return (
        f'<article class="{classes}"><p class="verdict">{escape(outcome.value)}</p>{top}'
        f"{_quote(reply)}<dl>{_said(reply)}{_accepted(reply)}</dl>{bottom}</article>"
    )


def _pair(pair: Pair, names: tuple[str, str]) -> str:
    """Show a question with both readers' answers side by side, or once where they are the same."""
    record, change = pair.record, pair.paired_outcome
    reply, outcome = record.reply, record.outcome
    if reply is None or outcome is None:
        return _question(record)
    classes = (
        f"q pair {_slug(outcome)} {'good' if outcome.good else 'bad'} {_change(change)} "
        f"{_type_class(answer_type_of(record))}{'' if pair.same_words else ' other-words'}"
        f"{f' {_loss(record.loss)}' if record.loss is not None else ''}"
    )
    if pair.same_words:
        sides = _side(record, f"{names[0]} and {names[1]}")
    else:
        sides = _side(record, names[0]) + _side(pair.other, names[1])
    bottom = f'<p class="where">{escape(record.id)} · {escape(answer_type_of(record))}{_rank(record)}</p>'
    return (
        f'<article class="{classes}"><p class="change">{escape(change.value)}</p>{_asked(record)}'
        f'<dl>{_accepted(reply)}</dl><div class="sides">{sides}</div>{bottom}</article>'
    )


def _side(record: Record, name: str) -> str:
    reply, outcome = record.reply, record.outcome
    if reply is None or outcome is None:
        return ""
    classes = f"side {'good' if outcome.good else 'bad'}{' kept-back' if reply.abstained else ''}"
    return (
        f'<div class="{classes}"><p class="verdict"><span class="reader">{escape(name)}</span> '
        f"{escape(outcome.value)}</p>{_quote(reply)}<dl>{_said(reply)}</dl></div>"
    )


def _asked(record: Record) -> str:
    earlier = "".join(f'<p class="soft">earlier: {escape(text)}</p>' for text in record.earlier)
    return f"{earlier}<h3>{escape(record.question)}</h3>"


def _rank(record: Record) -> str:
    if record.retrieval is None:
        return ""
    rank = record.retrieval.reciprocal_rank
    return f" · first right passage: {f'rank {1 / rank:.0f}' if rank else 'none in ten'}"


def _quote(reply: Reply) -> str:
    quoted = reply.quoted
    if quoted is None:
        return ""
    start, end = quoted.answer_start, quoted.answer_end
    text = quoted.quote
    where = " · ".join(escape(p) for p in (quoted.outlet, quoted.title, quoted.published) if p)
    if quoted.link and urlsplit(quoted.link).scheme in ("http", "https"):
        where += f' · <a href="{escape(quoted.link)}" rel="noreferrer">publisher’s page</a>'
    return (
        f"<blockquote>{escape(text[:start])}<mark>{escape(text[start:end])}</mark>"
        f"{escape(text[end:])}</blockquote>"
        f'<p class="where">{where or escape(quoted.article_id)}</p>'
    )


def _said(reply: Reply) -> str:
    said = escape(reply.answer) if reply.answer is not None else "nothing"
    name = "would have said" if reply.abstained else "said"
    return f"<dt>{name}</dt><dd>{said} ({reply.confidence:.0%} sure)</dd>"


def _accepted(reply: Reply) -> str:
    accepted = " · ".join(map(escape, reply.accepted)) or "none: the articles don’t say"
    return f"<dt>accepted</dt><dd>{accepted}</dd>"
