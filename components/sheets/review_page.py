"""The blind review of a sheet: one row at a time over the whole page, its answers shuffled.

Nothing that tells the lanes is sent while somebody judges: no names, settings or figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.event_data import question, sent_as
from components.feature import QUICK, Changes, Feature, Services
from components.sessions.session_pictures import put_file
from components.sheets.open_sheet import OpenSheet
from components.sheets.sheet_tab import REFUSED, SheetTab
from components.uploads import file_url
from components.wiring import Wiring
from core.access.file_access import allowed_file
from core.errors import InvalidInput
from core.library.library import Preset
from core.sheets.plan import hashed
from core.sheets.review import Item, Judgement, Marks, checked_note, reviewer_name
from core.sheets.review_links import MARK
from core.sheets.store import SheetStore
from core.variables import fill_conversation

BROWSER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class ReviewAsked:
    """act: open, look, judge, note or undo. key: of the sheet, or a link to its review. browser: a
    secret of it, by which it is known again; unused where users log in. at: the place of an item;
    -1: the first without a judgement. item: the token of the one that is judged.
    """

    act: str = ""
    key: str = ""
    reviewer: str = ""
    at: int = -1
    item: str = ""
    marks: list[Any] | None = None
    note: str = ""
    browser: str = ""


class ItemView(TypedDict):
    """row: its number. sample: counted from 1; 0 where each row has one. asked: the last user
    message. inputs: values of the row that are not in it, by column. texts: the answers, in the
    order of this reviewer. marks: what the reviewer has said; empty: nothing yet.
    """

    token: str
    row: int
    sample: int
    asked: str
    inputs: list[tuple[str, str]]
    image: str
    texts: list[str]
    marks: Marks
    note: str


class ReviewView(TypedDict):
    """key: as it was asked for. link: by which others open the review. count: of items. answers: of
    each. done: how many the reviewer has judged. at: the place of the item. item: None before the
    reviewer is known, and when all are judged. user: the login name; empty where nobody logs in.
    """

    key: str
    link: str
    name: str
    reviewer: str
    count: int
    answers: int
    done: int
    at: int
    item: ItemView | None
    user: str


@dataclass(frozen=True)
class Reviewed:
    """A sheet that is reviewed. presets: those of its owner, which its lanes may name."""

    sheet: OpenSheet
    store: SheetStore
    presets: Mapping[str, Preset]
    link: str


class Review(Feature):
    def __init__(self, services: Services) -> None:
        self._services = services
        self.view = client_component(
            "review_view", None, answer=None, events=("ask",), elem_id="review"
        )

    def wire(self, page: Wiring) -> None:
        self._tab = page.the(SheetTab)
        self.view.ask(self._ask, None, [self.view], trigger_mode="multiple", **QUICK)

    def _ask(self, request: gr.Request, event: gr.EventData) -> Changes:
        answer: Mapping[str, Any]
        try:
            visitor = self._services.visitors.of(request)
            visitor.refuse_in_demo(REFUSED)
            answer = {**self._answer(sent_as(event, ReviewAsked), visitor.user)}
        except InvalidInput as error:
            answer = {"refused": str(error)}
        return {self.view: gr.update(answer={**answer, "question": question(event)})}

    def _opened(self, key: str, user: str) -> Reviewed:
        """key: of a sheet of the user, or a link to a review. Raises InvalidInput."""
        stores, links = self._services.stores, self._services.stores.review_links
        if not key.startswith(MARK):
            sheet, store = self._tab.opened(key), stores.sheets
            link = links.link_to(store, key) if user else key
            return Reviewed(sheet, store, self._services.library_now().presets, link)
        owner, own_key = links.owner_of(key if user else "")
        store = stores.sheets_of(owner)
        links.check(key, store, own_key)
        presets = self._services.library_of(owner).presets
        return Reviewed(self._tab.opened(own_key, store), store, presets, key)

    def _answer(self, ask: ReviewAsked, user: str) -> ReviewView:
        """user: the login name; empty without one."""
        reviewed = self._opened(ask.key, user)
        sheet = reviewed.sheet
        items = sheet.items(reviewed.presets)
        if not items:
            raise InvalidInput(
                "There is nothing to review: no row has an answer in every lane, or the answers "
                "are always identical. Run the sheet, or change a lane."
            )
        reviewer, browser = reviewer_of(ask, user)
        at = ask.at
        if reviewer:
            sheet.judgements.check(reviewer, browser)
        match ask.act:
            case "open" | "look":
                pass
            case "judge" | "note":
                at = judge(sheet, items, reviewer, ask, browser)
            case "undo":
                key = sheet.judgements.undo(reviewer, browser)
                at = next((place for place, one in enumerate(items) if one.key == key), -1)
            case _:
                raise InvalidInput(f"Unknown action {ask.act[:40]!r}. Reload the page.")
        said = sheet.judgements.of(reviewer)
        if ask.act == "judge" or at < 0:
            at = open_place(items, said, max(0, at))
        at = min(at, len(items))
        item = items[at] if reviewer and at < len(items) else None
        return {
            "key": ask.key,
            "link": reviewed.link,
            "name": sheet.sheet.name,
            "reviewer": reviewer,
            "count": len(items),
            "answers": len(items[0].answers),
            "done": sum(one.key in said for one in items),
            "at": at,
            "item": item and _item(reviewed, item, reviewer, said.get(item.key)),
            "user": user,
        }


def reviewer_of(ask: ReviewAsked, user: str) -> tuple[str, str]:
    """The name, and a hash of the browser: whoever has logged in is that user, whatever the browser
    says. No name before the review has begun. Raises InvalidInput.
    """
    if ask.act == "open":
        return "", ""
    if user:
        return user, ""
    name = reviewer_name(ask.reviewer)
    if not BROWSER.fullmatch(ask.browser):
        raise InvalidInput("The page did not identify its browser. Reload the page.")
    return name, hashed(["browser", ask.browser])


def _item(reviewed: Reviewed, item: Item, reviewer: str, said: Judgement | None) -> ItemView:
    """With the row's image where the page may show it."""
    sheet, folder = reviewed.sheet, reviewed.store.images(reviewed.sheet.key)
    shown = item_view(sheet, item, reviewer, said)
    now, row = sheet.row(item.number)
    name = now.texts(row).get(now.images, "").strip()
    if name and (file := allowed_file(str(folder / name), (folder,))):
        shown["image"] = file_url(put_file(str(file), folder))
    return shown


