"""The structure that the design fixes: who imports whom, and what an import costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ("embeddings", "rag", "eval", "ui")


@pytest.mark.parametrize("package", ORDER)
def test_imports_go_one_way(package):
    later = set(ORDER[ORDER.index(package) + 1 :])
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                assert "eval" not in names, f"{path}: `import eval` hides the builtin"
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in names:
                assert name.split(".")[0] not in later, f"{path} imports {name}"


def _modules_after(code: str) -> set[str]:
    program = f"{code}\nimport sys; print('\\n'.join(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(found.stdout.split())


def test_import_rag_is_cheap():
    heavy = {
        "torch",
        "faiss",
        "tantivy",
        "gradio",
        "numpy",
        "sentence_transformers",
        "transformers",
    }
    assert not heavy & _modules_after("import rag")


def test_the_command_line_starts_without_the_heavy_parts():
    heavy = {"torch", "faiss", "tantivy", "gradio", "pandas", "sentence_transformers"}
    assert not heavy & _modules_after(
        "import ui.cli.app, ui.defaults, rag.answering.answerer, rag.index"
    )


def test_public_names_of_the_library():
    import rag

    for name in rag.__all__:
        assert getattr(rag, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        rag.Nothing  # noqa: B018
