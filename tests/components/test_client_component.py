"""Our components: templates are static, nothing is remote, no file is written."""

import re

import pytest

from components.client_component import FOLDER, all_styles, read_asset

TEMPLATES = sorted(path.name for path in FOLDER.glob("*.html"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_no_placeholder_that_gradio_would_evaluate(name):
    template = read_asset(name)
    assert template
    assert "${" not in template
    assert "{{" not in template


def test_importing_the_page_writes_no_files_beside_it():
    """Gradio writes a `.pyi` file beside the module of each subclass of a component."""
    assert not list(FOLDER.glob("*.pyi"))


def test_style_sheets_and_scripts_fetch_nothing():
    scripts = "\n".join(read_asset(path.name) for path in FOLDER.glob("*.js"))
    assert not re.search(r"https?://", all_styles() + scripts)


def test_the_pages_own_style_sheet_comes_first():
    assert all_styles().startswith(read_asset("page.css"))
