"""The structure that the design fixes: who imports whom, and what an import costs."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ("embeddings", "rag", "eval", "ui", "presscite")


@pytest.mark.parametrize("package", ORDER)
@pytest.mark.slow
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


RAG_ORDER = (
    {"types", "errors", "features"},
    {"text"},
    {"ingest", "index", "dialogue", "reader"},
    {"retrieval", "distributed"},
    {"answering", "checking"},
)
RANK = {name: rank for rank, names in enumerate(RAG_ORDER) for name in names}


def _imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from (f"{base}.{alias.name}" for alias in node.names)


def test_every_part_of_rag_has_its_rank():
    parts = {path.stem for path in (ROOT / "rag").glob("[a-z]*.py")}
    parts |= {path.parent.name for path in (ROOT / "rag").glob("*/__init__.py")}
    assert parts == RANK.keys()


@pytest.mark.parametrize("part", sorted(RANK))
@pytest.mark.slow
def test_imports_inside_rag_go_one_way(part):
    folder = ROOT / "rag" / part
    files = folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")]
    for path in files:
        for name in _imported(path):
            package, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            if package != "rag" or other in (part, ""):
                continue
            below = RANK[other] < RANK[part] or {part, other} <= RAG_ORDER[0]
            assert below, f"{path.relative_to(ROOT)} imports {name}"


# Import names that are not their distribution's.
DISTRIBUTIONS = {
    "faiss": "faiss-cpu",
    "yaml": "pyyaml",
    "dateutil": "python-dateutil",
    "markdown_it": "markdown-it-py",
    "sentence_transformers": "sentence-transformers",
    "huggingface_hub": "huggingface-hub",
    "lxml_html_clean": "lxml-html-clean",
    "docx": "python-docx",
    "mcp_types": "mcp-types",
    "milvus_lite": "milvus-lite",
    "grpc": "grpcio",
}


@pytest.mark.slow
def test_every_import_of_the_wheel_is_a_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    declared = {
        re.match(r"[\w.-]+", line).group().lower().replace("_", "-")
        for line in (
            *project["project"]["dependencies"],
            *extras["parquet"],
            *extras["mcp"],
            *extras["milvus"],
            *extras["metrics"],
            *extras["ray"],
        )
    }
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    left_out = [ROOT / name for name in wheel["exclude"]]
    for package in wheel["packages"]:
        for path in (ROOT / package).rglob("*.py"):
            if any(path.is_relative_to(folder) for folder in left_out):
                continue
            for name in _imported(path):
                top = name.partition(".")[0]
                if top in sys.stdlib_module_names or top in wheel["packages"]:
                    continue
                distribution = DISTRIBUTIONS.get(top, top).lower().replace("_", "-")
                assert distribution in declared, f"{path.relative_to(ROOT)} imports {top}"


def test_packages_are_typed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert (ROOT / package / "py.typed").is_file()


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
    assert not heavy & _modules_after("import rag, rag.errors, rag.types, presscite")


@pytest.mark.slow
def test_the_command_line_starts_without_the_heavy_parts():
    heavy = {"torch", "faiss", "tantivy", "gradio", "pandas", "sentence_transformers"}
    assert not heavy & _modules_after(
        "import ui.cli.app, ui.defaults, rag.answering.answerer, rag.index"
    )
