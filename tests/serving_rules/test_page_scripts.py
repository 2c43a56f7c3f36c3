"""The page's scripts: where they are, how long browsers keep them, and when they are loaded."""

import re
from dataclasses import replace

import gradio as gr
import pytest
from starlette.testclient import TestClient

from serving.scripts import Scripts
from serving.server import Serving, _application

SCRIPTS = Scripts(
    {
        "page.css": ".a { color: red; }",
        "page.js": "import './room/a.js';",
        "room/a.js": "export const a = 'ä';",
    },
    "page.js",
)


def client(scripts: Scripts = SCRIPTS, root_path: str = "") -> TestClient:
    with gr.Blocks() as page:
        gr.Textbox()
    application = _application(page, Serving(port=0, scripts=scripts))
    return TestClient(application, "http://127.0.0.1", root_path=root_path)


def addresses(html: str) -> list[str]:
    return re.findall(r'(?:src|href)="(\./scripts/[^"]+)"', html)


@pytest.mark.parametrize("accepted", ["", "br, gzip"])
def test_the_page_loads_its_scripts_before_gradios_own(accepted):
    """Gradio shows its components as soon as its script runs, and waits for none of ours."""
    answer = client().get("/", headers={"Accept-Encoding": accepted})
    html = answer.text
    own = f'<script type="module" src="./scripts/{SCRIPTS.version}/page.js"></script>'
    assert html.count(own) == 1
    assert html.index(own) < html.index('<script type="module" crossorigin')
    assert html.rstrip().endswith("</html>")


def test_the_style_sheet_comes_after_gradios_so_that_it_wins_between_equals():
    html = client().get("/").text
    own = f'<link rel="stylesheet" href="./scripts/{SCRIPTS.version}/page.css">'
    assert html.index(own) > html.rindex("/assets/")
    assert html.rstrip().endswith("</html>")


def test_every_address_in_the_page_gives_its_script_or_style_sheet():
    browser = client()
    found = {address.split("/", 3)[3]: address for address in addresses(browser.get("/").text)}
    assert found.keys() == SCRIPTS.modules.keys()
    for path, address in found.items():
        answer = browser.get(address.removeprefix("."))
        assert answer.text == SCRIPTS.modules[path]
        kind = "css" if path == "page.css" else "javascript"
        assert answer.headers["content-type"] == f"text/{kind}; charset=utf-8"
        assert "immutable" in answer.headers["cache-control"]


def test_another_version_has_other_addresses_and_neither_gives_the_others_scripts():
    newer = replace(SCRIPTS, modules={**SCRIPTS.modules, "room/a.js": "export const a = 2;"})
    assert newer.version != SCRIPTS.version
    assert client(newer).get(f"/scripts/{SCRIPTS.version}/page.js").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["a.js", "a.css", "room/", "room/b.js", "room//a.js", "room/a.js/", "ROOM/A.JS", "../page.js"],
)
def test_only_a_known_name_gives_a_script(path):
    assert client().get(f"/scripts/{SCRIPTS.version}/{path}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_scripts_are_only_read(method):
    address = f"/scripts/{SCRIPTS.version}/page.js"
    assert client().request(method, address).status_code in (404, 405, 422)


def test_a_proxy_may_put_the_page_below_a_path():
    """Addresses are relative to the page, so they stand below the same path."""
    html = client(root_path="/below/it").get("/").text
    assert len(addresses(html)) == 4
    assert '<base href="./"' in html


def test_a_page_without_scripts_is_gradios_own():
    html = client(Scripts()).get("/").text
    assert addresses(html) == []
