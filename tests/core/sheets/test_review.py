"""A blind review: what a reviewer sees and says, what is kept of it, and what it comes to."""

from __future__ import annotations

import json
from dataclasses import replace
from math import isclose
from pathlib import Path

import pytest

from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.lanes import LaneSettings
from core.sheets.cell import Cell, Place
from core.sheets.check import Check
from core.sheets.checking import evaluate
from core.sheets.export import Answers, as_csv, jsonl, report_html, xlsx
from core.sheets.plan import Plan
from core.sheets.review import Item, Judgement, checked_note, items, reviewer_name
from core.sheets.review_journal import MOST_REVIEWERS, ReviewJournal
from core.sheets.review_links import ReviewLinks
from core.sheets.review_results import review_outcomes, review_result
from core.sheets.sheet import Row, Sheet
from core.sheets.statistics import cohen_kappa, fleiss_kappa, wilson
from core.sheets.store import SheetStore
from core.workspace import Workspace

LANES = [LaneSettings(sampling=(("temperature", 0.1 * n),)) for n in range(1, 5)]
A, B, TIE = (("A", 1), ("B", -1)), (("A", -1), ("B", 1)), (("A", 0), ("B", 0))


def plan_of(rows: int = 4, lanes: int = 2, samples: int = 1, checks=()) -> Plan:
    talk = Conversation((message("user", "{{word}}"),))
    many = tuple(Row(n, (f"word {n}",)) for n in range(1, rows + 1))
    workspace = Workspace(talk).with_lanes(LANES[:lanes])
    return Plan(Sheet("Words", workspace, ("word",), many, checks, samples), {})


def cells_of(plan: Plan, text: str = "row {row}, lane {lane}, sample {sample}") -> dict[str, Cell]:
    return {
        (key := plan.key(place)): Cell(
            key, place.row, place.lane, place.sample,
            text=text.format(row=place.row, lane=place.lane, sample=place.sample),
        )
        for place in plan.places()
    }  # fmt: skip


def pair(**more) -> Item:
    return Item("key", 0, 1, 0, (("A", "first"), ("B", "second")), **more)


# -- formulas --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("yes", "yes_no", "no_yes", "no", "kappa"),
    [
        # Sim and Wright 2005, Physical Therapy 85:257
        (22, 2, 4, 11, 0.67),
        # Feinstein and Cicchetti 1990, Journal of Clinical Epidemiology 43:543
        (40, 9, 6, 45, 0.70),
        (80, 10, 5, 5, 0.32),
        (45, 15, 25, 15, 0.13),
        (25, 35, 5, 35, 0.26),
    ],
)
def test_cohens_kappa_is_the_published_one(yes, yes_no, no_yes, no, kappa):
    said = [(1, 1)] * yes + [(1, 0)] * yes_no + [(0, 1)] * no_yes + [(0, 0)] * no
    found = cohen_kappa(said)
    assert found is not None
    assert round(found, 2) == kappa


def test_fleiss_kappa_is_that_of_the_worked_example():
    # Ten subjects, fourteen raters, five categories: the example by which texts explain it
    table = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    groups = [[name for name, count in enumerate(row) for _ in range(count)] for row in table]
    found = fleiss_kappa(groups)
    assert found is not None
    assert isclose(found, 0.20993, abs_tol=5e-6)
    assert fleiss_kappa([*groups, [3]]) == found  # one rater agrees with nobody


def test_where_luck_alone_would_agree_there_is_no_kappa():
    assert cohen_kappa([]) is None
    assert fleiss_kappa([[1]]) is None
    assert cohen_kappa([(1, 1)] * 9) is None
    assert fleiss_kappa([[1, 1, 1]] * 9) is None
    assert cohen_kappa([(0, 0), (1, 1)]) == 1
    assert fleiss_kappa([[0, 0], [1, 1]]) == 1
    assert cohen_kappa([(0, 1), (1, 0)]) == -1


# -- what is seen and said -------------------------------------------------------------------------
def test_the_order_is_the_same_after_a_reload_and_tells_nothing_of_the_lanes():
    plan = plan_of(rows=200, lanes=3)
    found = items(plan, cells_of(plan))
    orders = [tuple(item.order("Ann")) for item in found]
    assert orders == [tuple(item.order("Ann")) for item in items(plan, cells_of(plan))]
    assert orders != [tuple(item.order("Ben")) for item in found]
    first = [order[0] for order in orders]
    assert all(45 < first.count(lane) < 90 for lane in "ABC")
    assert len({item.token("Ann") for item in found}) == 200
    assert not {item.key for item in found} & {item.token("Ann") for item in found}


