"""Gradio, imported so that it counts and sends nothing and its import writes nothing."""

from __future__ import annotations

import os
from types import ModuleType

import wrapt

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by gradio when it is imported
# Gradio's statistics of its own events: a data frame of all of them, made again after each.
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"


def _write_no_stubs(component_meta: ModuleType) -> None:
    # For the editor of whoever writes a component, gradio parses the source of each of its own at
    # every import and writes a stub beside it: half of the import's time, in a folder that is not ours.
    component_meta.__dict__["create_or_modify_pyi"] = lambda *_: None


wrapt.register_post_import_hook(_write_no_stubs, "gradio.component_meta")

import gradio as gr  # noqa: E402

__all__ = ["gr"]
