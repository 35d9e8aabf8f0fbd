"""Adding articles, as pages without scripts: the form, and how far one is; pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rag.ingest import Note
from rag.text.article_fields import MAX_COLLECTION
from rag.types import Article, Skipped
from ui.markup import escape, local_path
from ui.web.adding_jobs import AddingJob
from ui.web.adding_offer import ADD_PATH
from ui.web.adding_sources import MAX_ADDRESSES, MAX_FILES, MAX_UPLOAD_BYTES
from ui.web.article_page import html_page
from ui.web.collection_page import article_line
from ui.web.reader_language import alert_html, error_html, page_words
from ui.web.style import CHECK_CSS, COLLECTION_CSS, FORM_CSS, SANS

RELOAD_S = 2
_MAX_SKIPPED = 200
_MAX_REASONS = 5
ADDING_CSS = f"""{FORM_CSS}{CHECK_CSS}{COLLECTION_CSS}
form.add label {{ flex: 1 1 100%; }}
form.add input[type=file] {{ padding: 1.5rem .7rem; border-style: dashed; }}
progress {{ width: 100%; accent-color: var(--pc-link); }}
.reasons {{ font: .95rem/1.5 {SANS}; }}
.reasons b {{ unicode-bidi: isolate; }}
"""


def render_adding(
    jobs: Sequence[AddingJob],
    addresses: str = "",
    error: str | None = None,
    collection: str = "",
) -> str:
    """HTML page with the form, and the latest jobs.

    Parameters
    ----------
    addresses
        What stands in the field already.
    error
        Why nothing was taken.
    collection
        As ``addresses``: the label of the articles.
    """
    words = page_words()
    told = alert_html(error) if error else ""
    listed = "".join(f'<li><a href="{escape(job_path(job))}">{_line(job)}</a></li>' for job in jobs)
    latest = f"<h2>{escape(words('added_lately'))}</h2><ul>{listed}</ul>" if jobs else ""
    limits = words(
        "add_limits",
        files=words.number(MAX_FILES),
        size=words.number(MAX_UPLOAD_BYTES // 1_000_000),
        addresses=words.number(MAX_ADDRESSES),
    )
    body = (
        f"<h1>{escape(words('page_add'))}</h1>{told}"
        f'<form class="add" action="{escape(local_path(ADD_PATH))}" method="post" '
        'enctype="multipart/form-data">'
        f"<label>{escape(words('files_field'))}"
        '<input type="file" name="files" multiple></label>'
        f"<label>{escape(words('addresses_field'))}"
        f'<textarea name="addresses" rows="4">{escape(addresses)}</textarea></label>'
        f"<label>{escape(words('collection_field'))}"
        f'<input name="collection" value="{escape(collection)}" maxlength="{MAX_COLLECTION}"></label>'
        f"<button>{escape(words('add'))}</button></form>"
        f'<p class="about">{escape(limits)}</p>{latest}'
    )
    return html_page(words("page_add"), body, css=ADDING_CSS)


def render_sample() -> str:
    """HTML page where the sample is asked."""
    title, line = page_words()("page_add"), page_words()("add_sample")
    return html_page(title, f'<h1>{escape(title)}</h1><p class="note">{escape(line)}</p>')


def render_job(job: AddingJob, articles: Iterable[Article]) -> str:
    """HTML page of how far a job is, loaded again while it runs; what came of it, once it is over.

    Parameters
    ----------
    articles
        Of those that were read, some that are in the index.
    """
    words = page_words()
    title = words("adding_articles")
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="counts" role="status">{escape(status_line(job))}</p>',
    ]
    if job.running:
        parts += [_bar(job), _newest(job), _stop_form(job)]
    if job.problem:
        parts.append(alert_html(job.problem))
    lines = "".join(f"<li>{article_line(article)}</li>" for article in articles)
    if lines:
        parts.append(f'<h2>{escape(words("added_articles"))}</h2><ol class="articles">{lines}</ol>')
    if job.report is not None:
        parts.append(_skipped(job.report.skipped))
    if not job.running:
        parts.append(_notes(job.notes))
    links = (("/articles", "all_articles"), (ADD_PATH, "add_more"), ("/ask", "ask"))
    anchors = "".join(
        f'<a href="{escape(local_path(path))}">{escape(words(name))}</a>' for path, name in links
    )
    parts.append(f'<nav class="pages" aria-label="{escape(words("further"))}">{anchors}</nav>')
    reload_s = RELOAD_S if job.running else None
    return html_page(title, "".join(parts), css=ADDING_CSS, reload_s=reload_s)


def job_path(job: AddingJob) -> str:
    """Path of a job's page."""
    return local_path(f"{ADD_PATH}/{job.id}")


def status_line(job: AddingJob) -> str:
    """Return what a job does, or what came of it."""
    words = page_words()
    state = words("state_stopping" if job.running and job.stopping else f"state_{job.state}")
    rate = f"{job.rate:.1f}".replace(".", words("decimal"))
    report = job.report
    if report is not None and not job.running:
        return words(
            "add_report",
            state=state,
            added=words.number(report.added),
            updated=words.number(report.updated),
            unchanged=words.number(report.unchanged),
            skipped=words.number(len(report.skipped)),
            rate=rate,
        )
    if not job.seen:
        return state
    known = job.expected is not None and job.expected >= job.seen
    total = words("of_about", total=words.number(job.expected or 0)) if known else ""
    seen, skipped = words.number(job.seen), words.number(job.skipped)
    return words("add_progress", state=state, seen=seen, total=total, rate=rate, skipped=skipped)


def _line(job: AddingJob) -> str:
    words = page_words()
    state = words(f"state_{job.state}")
    return escape(words("job_line", state=state, count=words.number(job.seen)))


def _bar(job: AddingJob) -> str:
    label = escape(page_words()("read_bar"))
    if not job.seen or not job.expected:
        return f'<progress aria-label="{label}"></progress>'
    done = min(job.seen, job.expected)
    return f'<progress aria-label="{label}" value="{done}" max="{job.expected}"></progress>'


def _newest(job: AddingJob) -> str:
    line = page_words()("last_read", source=job.newest[:200])
    return f'<p class="about">{escape(line)}</p>' if job.newest else ""


def _stop_form(job: AddingJob) -> str:
    if job.stopping:
        return ""
    path = escape(f"{job_path(job)}/stop")
    return f'<form action="{path}" method="post"><button>{escape(page_words()("stop"))}</button></form>'


def _skipped(skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return ""
    words = page_words()
    shown = [(one.source, one.reason) for one in skipped[:_MAX_SKIPPED]]
    rest = Counter(one.reason for one in skipped[_MAX_SKIPPED:])
    more = [
        (words("more_skipped", count=words.number(count)), reason)
        for reason, count in rest.most_common(_MAX_REASONS)
    ]
    return f"<h2>{escape(words('skipped'))}</h2>{_reasons([*shown, *more])}"


def _notes(notes: Sequence[Note]) -> str:
    if not notes:
        return ""
    told = _reasons([(one.source, one.message) for one in notes])
    return f"<details><summary>{escape(page_words()('notes_read'))}</summary>{told}</details>"


def _reasons(pairs: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f"<li><b>{escape(source)}</b>&#58; {error_html(reason, 'span')}</li>"
        for source, reason in pairs
    )
    return f'<ul class="reasons">{lines}</ul>'