def test_marks_go_to_the_lanes_whose_answers_were_shown_there():
    plan = plan_of(rows=20)
    for item in items(plan, cells_of(plan)):
        scores = dict(item.scores("Ann", [1, -1]))
        left = item.texts("Ann")[0]
        assert scores[dict(map(reversed, item.answers))[left]] == 1
        assert item.marks("Ann", tuple(scores.items())) == [1, -1]
    three = Item("key", 0, 1, 0, (("A", "a"), ("B", "b"), ("C", "c")))
    scores = three.scores("Ann", [5, 1, 3])
    assert [lane for lane, _ in scores] == ["A", "B", "C"]
    assert three.marks("Ann", scores) == [5, 1, 3]


@pytest.mark.parametrize("marks", [[], [1], [1, 1], [2, -2], [True, False], ["1", -1], [0, 0, 0]])
def test_two_answers_are_better_tie_or_worse(marks):
    with pytest.raises(InvalidInput, match="better, tie or worse"):
        pair().scores("Ann", marks)


@pytest.mark.parametrize("marks", [[], [0], [6], [True], [3, 3], [3.0], [None], [{}]])
def test_one_answer_is_rated_from_1_to_5(marks):
    with pytest.raises(InvalidInput, match=r"rate each answer \(1\)"):
        Item("key", 0, 1, 0, (("A", "a"),)).scores("Ann", marks)


def test_names_and_notes_are_bounded():
    assert reviewer_name("  Ann \t Lee ") == "Ann Lee"
    for name in ("", "  ", "x" * 61, "a\0b", "\ud83d"):
        with pytest.raises(InvalidInput, match="reviewer's name"):
            reviewer_name(name)
    assert checked_note(" good ") == "good"
    for note in ("x" * 2_001, "\ud83d"):
        with pytest.raises(InvalidInput, match="The note"):
            checked_note(note)


def test_there_is_an_item_for_each_row_and_sample_that_all_lanes_have_answered():
    plan = plan_of(rows=3, samples=2)
    cells = cells_of(plan)
    assert [(one.number, one.sample) for one in items(plan, cells)] == [
        (1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1),
    ]  # fmt: skip
    gone, failed = plan.key(Place(0, "A", 1)), plan.key(Place(1, "B", 0))
    cells[failed] = replace(cells[failed], error="It failed.")
    del cells[gone]
    assert [(one.number, one.sample) for one in items(plan, cells)] == [
        (1, 0), (2, 1), (3, 0), (3, 1),
    ]  # fmt: skip
    alone = plan_of(rows=1, lanes=1, samples=5)
    assert len(items(alone, cells_of(alone))) == 5


def test_an_answer_that_was_run_again_is_another_item_and_thoughts_are_not_shown():
    plan, known = plan_of(), {}
    cells = cells_of(plan)
    before = items(plan, cells, known)
    assert all(a is b for a, b in zip(before, items(plan, cells, known), strict=True))
    key = plan.key(Place(0, "A", 0))
    cells[key] = replace(cells[key], text="<think>x</think>new", answer="new")
    after = items(plan, cells, known)
    assert [a.key == b.key for a, b in zip(before, after, strict=True)] == [False, True, True, True]
    assert after[0].answers[0] == ("A", "new")


# -- what is kept ----------------------------------------------------------------------------------
def test_judgements_are_there_after_a_crash_and_the_newest_counts(tmp_path: Path):
    path = tmp_path / "review.jsonl"
    journal = ReviewJournal(path)
    for item, scores in (("x", A), ("y", TIE), ("x", B)):
        journal.add(Judgement("Ann", item, scores))
    journal.add(Judgement("Ben", "x", A, "clearer"))
    with path.open("ab") as file:
        file.write(b'{"reviewer": "Ann", "item": "z", "sco')  # killed here
    again = ReviewJournal(path)
    assert again.all() == journal.all()
    assert {item: one.scores for item, one in again.of("Ann").items()} == {"x": B, "y": TIE}
    again.add(Judgement("Ann", "z", A))
    assert set(ReviewJournal(path).of("Ann")) == {"x", "y", "z"}


