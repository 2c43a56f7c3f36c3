"""The rules between the folders, read from the import statements themselves."""

import ast
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("core", "engine", "components", "serving", "training", "benchmarks", "soak")
# Beside the standard library and itself. markdown_it: an answer as HTML, on the way to the browser.
# segno: the address of a demo as a QR code. genson: the schema of an example.
ALLOWED = {
    "core": {
        "pydantic", "jinja2", "yaml", "platformdirs", "jsonschema", "referencing", "openpyxl",
        "rapidfuzz",
    },
    "engine": {
        "core", "torch", "transformers", "tokenizers", "safetensors", "huggingface_hub", "PIL",
        "numpy", "psutil", "jinja2", "llguidance", "httpx",
    },
    "components": {"core", "gradio", "genson", "markdown_it", "segno"},
    "serving": {"core", "gradio", "gradio_client", "starlette", "fastapi", "uvicorn", "pydantic"},
}  # fmt: skip
OPTIONAL = {
    "benchmarks/llama.py": {"llama_cpp"},  # to compare with; it says how they come
    "benchmarks/gguf_file.py": {"gguf"},
    "benchmarks/page_speed.py": {"playwright"},  # `dev.py bench` installs it
    "benchmarks/page_window.py": {"playwright"},
}
CODE = {".py", ".js", ".css", ".html"}
MACHINE_PATH = re.compile(rb"(?<![\w.~}-])/(?:work|tmp|root)/")


@dataclass(frozen=True)
class Import:
    file: str
    line: int
    module: str
    in_function: bool

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


