"""What importing gradio through presscite leaves undone."""

import subprocess
import sys
from textwrap import dedent

import pytest

pytestmark = pytest.mark.slow

_COMPONENT = """
    {imported}

    class Own(gr.HTML):
        EVENTS = ["change"]

        def __init__(self):
            super().__init__()
"""


def _define_a_component(folder, imported):
    source = folder / "own.py"
    source.write_text(dedent(_COMPONENT).format(imported=imported), encoding="utf-8")
    subprocess.run([sys.executable, "-c", "import own"], cwd=folder, check=True, timeout=120)
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_no_stub_is_written_beside_a_component(tmp_path):
    assert _define_a_component(tmp_path, "from ui.web.gradio_module import gr") == ["own.py"]


def test_gradio_itself_still_writes_one(tmp_path):
    # where it no longer does, neither the hook nor its package is needed
    assert _define_a_component(tmp_path, "import gradio as gr") == ["own.py", "own.pyi"]