def test_undo_takes_back_the_last_one_also_after_a_restart(tmp_path: Path):
    journal = ReviewJournal(tmp_path / "review.jsonl")
    for item, scores in (("x", A), ("y", TIE), ("x", B)):
        journal.add(Judgement("Ann", item, scores))
    assert journal.undo("Ann") == "x"
    assert journal.of("Ann")["x"].scores == A
    again = ReviewJournal(tmp_path / "review.jsonl")
    assert (again.undo("Ann"), again.undo("Ann")) == ("y", "x")
    with pytest.raises(InvalidInput, match="no judgement"):
        again.undo("Ann")
    assert ReviewJournal(tmp_path / "review.jsonl").all() == []


def test_only_so_many_may_review_and_a_file_of_anything_is_read(tmp_path: Path):
    path = tmp_path / "review.jsonl"
    lines = ["null", "[]", '{"reviewer": ""}', '{"reviewer": "x", "scores": 1}', "\ufeff"]
    path.write_text("\n".join(lines), "utf-8")
    journal = ReviewJournal(path)
    assert journal.all() == []
    for n in range(MOST_REVIEWERS):
        journal.add(Judgement(f"reviewer {n}", "x", A))
    with pytest.raises(InvalidInput, match=f"{MOST_REVIEWERS} people"):
        journal.add(Judgement("one more", "x", A))
    journal.add(Judgement("reviewer 3", "y", A))


# -- what it comes to ------------------------------------------------------------------------------
def said(found, *columns: tuple[str, list]) -> list[Judgement]:
    return [
        Judgement(name, item.key, scores)
        for name, all_scores in columns
        for item, scores in zip(found, all_scores, strict=False)
    ]


def test_wins_count_ties_half_and_a_row_is_one_answer_however_many_reviewers():
    plan = plan_of(rows=4)
    found = items(plan, cells_of(plan))
    result = review_result(found, said(found, ("Ann", [A, A, TIE, B]), ("Ben", [A, A, TIE, A])))
    a, b = result.lanes
    assert (a.share, b.share) == (0.75, 0.25)
    assert (a.low, a.high) == wilson(3.0, 4)
    assert a.rating is None
    assert a.sentence.startswith("75% of wins (95% interval 30–95%)")
    assert result.agreement is not None
    assert (result.agreement.count, result.agreement.same) == (4, 3)
    kappa = cohen_kappa([(1, 1), (1, 1), (0, 0), (-1, 1)])
    assert kappa == result.agreement.kappa
    assert [one.item.number for one in result.reviewed] == [4, 1, 2, 3]
    assert result.sentences[0] == "Ann (4) and Ben (4) judged 4 of 4 rows."
    assert result.sentences[-1] == "They disagree in row 4."


def test_three_reviewers_have_fleiss_kappa_and_three_lanes_wins_and_ratings():
    plan = plan_of(rows=2, lanes=3)
    found = items(plan, cells_of(plan))
    high, low = (("A", 5), ("B", 3), ("C", 3)), (("A", 1), ("B", 2), ("C", 3))
    result = review_result(found, said(found, *[(name, [high, low]) for name in "xyz"]))
    a, _, c = result.lanes
    assert (a.share, a.rating, c.share) == (0.5, 3.0, 0.625)
    assert result.agreement is not None
    assert (result.agreement.kind, result.agreement.kappa) == ("Fleiss’", 1.0)
    assert not result.disagreements


def test_one_lane_has_ratings_and_no_wins():
    plan = plan_of(rows=1, lanes=1, samples=3)
    found = items(plan, cells_of(plan))
    result = review_result(found, said(found, ("Ann", [(("A", 5),), (("A", 2),)])))
    assert result.lanes[0].sentence == "mean rating 3.5 of 5"
    assert result.agreement is None
    outcomes = review_outcomes(found, result)
    assert outcomes[Place(0, "A", 0)].passed
    assert outcomes[Place(0, "A", 1)].why == "Reviewers rated it 2.0; 3 are needed."


def test_judgements_of_answers_that_changed_and_equal_answers_do_not_count():
    plan = plan_of(rows=2)
    cells = cells_of(plan)
    for lane in "AB":
        key = plan.key(Place(1, lane, 0))
        cells[key] = replace(cells[key], text="the same")
    found = items(plan, cells)
    gone = Judgement("Ann", "another key", A)
    strange = Judgement("Ann", found[0].key, (("Z", 1),))
    assert review_result(found, [gone, strange]).sentences == []
    result = review_result(found, said(found, ("Ann", [B])))
    assert (result.total, result.settled) == (1, 1)
    assert "1 with identical answers were left out." in result.sentences
    outcomes = review_outcomes(found, result)
    assert outcomes[Place(0, "A", 0)].passed is False
    assert outcomes[Place(1, "A", 0)].passed


