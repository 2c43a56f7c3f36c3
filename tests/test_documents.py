"""Every link of the documents leads to a file, and to a heading of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def headings(document: Path) -> set[str]:
    """As GitHub names them in addresses."""
    titles = HEADING.findall(document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(document: Path):
    for place, heading in LINK.findall(document.read_text(encoding="utf-8")):
        found = document.parent / place if place else document
        assert found.exists(), place
        assert not heading or heading in headings(found), f"{place}#{heading}"


def test_the_documents_stay_short():
    """A page that grows pushes another one out. The table of recipes is generated."""
    docs = [path for path in DOCUMENTS if path.parent != ROOT and path.stem != "recipes"]
    words = [word for path in docs for word in path.read_text(encoding="utf-8").split()]
    assert len([word for word in words if any(map(str.isalnum, word))]) <= 9000
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
