"""A preset is the same after it was a file, whatever is in it; and prompts stay readable."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.conversation import ROLES
from core.errors import InvalidInput
from core.library.library import Preset, PresetMessage
from core.library.preset_file import preset_of, preset_text
from tests.amounts import amount
from tests.shipped import LIBRARY

ROOT = Path(__file__).parents[3]
ANY = st.text(st.characters(exclude_categories=["Cs"]))
ODD = st.text(
    "ab \n\t#-:'\"|>%?!&*[]{}~\\\r\x00\x07\x85\u2028\u2029\ufeff\U0010ffff0é字😀", max_size=12
)
WORDS = st.sampled_from(
    [
        "no",
        "1.10",
        "null",
        "~",
        "2024-01-15",
        "0x1f",
        "1_000",
        "=",
        "<<",
        "- a",
        "a: b",
        "---",
        "...",
    ]
)
TEXT = ANY | ODD | WORDS
PRESETS = st.builds(
    Preset,
    kind=st.just("preset"),
    name=TEXT.filter(str.strip),
    order=st.integers(),
    description=TEXT,
    source=TEXT,
    date=st.dates(),
    sampling=st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.floats(0, 2),
            "top_k": st.integers(0, 200),
            "min_p": st.floats(0, 1),
            "seed": st.integers(0, 2**32 - 1),
        },
    ),
    images=st.sampled_from(
        [{}, {"min_image_tokens": 32, "do_image_splitting": False, "max_pixels_tolerance": 1.5}]
    ),
    stop=st.none() | st.lists(TEXT, max_size=3),
    system=st.none() | TEXT,
    messages=st.none()
    | st.lists(st.builds(PresetMessage, role=st.sampled_from(ROLES), content=TEXT), max_size=4),
)
SHIPPED = LIBRARY.presets
PLAIN = Preset("preset", "Mine", 1, "", "me", date(2026, 11, 30), {"top_k": 5, "temperature": 0.5})


@given(PRESETS)
@settings(max_examples=amount(30, 400))
@example(replace(PLAIN, system="\n  leading\n\ttab\n\n trailing \n\n"))
@example(
    replace(PLAIN, system="\x85", stop=["\x85", " \u2028 "])
)  # PyYAML alone turns these to " "
def test_nothing_is_lost_on_the_way_through_yaml(preset: Preset):
    text = preset_text(preset)
    assert preset_of(text.encode().decode(), "mine.yaml") == preset
    assert preset_text(preset_of(text, "mine.yaml")) == text


@pytest.mark.parametrize("path", sorted((ROOT / "presets").rglob("*.yaml")), ids=lambda p: p.stem)
def test_a_shipped_preset_is_the_same_kind_of_file(path: Path):
    shipped = SHIPPED.get(path.stem)
    if shipped is None:
        with pytest.raises(InvalidInput, match="field kind: it is ('|missing)"):
            preset_of(path.read_text(encoding="utf-8"), path.name)
    else:
        assert preset_of(preset_text(shipped), path.name) == shipped


def test_a_prompt_of_several_lines_stands_in_the_file_as_it_was_written():
    prompt = "  You are brief.\n\n\tNo lists; say “no” \n# or: 1.10\n"
    messages = [PresetMessage("user", prompt)]
    text = preset_text(replace(PLAIN, system=prompt, messages=messages))
    for indent in ("  ", "    "):
        lines = [f"{indent}{line}" if line else "" for line in prompt.splitlines()]
        assert "\n".join(lines) in text
    assert "system: |2\n" in text


def test_whole_numbers_are_written_as_such_and_what_is_not_part_of_it_is_left_out():
    assert preset_text(PLAIN) == (
        "kind: preset\nname: Mine\norder: 1\ndescription: ''\nsource: me\ndate: 2026-11-30\n"
        "sampling:\n  top_k: 5\n  temperature: 0.5\n"
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("name: Mine", "name: no"), r"mine\.yaml, field name: .*string"),
        (("name: Mine", "name: ' '"), r"mine\.yaml: name is empty"),
        (("name: Mine", 'name: "\\uD800"'), "half of a character"),
        (("source: me", "source: me\nsystem: 3"), "field system: .*string"),
        (("source: me", "source: me\nstop: '###'"), "field stop: .*list"),
        (("source: me", "source: me\nmessages: [{role: robot, content: a}]"), "messages.0.role"),
        (("source: me", "source: me\nmessages: [{role: user}]"), "messages.0.content"),
        (("date: 2026-11-30", "date: 2026-13-30"), "month must be in 1..12"),
        (("order: 1", "order: !!bool what"), "not YAML"),
        (("order: 1", "order: !!timestamp what"), "not YAML"),
        (("order: 1", "order: !!python/object:os.system x"), "not YAML"),
        (("order: 1", "order: " + "[" * 5000), "not YAML"),
        (("temperature: 0.5", "temperature: .nan"), "temperature"),
        (("temperature: 0.5", "temperature: 5"), "mine.yaml: temperature is 5.0; .*0 to 2"),
    ],
)
def test_a_mistake_is_named_with_the_file_and_the_field(change: tuple[str, str], named: str):
    with pytest.raises(InvalidInput, match=named):
        preset_of(preset_text(PLAIN).replace(*change), "mine.yaml")
