"""A run as one HTML file to read: no script, nothing fetched, every text from outside escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from eval.charts import (
    Axis,
    Bar,
    bar_chart,
    count,
    interval_bar,
    line_chart,
    reliability_chart,
    share,
)
from eval.confidence import percentile, reliability_bins, risk_coverage
from eval.result import FIGURES, RECALL_DEPTHS, Outcome, Record, Reply, Result, mean_of, recall_at
from eval.table import MEANINGS, outcomes, rounded, spread, summary

_HEROES = {
    "quote_hit": "quotes that answer",
    "recall_at_5": "found in the first five passages",
    "auroc": "telling answerable from not",
    "coverage_at_80": "answered, at 80% right",
    "ndcg_at_10": "nDCG of the first ten",
}
_LATENCY_BARS = 20
_REPORT_RESAMPLES = 1000


def write_report(result: Result, path: Path, *, made: datetime | None = None) -> None:
    """Write the report of a run to ``path``, in UTF-8.

    Raises
    ------
    OSError
        Where the file cannot be written.
    """
    path.write_text(report_html(result, made=made), encoding="utf-8", newline="\n")


def report_html(result: Result, *, made: datetime | None = None) -> str:
    """Make the report of a run: figures, curves, kinds of question, and every question.

    Parameters
    ----------
    result
        From `eval.runner.evaluate`.
    made
        When the run was made; left out of the page where None, so that equal runs give equal pages.
    """
    shown = list(outcomes(result))
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8") + _filter_style(
        shown
    )
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{escape(result.name)} · presscite evaluation</title>",
            f"<style>{style}</style>\n</head>\n<body>\n<main>",
            _head(result, made),
            _figures(result),
            _charts(result),
            _kinds(result.records),
            _questions(result, shown),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _head(result: Result, made: datetime | None) -> str:
    try:
        maker = f"presscite {version('presscite')}"
    except PackageNotFoundError:
        maker = "presscite"
    when = f", {made:%Y-%m-%d %H:%M}" if made else ""
    notes = "".join(f"<p>{escape(note)}</p>" for note in result.notes)
    if result.interrupted:
        notes += (
            "<p><strong>The run was interrupted; this is what was asked until then.</strong></p>"
        )
    heroes = ""
    for name, words in _HEROES.items():
        value = FIGURES[name](result.records)
        if value is not None:
            heroes += f"<li><b>{value:.0%}</b>{escape(words)}</li>"
    return (
        f"<header><h1>{escape(result.name)}</h1>"
        f'<p class="soft">{escape(summary(result))} · {escape(maker + when)}</p>{notes}'
        f'<ul class="heroes">{heroes}</ul></header>'
    )


def _figures(result: Result) -> str:
    rows = ""
    for name, meaning in MEANINGS.items():
        value = FIGURES[name](result.records)
        if value is None:
            continue
        interval = result.interval(name, resamples=_REPORT_RESAMPLES)
        rows += (
            f'<tr><th scope="row">{name}</th><td class="number">{rounded(value)}</td>'
            f'<td class="number">{spread(interval)}</td><td>{interval_bar(value, interval)}</td>'
            f'<td class="meaning">{escape(meaning)}</td></tr>'
        )
    return (
        '<section><h2>Figures</h2><p class="soft">With the range in which 95% of resamples of '
        'the questions fall. A wide range means: too few questions to say.</p><div class="scroll">'
        '<table><thead><tr><th scope="col">figure</th><th scope="col" class="number">value</th>'
        '<th scope="col" class="number">95%</th><th scope="col">0 to 1</th>'
        f'<th scope="col">what it says</th></tr></thead><tbody>{rows}</tbody></table></div>'
        "</section>"
    )


def _charts(result: Result) -> str:
    drawn: list[tuple[str, str]] = []
    known = [(r.reply, r.id) for r in result.records if r.reply is not None]
    if known:
        sure = [reply.confidence for reply, _ in known]
        right = [reply.correct for reply, _ in known]
        points = risk_coverage(sure, right, [name for _, name in known])
        wrong = f"Answering everything, {points[-1][1]:.0%} is wrong."
        drawn.append(
            (
                line_chart(
                    "Risk and coverage", wrong, share("answered, surest first"), share("wrong"),
                    points, level=0.2,
                ),
                "Risk and coverage: the surer the questions kept, the fewer wrong. "
                f"{wrong} Dashed: one in five wrong.",
            )
        )  # fmt: skip
        bins = reliability_bins(sure, right)
        told = "; ".join(
            f"{b.confidence:.0%} sure: {b.accuracy:.0%} right (n={b.n})"
            for b in bins
            if b.accuracy is not None and b.confidence is not None
        )
        drawn.append(
            (
                reliability_chart("Reliability", told, bins),
                "Reliability: on the dashed line, confidence means what it says; below it, too "
                "sure; above, too modest. Bigger dots are more questions.",
            )
        )
    recalls = [mean_of(recall_at(k))(result.records) for k in range(1, RECALL_DEPTHS + 1)]
    found = [(k, value) for k, value in enumerate(recalls, start=1) if value is not None]
    if found:
        told = ", ".join(f"{k}: {value:.0%}" for k, value in found)
        axis = Axis("passages looked at", RECALL_DEPTHS + 0.6, tuple(range(1, RECALL_DEPTHS + 1)))
        bars = [Bar(k - 0.45, k + 0.45, value, f"first {k}: {value:.1%}") for k, value in found]
        drawn.append(
            (
                bar_chart("Recall by depth", told, axis, share("found"), bars),
                f"Recall: {found[0][1]:.0%} found in the first passage, {found[-1][1]:.0%} in the "
                f"first {found[-1][0]}.",
            )
        )
    if result.records:
        drawn.append(_latency([r.latency_ms for r in result.records]))
    figures = "".join(
        f"<figure>{svg}<figcaption>{escape(t)}</figcaption></figure>" for svg, t in drawn
    )
    return f'<section><h2>Curves</h2><div class="charts">{figures}</div></section>'


def _latency(values: Sequence[float]) -> tuple[str, str]:
    axis = count("milliseconds a question", max(*values, 1.0))
    width = axis.end / _LATENCY_BARS
    heights = [0] * _LATENCY_BARS
    for value in values:
        heights[min(int(value / width), _LATENCY_BARS - 1)] += 1
    bars = [
        Bar(i * width, (i + 1) * width, n, f"{i * width:.0f} to {(i + 1) * width:.0f} ms: {n}")
        for i, n in enumerate(heights)
        if n
    ]
    told = (
        f"Latency: half of the questions took less than {rounded(percentile(values, 50), 0)} ms, "
        f"19 in 20 less than {rounded(percentile(values, 95), 0)} ms."
    )
    return bar_chart("Latency", told, axis, count("questions", max(heights)), bars), told


def _kinds(records: Sequence[Record]) -> str:
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record.kind, []).append(record)
    columns = [
        name
        for name in ("quote_hit", "f1", "recall_at_5", "answered", "abstain_recall", "ndcg_at_10")
        if FIGURES[name](records) is not None
    ]
    head = "".join(f'<th scope="col" class="number">{name}</th>' for name in columns)
    rows = ""
    for kind, members in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        cells = "".join(
            f'<td class="number">{rounded(FIGURES[name](members), 2)}</td>' for name in columns
        )
        rows += (
            f'<tr><th scope="row">{escape(kind)}</th><td class="number">{len(members)}</td>'
            f"{cells}</tr>"
        )
    return (
        '<section><h2>By kind of question</h2><div class="scroll"><table><thead><tr>'
        f'<th scope="col">kind</th><th scope="col" class="number">questions</th>{head}'
        f"</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def _slug(outcome: Outcome) -> str:
    return outcome.name.lower().replace("_", "-")


def _filter_style(shown: Sequence[Outcome]) -> str:
    """Hide what the chosen radio button does not ask for; works without script."""
    rules = ""
    for slug in ("all", "wrong", *map(_slug, shown)):
        rules += (
            f"#f-{slug}:checked~.filters label[for=f-{slug}]"
            "{background:var(--data);color:var(--card);border-color:var(--data)}"
            f"#f-{slug}:focus-visible~.filters label[for=f-{slug}]"
            "{outline:3px solid var(--data-soft);outline-offset:2px}"
        )
        if slug != "all":
            chosen = ".good" if slug == "wrong" else f":not(.{slug})"
            rules += f"#f-{slug}:checked~.list .q{chosen}{{display:none}}"
    return rules


def _questions(result: Result, shown: Sequence[Outcome]) -> str:
    counted = outcomes(result)
    choices = [("all", f"all {len(result.records)}")]
    if counted:
        wrong = sum(n for outcome, n in counted.items() if not outcome.good)
        choices.append(("wrong", f"all that went wrong {wrong}"))
        choices += [(_slug(o), f"{o.value} {counted[o]}") for o in shown]
    radios = "".join(
        f'<input class="filter" type="radio" name="outcome" id="f-{slug}"'
        f"{' checked' if slug == 'all' else ''}>"
        for slug, _ in choices
    )
    labels = "".join(f'<label for="f-{slug}">{escape(words)}</label>' for slug, words in choices)
    listed = "\n".join(map(_question, result.records))
    return (
        f'<section><h2>Every question</h2>{radios}<div class="filters">{labels}</div>'
        f'<div class="list">\n{listed}\n</div></section>'
    )


def _question(record: Record) -> str:
    earlier = "".join(f'<p class="soft">earlier: {escape(text)}</p>' for text in record.earlier)
    top = f"{earlier}<h3>{escape(record.question)}</h3>"
    bottom = f'<p class="where">{escape(record.id)} · {escape(record.kind)}'
    if record.retrieval is not None:
        rank = record.retrieval.reciprocal_rank
        bottom += f" · first right passage: {f'rank {1 / rank:.0f}' if rank else 'none in ten'}"
    bottom += f" · {record.latency_ms:.0f} ms</p>"
    reply, outcome = record.reply, record.outcome
    if reply is None or outcome is None:
        told = f"nDCG {rounded(record.retrieval.ndcg, 2)}" if record.retrieval else "not judged"
        return f'<article class="q plain">{top}<p class="verdict">{told}</p>{bottom}</article>'
    classes = f"q {_slug(outcome)}{' good' if outcome.good else ''}"
    classes += " silent" if reply.abstained else ""
    return (
        f'<article class="{classes}"><p class="verdict">{escape(outcome.value)}</p>{top}'
        f"{_quote(reply)}{_facts(reply)}{bottom}</article>"
    )


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


def _facts(reply: Reply) -> str:
    accepted = " · ".join(map(escape, reply.accepted)) or "none: the articles don’t say"
    said = escape(reply.answer) if reply.answer is not None else "nothing"
    name = "would have said" if reply.abstained else "said"
    return (
        f"<dl><dt>{name}</dt><dd>{said} ({reply.confidence:.0%} sure)</dd>"
        f"<dt>accepted</dt><dd>{accepted}</dd></dl>"
    )
