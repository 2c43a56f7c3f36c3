"""Our components: templates are static, nothing is remote, no file is written."""

import re

import pytest

from components.client_component import (
    ASSETS,
    ENTRY,
    FOLDER,
    SHELL,
    all_styles,
    assets,
    client_component,
    modules,
    read_asset,
)

TEMPLATES = sorted(name for name in assets() if name.endswith(".html"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_no_placeholder_that_gradio_would_evaluate(name):
    template = read_asset(name)
    assert template
    assert "${" not in template
    assert "{{" not in template


def test_importing_the_page_writes_no_files_next_to_it():
    """Gradio writes a `.pyi` file next to the module of each subclass of a component."""
    assert not list(FOLDER.rglob("*.pyi"))


def test_style_sheets_and_scripts_fetch_nothing():
    scripts = [read_asset(name) for name in assets() if name.endswith(".js")]
    assert scripts
    assert not re.search(r"https?://", all_styles() + "\n".join(scripts))


def test_the_entry_knows_the_script_of_every_component():
    components = {name.removesuffix(".html") for name in TEMPLATES}
    imported = re.findall(r"import \{ mount as (\w+) \}", modules()[ENTRY])
    assert set(imported) == components


def test_gradio_knows_the_events_that_a_component_names():
    component = client_component("lane_bar", 1, events=("pick",))
    assert component.pick
    with pytest.raises(AttributeError):
        component.other  # noqa: B018


def test_the_pages_own_style_sheet_comes_first():
    assert all_styles().startswith(read_asset("page.css"))


def test_the_other_style_sheets_come_by_name_whichever_room_they_are_in():
    sheets = [path for path in FOLDER.rglob("*.css") if path.name not in ("page.css", SHELL)]
    assert len({path.parent for path in sheets}) > 1
    places = [all_styles().index(path.read_text()) for path in sorted(sheets, key=lambda p: p.name)]
    assert places == sorted(places)


def test_no_two_rooms_have_an_asset_of_the_same_name():
    """Assets are asked for by name alone, so the second one would hide the first."""
    names = [path.name for path in FOLDER.rglob("*") if path.suffix in ASSETS]
    assert sorted(names) == sorted(set(names))
