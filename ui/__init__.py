"""The two interfaces, the web chat and the command line; `create_app` mounts the first elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from rag.index import ArticleIndex

__all__ = ["create_app"]


def create_app(
    index: ArticleIndex | Path | str | None = None,
    *,
    allowed_hosts: Collection[str] = (),
    root_path: str = "",
    auth: Path | str | None = None,
    feedback: bool = False,
    as_of: date | None = None,
    examples: Sequence[str] = (),
    reader: str | None = None,
    min_accuracy: float | None = None,
    allow_add: bool = False,
) -> ASGIApp:
    """Return the chat, its pages and its JSON API as an ASGI application, to serve or to mount.

    Mounted in another application, its links follow the path it is mounted at::

        outer = FastAPI()
        outer.mount("/news", create_app("my.index", allowed_hosts=["desk.example"]))

    Parameters
    ----------
    index
        An index, or its name as ``--index`` takes it; None: `$PRESSCITE_INDEX`, the user's own, or the
        built-in sample.
    allowed_hosts
        Names under which it is reached beside this machine's own; ``"*"`` where the outer application
        checks them.
    root_path
        The path prefix under which a proxy passes requests on; not for where it is mounted.
    auth
        A file that ``presscite password`` made; None: nobody is asked for a password.
    feedback
        Whether people may say which answers are right; kept in the index's folder, or for an index
        in Milvus in the user's own.
    as_of
        The day of questions that are asked without one; None for today.
    examples
        Questions to click.
    reader, min_accuracy
        As the command ``chat`` takes them.
    allow_add
        Whether articles may be added from the browser, under ``/add``. Without ``auth``, only where nobody
        but the users of this machine reaches it.

    Raises
    ------
    PressciteError
        Where the index, the passwords or one of the options cannot be used.
    """
    from ui.defaults import open_for_questions
    from ui.passwords import Passwords
    from ui.readers import answerer_with, checked_accuracy
    from ui.web.adding_offer import check_may_add
    from ui.web.chat import build_app
    from ui.web.hosts import checked_host
    from ui.web.mounting import SelfStarting
    from ui.web.prefix import checked_prefix

    names = [checked_host(name) for name in allowed_hosts]
    prefix = checked_prefix(root_path)
    passwords = Passwords.from_file(Path(auth)) if auth else None
    accuracy = checked_accuracy(min_accuracy)
    if allow_add:
        check_may_add("127.0.0.1", names, prefix, asks_password=passwords is not None)
    is_sample = False
    if index is None or isinstance(index, str | Path):
        index, is_sample = open_for_questions(index)
    answerer = answerer_with(index, reader=reader, min_accuracy=accuracy)
    answerer.warm_up()
    app = build_app(
        answerer,
        examples=examples,
        allowed_hosts=names,
        root_path=prefix,
        passwords=passwords,
        feedback=feedback,
        as_of=as_of,
        allow_add=allow_add,
        is_sample=is_sample,
    )
    return SelfStarting(app)