def test_a_review_is_a_check_and_goes_into_every_export():
    plan = plan_of(rows=2, checks=(Check("review", ""),))
    cells = cells_of(plan)
    found = items(plan, cells)
    first = replace(said(found, ("Ann", [B]))[0], note="<b>shorter</b>")
    result = review_result(found, [first])
    outcomes = evaluate(plan, cells, reviewed=review_outcomes(found, result))
    assert outcomes[Place(0, "B", 0)][0].passed
    assert outcomes[Place(1, "B", 0)][0].why == "Not reviewed yet."
    answers = Answers(plan, cells, outcomes, result)
    assert json.loads(jsonl(answers).splitlines()[0])["review"] == [
        {"reviewer": "Ann", "score": -1, "note": "<b>shorter</b>"}
    ]
    head, line, *_ = as_csv(answers).splitlines()
    assert head.endswith("A,A passes,A review,B,B passes,B review")
    assert line.endswith(",pass,1")
    assert len(xlsx(answers)) > 1_000
    text = report_html(answers, "now")
    assert 'B is better. <span class="text">&lt;b&gt;shorter' in text
    assert "(shown in the order " in text
    assert "passes the blind review" in text


def test_a_note_belongs_to_its_judgement_which_undo_takes_back_with_it(tmp_path: Path):
    path = tmp_path / "review.jsonl"
    journal = ReviewJournal(path)
    with pytest.raises(InvalidInput, match="Judge this row first"):
        journal.note("Ann", "x", "clearer", "now")
    for item, scores in (("x", A), ("x", B), ("y", A)):
        journal.add(Judgement("Ann", item, scores))
    for note in ("clear", "clearer"):
        journal.note("Ann", "x", note, "now")
    for one in (journal, ReviewJournal(path)):
        assert (one.of("Ann")["x"].scores, one.of("Ann")["x"].note) == (B, "clearer")
    assert [journal.undo("Ann"), journal.undo("Ann")] == ["y", "x"]
    for one in (journal, ReviewJournal(path)):
        assert [(said.item, said.scores, said.note) for said in one.all()] == [("x", A, "")]


def test_a_name_belongs_to_the_browser_that_used_it_first(tmp_path: Path):
    path = tmp_path / "review.jsonl"
    journal = ReviewJournal(path)
    journal.add(Judgement("Ann", "x", A, browser="hers"))
    for one in (journal, ReviewJournal(path)):
        for act in (
            lambda one=one: one.add(Judgement("Ann", "x", B, browser="another")),
            lambda one=one: one.undo("Ann", "another"),
            lambda one=one: one.note("Ann", "x", "no", "now", "another"),
            lambda one=one: one.check("Ann", "another"),
        ):
            with pytest.raises(InvalidInput, match="from another browser"):
                act()
        assert one.of("Ann")["x"].scores == A
    journal.add(Judgement("Ben", "x", B, browser="another"))
    assert journal.undo("Ann", "hers") == "x"
    journal.check("Ann", "another")  # nothing is left to protect


def test_a_link_means_one_sheet_as_long_as_that_is_there(tmp_path: Path):
    ann, ben = (SheetStore(tmp_path / name / "sheets", name) for name in ("ann", "ben"))
    links = ReviewLinks(tmp_path / "review-links")
    key = ann.create(plan_of().sheet)
    assert ben.create(plan_of().sheet) == key
    link, other = links.link_to(ann, key), links.link_to(ben, key)
    assert links.link_to(ann, key) == link != other
    assert ReviewLinks(tmp_path / "review-links").owner_of(link) == ("ann", key)
    links.check(link, ann, key)
    with pytest.raises(InvalidInput, match="no longer opens a review"):
        links.check(other, ann, key)
    gone = ann.delete(key)
    assert ann.create(plan_of().sheet) == key
    with pytest.raises(InvalidInput, match="no longer opens a review"):
        links.check(link, ann, key)
    back = ann.undelete(gone)
    assert links.link_to(ann, back) == link
    assert links.owner_of(link) == ("ann", back)
    for wrong in ("", "~", key, "~" + "x" * 32, "~../../ann", link + "x", f"~{'é' * 32}"):
        with pytest.raises(InvalidInput, match="no longer opens a review"):
            links.owner_of(wrong)
