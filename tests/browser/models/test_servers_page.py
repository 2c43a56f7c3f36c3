"""An owner adds a server on the page, a lane is answered by it, and its key is nowhere kept."""

from pathlib import Path

from playwright.sync_api import expect

from engine.remote.servers import RemoteServers
from engine.remote.several import SeveralEngines
from engine.scripted.scripted_engine import ScriptedEngine
from tests.browser.pages import KEPT, change, expect_status, lanes, tab, write
from tests.serving import served_here

KEY = "sk-very-secret-1234"


def test_a_server_is_added_answers_and_is_removed_and_its_key_is_nowhere(open_page, tmp_path: Path):
    servers = RemoteServers()
    engine = SeveralEngines(ScriptedEngine(tokens_per_second=400), servers)
    far = ScriptedEngine(tokens_per_second=400)
    with (
        served_here(far, key=KEY) as url,
        served_here(engine, data=tmp_path, servers=servers) as here,
    ):
        page = open_page(here)
        write(page, ("user", "Hi"))
        page.locator(".model-row").click()
        panel = page.locator("#servers")
        form = panel.get_by_role("form", name="Add a server")
        panel.get_by_role("button", name="Add a server").click()
        form.get_by_label("URL").fill("nowhere")
        form.get_by_label("Key").fill(KEY)
        form.get_by_role("button", name="Add", exact=True).click()
        expect(panel.get_by_role("alert")).to_contain_text("must be like http")
        expect(form.get_by_label("Key")).to_have_value(KEY)  # what was typed stays
        form.get_by_label("URL").fill(url)
        form.get_by_label("Name").fill("far")
        page.keyboard.press("Enter")
        expect(panel.get_by_role("status")).to_contain_text("Added far.")
        expect(form).to_be_hidden()
        expect(panel.locator("li")).to_contain_text("LFM Playground · scripted")
        expect(page.locator(".model-second")).to_contain_text("scripted at far")

        lanes(page, 2)
        change(page, "b")
        page.locator("#settings-b").get_by_label("Model").select_option("scripted at far")
        page.locator("#run").click()
        expect_status(page, "b", "done")
        expect(page.locator("#lane-b .lane-parameters")).to_contain_text("scripted at far")
        tab(page, "Prompt")
        prompt = page.locator(".prompt-tokens")
        expect(prompt).to_contain_text("Hi")
        here_shown = prompt.inner_text()
        page.get_by_label("Model that reads the prompt").select_option("scripted at far")
        expect(page.get_by_role("button", name="Colour by surprise")).to_be_hidden()
        expect(prompt).to_have_text(here_shown, use_inner_text=True)
        write(page, ("user", "Hello again"))  # the server is asked again
        expect(prompt).to_contain_text("Hello again")
        tab(page, "Export")
        expect(page.locator(".export pre")).to_contain_text("LFM")
        page.locator("#session-save").click()
        page.get_by_label("Session name").fill("Work")
        page.keyboard.press("Enter")
        expect(page.locator("#session")).to_contain_text("Work")

        kept = [page.content(), page.evaluate("JSON.stringify([localStorage, sessionStorage])")]
        kept += [page.evaluate(f"JSON.stringify({KEPT})")]
        kept += [page.evaluate("[...document.querySelectorAll('input')].map(i => i.value).join()")]
        kept += [path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()]
        assert any("scripted at far" in text for text in kept)
        assert not any(KEY in text for text in kept)

        panel.get_by_role("button", name="Remove far").click()
        expect(panel.get_by_role("status")).to_have_text("Removed far.")
        expect(panel.locator("li")).to_have_count(0)
        expect(page.locator(".model-second")).not_to_contain_text("scripted at far")