def judge(
    sheet: OpenSheet, items: list[Item], reviewer: str, ask: ReviewAsked, browser: str = ""
) -> int:
    """Keep what was said, or another note of it; returns the item's place. Raises InvalidInput."""
    near = items[ask.at : ask.at + 1] if ask.at >= 0 else []
    item = next((one for one in [*near, *items] if one.token(reviewer) == ask.item), None)
    if item is None:
        raise InvalidInput("These answers have changed since. Reload the page to see the new ones.")
    now, note = datetime.now().astimezone().isoformat(timespec="seconds"), checked_note(ask.note)
    if ask.act == "note":
        sheet.judgements.note(reviewer, item.key, note, now, browser)
    else:
        scores = item.scores(reviewer, ask.marks or [])
        said = Judgement(reviewer, item.key, scores, note, now, browser=browser)
        sheet.judgements.add(said)
    return items.index(item)


def open_place(items: list[Item], said: Mapping[str, Judgement], start: int) -> int:
    """The first place from `start` on, and round the end, without a judgement; as many as there are
    items, if there is none.
    """
    order = [*range(start, len(items)), *range(min(start, len(items)))]
    return next((place for place in order if items[place].key not in said), len(items))


def item_view(
    sheet: OpenSheet, item: Item, reviewer: str, said: Judgement | None = None
) -> ItemView:
    """All that a browser gets to know of an item."""
    now, row = sheet.row(item.number)
    values = {**dict(now.workspace.variables), **now.values(row)}
    talk = fill_conversation(now.workspace.conversation, values)
    asked = next((turn.text for turn in reversed(talk.messages) if turn.role == "user"), "")
    return {
        "token": item.token(reviewer),
        "row": item.number,
        "sample": item.sample + 1 if now.samples > 1 else 0,
        "asked": asked,
        "inputs": [(n, text) for n, text in now.texts(row).items() if text and text not in asked],
        "image": "",
        "texts": item.texts(reviewer),
        "marks": item.marks(reviewer, said.scores) if said else [],
        "note": said.note if said else "",
    }
