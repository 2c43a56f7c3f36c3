"""What a model can't do is said where it is missed, and nothing is dropped in silence."""

import re
from dataclasses import replace

from playwright.sync_api import expect

from engine.scripted.scripted_engine import ALL, ScriptedEngine
from tests.browser.pages import LABELS, run, tab, text, use_template, write
from tests.serving import served_here

FEW = replace(
    ALL, samplers=frozenset({"temperature"}), prefill=False, seeds=False, candidates=0,
    verification=False, distributions=False,
)  # fmt: skip


def test_a_model_that_can_do_little_says_so_where_it_matters(open_page):
    with served_here(ScriptedEngine(tokens_per_second=400, capabilities=FEW)) as url:
        page = open_page(url)
        write(page, ("user", "Why?"), ("assistant", "Because "))
        finding = page.locator(".findings li[data-rule=not-sent]").first
        expect(finding).to_contain_text("scripted does not take top_k 50, top_p 0.1")
        expect(finding).to_contain_text("the prefill, which will be left out.")
        use_template(page, "Temperature ladder")
        expect(page.locator("#column-d")).to_be_visible()
        run(page, *LABELS)

        said = page.locator("#lane-c .lane-not-sent")
        expect(said).to_have_text(
            re.compile(r"Not sent: top_k 50, .*seed \d+ and the prefill\. scripted does not")
        )
        expect(page.locator("#lane-c .lane-parameters")).not_to_contain_text("seed")
        expect(page.locator("#lane-c [data-act=seed]")).to_be_hidden()
        assert text(page, "c").startswith("This is a scripted answer")  # and not the prefill

        part = page.locator("#lane-c .lane-part").first
        expect(part).to_be_visible()
        title = part.get_attribute("title") or ""
        assert title.endswith("scripted doesn't report the other tokens it could have chosen.")
        part.click(force=True)
        expect(page.locator("#lane-c .lane-explanation")).to_be_hidden()

        tab(page, "Export")
        expect(page.locator(".export-verdict")).to_contain_text("scripted can't be verified here")
        expect(page.locator("[data-act=verify]")).to_be_hidden()