@cache
def project_files() -> tuple[Path, ...]:
    """What git tracks or would add; in a copy without git, every file outside of hidden folders."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = []
    if shutil.which("git"):
        listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True).stdout
        files = [ROOT / name for name in listed.split("\0") if name]
    if ROOT / "dev.py" not in files:
        files = [path for path in ROOT.rglob("*") if not is_hidden(path.parent)]
    return tuple(sorted(path for path in files if path.is_file()))


def is_hidden(folder: Path) -> bool:
    return any(part[0] == "." or part == "__pycache__" for part in folder.relative_to(ROOT).parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_test(name: str) -> bool:
    return name.startswith("tests/")


def imports_in(name: str, source: str) -> list[Import]:
    package = ".".join(name.split("/")[:-1])
    return list(_imports(ast.parse(source, name), name, package, in_function=False))


def _imports(node: ast.AST, name: str, package: str, in_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            modules = [alias.name for alias in child.names]
        elif isinstance(child, ast.ImportFrom):
            modules = [f"{package}." * bool(child.level) + (child.module or "")]
        else:
            modules = []
        for module in modules:
            yield Import(name, child.lineno, module, in_function)
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(child, name, package, in_function or function)


@cache
def all_imports() -> tuple[Import, ...]:
    return tuple(
        found
        for path in project_files()
        if path.suffix == ".py"
        for found in imports_in(name_of(path), path.read_text(encoding="utf-8"))
    )


def imports_of(layer: str) -> list[Import]:
    return [found for found in all_imports() if found.file.split("/")[0] in (layer, f"{layer}.py")]


@pytest.mark.parametrize("layer", ALLOWED)
def test_a_layer_imports_only_what_it_may(layer):
    allowed = {*sys.stdlib_module_names, layer, *ALLOWED[layer]}
    assert imports_of(layer)
    assert [str(found) for found in imports_of(layer) if found.package not in allowed] == []


def test_only_the_app_knows_both_sides():
    imported: dict[str, set[str]] = {}
    for found in all_imports():
        imported.setdefault(found.file, set()).add(found.package)
    both = [
        file
        for file, packages in imported.items()
        if {"engine", "components"} <= packages and not is_test(file)
    ]
    assert set(both) <= {"app.py"}


def test_imports_stand_at_the_top_but_for_the_apps_gate_to_the_engine():
    """The gate is lazy so that the scripted engine starts the page without loading torch."""
    hidden = [
        str(found)
        for found in all_imports()
        if found.in_function and (found.file, found.package) != ("app.py", "engine")
    ]
    assert hidden == []


def test_dev_starts_before_anything_is_installed():
    outside = [f for f in imports_of("dev") if f.package not in sys.stdlib_module_names]
    assert [str(found) for found in outside] == []


def test_no_code_file_outside_the_tests_is_over_300_lines():
    long = {}
    for path in project_files():
        if path.suffix in CODE and not is_test(name_of(path)):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > 300:
                long[name_of(path)] = lines
    assert long == {}


def test_no_folder_of_the_layers_the_training_or_the_tests_has_more_than_30_files():
    """A folder is a feature, found by its name; a longer one hides several of them."""
    folders = Counter(path.parent for path in project_files())
    large = {name_of(folder): count for folder, count in folders.items() if count > 30}
    rooms = ("core", "engine", "components", "serving", "training", "tests")
    assert {name: count for name, count in large.items() if name.split("/")[0] in rooms} == {}


def test_every_room_says_what_it_is_for():
    silent = []
    for folder in {path.parent for path in project_files() if path.suffix == ".py"}:
        if folder != ROOT and not is_test(f"{name_of(folder)}/"):
            start = folder / "__init__.py"
            if not start.exists() or not ast.get_docstring(ast.parse(start.read_text("utf-8"))):
                silent.append(name_of(folder))
    assert silent == []


def test_no_file_outside_the_tests_names_a_path_of_one_machine():
    naming = {}
    for path in project_files():
        content = path.read_bytes()
        if b"\0" not in content and not is_test(name_of(path)):
            lines = content.splitlines()
            found = [place for place, line in enumerate(lines, 1) if MACHINE_PATH.search(line)]
            if found:
                naming[name_of(path)] = found
    assert naming == {}


def test_every_file_that_the_contributing_page_names_exists():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./-]+\.\w+)`", page))
    assert "core/samplers.py" in named
    assert [name for name in sorted(named) if "/" in name and not (ROOT / name).exists()] == []


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def required(file: str) -> set[str]:
    """The distributions that a requirements file names, those of the files it includes too."""
    names = set()
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            names |= required(line.removeprefix("-r ").strip())
        elif line and line[0] not in "#-":
            names.add(normal(re.split(r"[^\w.-]", line)[0]))
    return names


def unnamed(imports: list[Import], requirements: str) -> list[str]:
    """Third-party imports whose distribution `requirements` does not name."""
    named, distributions = required(requirements), packages_distributions()
    known = {*sys.stdlib_module_names, *(path.stem for path in ROOT.iterdir())}
    return [
        str(found)
        for found in imports
        if found.package not in known
        and not (ROOT / found.file).with_name(f"{found.package}.py").exists()
        and not named & {normal(name) for name in distributions.get(found.package, [])}
    ]


def test_every_import_of_the_app_is_named_in_its_requirements():
    imports = [found for layer in ("app", *LAYERS) for found in imports_of(layer)]
    asked = [found for found in imports if found.package not in OPTIONAL.get(found.file, ())]
    assert unnamed(asked, "requirements.txt") == []


def test_every_import_of_the_tests_is_named_in_the_requirements_of_development():
    assert unnamed(imports_of("tests"), "requirements-dev.txt") == []


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import torch.nn as nn, json", ["torch.nn", "json"]),
        ("from PIL import Image", ["PIL"]),
        ("from . import sampler", ["engine."]),
        ("from .sampler import draw", ["engine.sampler"]),
        ("if True:\n    import gradio", ["gradio"]),
    ],
)
def test_the_rules_see_every_form_of_import(source, modules):
    found = imports_in("engine/local.py", source)
    assert [one.module for one in found] == modules
    assert not any(one.in_function for one in found)


@pytest.mark.parametrize(
    "source",
    ["def load():\n    import torch", "class A:\n    async def load(self):\n        import torch"],
)
def test_the_rules_see_an_import_inside_a_function(source):
    assert [found.in_function for found in imports_in("app.py", source)] == [True]


@pytest.mark.parametrize("text", [b"open('/tmp/a')", b"see /work/main", b"/root/.cache"])
def test_a_path_of_one_machine_is_seen(text):
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", [b"https://a.org/work/b", b"./tmp/a", b"${HOME}/work/", b"/temp"])
def test_other_slashes_are_no_path_of_one_machine(text):
    assert not MACHINE_PATH.search(text)
