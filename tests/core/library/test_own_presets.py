"""Own presets outlive everything: mistakes in files, other writers, a full stop in between."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.file_names import file_stem, free_name
from core.library.library import PresetMessage, read_library
from core.library.own_presets import LARGEST_FILE, NameIsTaken, OwnPresets, with_own
from core.library.preset_file import preset_text
from tests.amounts import amount, every
from tests.child import started
from tests.core.library.test_preset_file import PLAIN, TEXT

ROOT = Path(__file__).parents[3]
WRITER = """
import sys
from pathlib import Path
from dataclasses import replace
from core.library.own_presets import OwnPresets
from core.library.preset_file import preset_of
own = OwnPresets(Path(sys.argv[1]))
preset = preset_of(Path(sys.argv[2]).read_text(), "given")
for number in range(int(sys.argv[3])):
    print(own.save(replace(preset, name=sys.argv[4] + " " * number)), flush=True)
"""


@pytest.fixture
def own(tmp_path: Path) -> OwnPresets:
    return OwnPresets(tmp_path / "presets")


def named(name: str):
    return replace(PLAIN, name=name)


def names(own: OwnPresets) -> list[str]:
    return [preset.name for preset in own.read().presets.values()]


def writer(own: OwnPresets, times: int, name: str, system: str = "") -> subprocess.Popen[str]:
    """Saves presets whose names begin with `name` and make the same file name; prints the keys."""
    given_file = own.folder.with_name("given.yaml")
    given_file.write_text(preset_text(replace(PLAIN, system=system)))
    flags = map(str, (own.folder, given_file, times, name))
    return started("-c", WRITER, *flags, stdout=subprocess.PIPE, text=True)


def test_what_is_saved_is_there_for_whoever_reads_the_folder(own: OwnPresets):
    assert own.read().presets == {}
    key = own.save(named("Ünï: ../#1"))
    assert key == "own/uni-1"
    second = own.save(named("字"))
    other = OwnPresets(own.folder)
    assert other.read().presets == {
        key: replace(PLAIN, name="Ünï: ../#1"),
        second: replace(PLAIN, name="字", order=2),
    }
    other.delete(key)
    assert names(own) == ["字"]


def test_a_taken_name_asks_first_and_then_replaces(own: OwnPresets):
    key = own.save(named("Mine"))
    with pytest.raises(NameIsTaken, match="already have a preset “Mine”"):
        own.save(replace(PLAIN, system="new"))
    assert own.get(key).system is None
    assert own.save(replace(PLAIN, system="new"), replaces=True) == key
    assert own.get(key).system == "new"


def test_editing_renames_in_place_and_takes_no_name_of_another(own: OwnPresets):
    key, other = own.save(named("one")), own.save(named("two"))
    assert own.save(named("three"), key) == key
    assert names(own) == ["three", "two"]
    with pytest.raises(NameIsTaken):
        own.save(named("two"), key, replaces=True)
    own.delete(key)
    again = own.save(named("three"), key)  # edited in one tab, deleted in another
    assert names(own) == ["two", "three"]
    assert again != other


def test_names_that_make_the_same_file_name_stand_beside_each_other(own: OwnPresets):
    keys = [own.save(named(name)) for name in ("a b", "a-b", "A/B", "!", "?", "con")]
    assert keys == ["own/a-b", "own/a-b-2", "own/a-b-3", "own/preset", "own/preset-2",
                    "own/preset-con"]  # fmt: skip


def test_a_duplicate_has_a_name_of_its_own(own: OwnPresets):
    key = own.save(replace(PLAIN, messages=[PresetMessage("user", " a\n")]))
    copy = own.duplicate(own.duplicate(key))
    assert names(own) == ["Mine", "Mine (2)", "Mine (3)"]
    assert own.get(copy) == replace(own.get(key), name="Mine (3)")


def test_what_is_deleted_can_come_back_and_nothing_else_can(own: OwnPresets):
    key = own.save(named("Mine"))
    gone = own.delete(key)
    with pytest.raises(InvalidInput, match="preset 'own/mine' no longer exists"):
        own.delete(key)
    assert (own.folder / "deleted" / gone).is_file()
    in_its_place = own.save(named("Mine"))
    assert own.restore(gone) == "own/mine-2"
    assert names(own) == ["Mine", "Mine"]
    assert in_its_place == key
    assert own.save(replace(PLAIN, system="one of two"), "own/mine-2") == "own/mine-2"
    for name in (gone, "../mine.yaml", ""):
        with pytest.raises(InvalidInput, match="no longer among the deleted"):
            own.restore(name)


def test_a_broken_file_is_named_and_skipped_and_never_written_to(own: OwnPresets):
    """A save under its name, an edit and an import all leave it as it is."""
    key = own.save(named("Mine"))
    path = own.folder / "mine.yaml"
    path.write_text("kind: preset\nname: Mine # half written", encoding="utf-8")
    assert own.read().presets == {}
    assert own.read().broken == {"mine.yaml": "mine.yaml, field order: it is missing."}
    assert own.save(named("Mine")) == "own/mine-2"
    assert own.save(named("Other"), key) == "own/other"
    assert own.take_in("mine.yaml", preset_text(named("MINE"))) == "own/mine-3"
    for act in (own.delete, own.duplicate, own.export):
        with pytest.raises(InvalidInput):
            act(key)
    assert path.read_text(encoding="utf-8").endswith("# half written")
    assert sorted(names(own)) == ["MINE", "Mine", "Other"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "field kind"),
        (b"\xff\xfe", "not UTF-8"),
        (b"kind: budget\nname: a", "field"),
        ((ROOT / "presets/budgets/fast.yaml").read_bytes(), "it is 'budget'"),
        (b"#" * (LARGEST_FILE + 1), "1,000,001 bytes"),
        (b"name: [", "line 1"),
        (b"\x00", "not YAML"),
        (b"a: &a [*a]\nkind: *a", "kind"),
    ],
)
def test_whatever_is_in_a_file_the_others_are_read(own: OwnPresets, content: bytes, why: str):
    own.save(named("Good"))
    (own.folder / "bad.yaml").write_bytes(content)
    assert names(own) == ["Good"]
    assert why in own.read().broken["bad.yaml"]
    assert "\n" not in own.read().broken["bad.yaml"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such file names")
def test_a_file_name_that_is_no_text_is_named_in_letters(own: OwnPresets):
    """The page sends the names as JSON, which half a character would break for everybody."""
    own.save(named("Good"))
    (own.folder / os.fsdecode(b"\xe9.yaml")).write_text(preset_text(PLAIN))
    assert list(own.read().broken) == ["\\udce9.yaml"]
    str(own.read().broken).encode()


def test_other_files_and_folders_are_left_alone(own: OwnPresets):
    own.save(named("Good"))
    (own.folder / "folder").mkdir()
    (own.folder / ".hidden.yaml").write_text("half")
    (own.folder / "notes.txt").write_text("notes")
    assert (names(own), own.read().broken) == (["Good"], {})


def test_an_edit_by_another_program_is_seen_at_the_next_look(own: OwnPresets):
    key = own.save(named("Mine"))
    path = own.folder / "mine.yaml"
    path.write_text(path.read_text().replace("top_k: 5", "top_k: 50"))
    assert own.get(key).named["top_k"] == 50


def test_a_folder_that_cannot_be_written_is_a_sentence_and_nothing_is_there(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    own = OwnPresets(tmp_path / "file" / "presets")
    assert own.read().presets == {}
    with pytest.raises(InvalidInput, match="can't be used: Not a directory.*--data-dir"):
        own.save(PLAIN)
    with pytest.raises(InvalidInput, match="can't be used"):
        own.take_in("mine.yaml", preset_text(PLAIN))
    (tmp_path / "presets").write_text("a file where the folder should be")
    assert OwnPresets(tmp_path / "presets").read().broken == {
        "presets": "presets: Not a directory."
    }


def test_an_export_can_be_imported_elsewhere_and_is_not_added_twice(own: OwnPresets, tmp_path):
    first = own.save(replace(PLAIN, system="a\n\tb", stop=["\n\n"]))
    path = own.folder / "mine.yaml"
    path.write_text(f"# a remark\n{path.read_text()}")
    name, text = own.export(first)
    assert (name, text.partition("\n")[0]) == ("mine.yaml", "# a remark")
    elsewhere = OwnPresets(tmp_path / "elsewhere")
    assert elsewhere.get(elsewhere.take_in(name, text)) == own.get(first)
    assert elsewhere.export("own/mine")[1] == text
    assert own.take_in(name, text) == first
    changed = own.take_in(name, text.replace("top_k: 5", "top_k: 6"))
    assert own.get(changed).name == "Mine (2)"
    with pytest.raises(InvalidInput, match=r"wrong\.yaml, field sampling\.top_k"):
        own.take_in("wrong.yaml", text.replace("top_k: 5", "top_k: many"))


def test_what_is_too_large_to_be_read_again_is_not_saved(own: OwnPresets):
    with pytest.raises(InvalidInput, match="1,000,000 bytes. Save it without messages"):
        own.save(replace(PLAIN, system="a" * LARGEST_FILE))
    with pytest.raises(InvalidInput, match="201 characters"):
        own.save(named("a" * 201))
    assert own.read().presets == {}


def test_two_servers_and_their_threads_never_take_each_others_files(own: OwnPresets):
    processes = [writer(own, 12, name) for name in ("Mine a", "mine-a", "MINE A")]
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda n: own.save(named("mine a" + " " * n)), range(12)))
    for process in processes:
        assert process.stdout is not None
        keys += process.stdout.read().split()
        process.stdout.close()
        assert process.wait() == 0
    assert len(set(keys)) == len(keys) == 48
    assert set(own.read().presets) == set(keys)
    assert own.read().broken == {}


def test_a_process_that_is_killed_while_it_saves_loses_nothing_that_was_saved(own: OwnPresets):
    saved: list[str] = []
    for word in every(3, ("a", "b", "c")):
        process = writer(own, 10_000, word, system="line\n" * 20_000)
        assert process.stdout is not None
        saved += [process.stdout.readline().strip() for _ in range(3)]
        os.kill(process.pid, signal.SIGKILL)
        saved += process.stdout.read().split()
        process.wait()
        process.stdout.close()
        shelf = OwnPresets(own.folder).read()
        assert shelf.broken == {}
        assert set(saved) <= set(shelf.presets)
        assert all(one.system == "line\n" * 20_000 for one in shelf.presets.values())
    assert len(saved) >= amount(3, 9)


def test_the_library_has_them_after_the_shipped_ones_as_they_are_at_each_reading(own: OwnPresets):
    shipped = read_library(ROOT / "presets")
    assert with_own(shipped, own).presets == dict(shipped.presets)
    key = own.save(PLAIN)
    library = with_own(shipped, own)
    assert list(library.presets) == [*shipped.presets, key]
    assert library.preset(key) == library.presets[key] == PLAIN
    (own.folder / "bad.yaml").write_text("")
    assert list(with_own(shipped, own).broken) == ["bad.yaml"]
    own.delete(key)
    library = with_own(shipped, own)
    assert len(library.presets) == len(shipped.presets)
    with pytest.raises(InvalidInput, match="preset 'own/mine' no longer exists"):
        library.preset(key)


@given(TEXT)
def test_any_name_makes_a_file_name_that_every_system_takes(name: str):
    stem = file_stem(name, "preset")
    assert stem.isascii()
    assert stem.replace("-", "").isalnum()
    assert 1 <= len(stem) <= 60
    assert free_name(name, {name}) != name


@given(st.lists(TEXT.map(lambda text: text[:200]).filter(str.strip), unique=True, max_size=4))
@settings(max_examples=amount(8, 25))
def test_names_of_any_characters_are_kept_apart_and_whole(given_names: list[str]):
    with TemporaryDirectory() as folder:
        own = OwnPresets(Path(folder))
        keys = [own.save(named(name)) for name in given_names]
        assert [OwnPresets(Path(folder)).get(key).name for key in keys] == given_names
