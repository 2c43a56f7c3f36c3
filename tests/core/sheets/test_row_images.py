"""Images of rows: which may be added, also out of a ZIP file, and which answers they belong to."""

from __future__ import annotations

import io
import os
import random
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from core.conversation import Conversation, Image, Text, message
from core.errors import InvalidInput
from core.lanes import LaneSettings
from core.sheets import row_images
from core.sheets.cell import Place
from core.sheets.plan import Plan
from core.sheets.row_images import check_images, image_name, images_in
from core.sheets.sheet import Row, Sheet
from core.sheets.store import SheetStore
from core.workspace import Workspace

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100


def zip_of(files: Mapping[str, bytes], **changes) -> bytes:
    """changes: of the entries."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, one in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for field, value in changes.items():
                setattr(entry, field, value)
            archive.writestr(entry, one)
    return content.getvalue()


# -- what comes in ---------------------------------------------------------------------------------
def test_the_images_of_a_zip_file_come_out_with_their_names_alone():
    files = {"all/a.png": PNG, "b.jpg": b"\xff\xd8\xff", "labels.csv": b"a,b", "all/": b"",
             "__MACOSX/a.png": b"x", ".DS_Store": b"x"}  # fmt: skip
    found = dict(images_in("all.zip", zip_of(files)))
    assert found == {"a.png": PNG, "b.jpg": b"\xff\xd8\xff", "labels.csv": b""}
    assert [*images_in("a.png", PNG)] == [("a.png", PNG)]


BOMB = PNG + bytes(30_000)
DEVICE = (stat.S_IFCHR | 0o600) << 16


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg/>", "not a PNG, JPEG"),
        (b"", "not a PNG, JPEG"),
        (b"PK\x03\x04 and nothing", "can't be read as a ZIP file"),
        (zip_of({"a.png": PNG})[:-30], "can't be read as a ZIP file"),
        (zip_of({"a.png": BOMB}), r"a\.png in x\.zip has 0\.0 MB"),
        (zip_of({f"{n}.png": bytes(19_000) for n in range(4)}), "when it is unpacked"),
        (zip_of({f"{n}/a": b"" for n in range(2_049)}), "has 2,049 files; 2,048"),
        (zip_of({"../a.png": PNG}), "leads out of it"),
        (zip_of({"a/../../b.png": PNG}), "leads out of it"),
        (zip_of({"..\\a.png": PNG}), "leads out of it"),
        (zip_of({"/etc/a.png": PNG}), "leads out of it"),
        (zip_of({"a.png": b"/etc/passwd"}, external_attr=(stat.S_IFLNK | 0o777) << 16), "a link"),
        (zip_of({"a.png": PNG}, external_attr=DEVICE), "a device"),
        (zip_of({"a/x.png": PNG, "b/x.png": PNG}), r"two files called x\.png"),
        (zip_of({"a\n.png": PNG}), "Rename the file"),
        (zip_of({"a.png": PNG}, compress_type=zipfile.ZIP_BZIP2), "in a way that is not supported"),
        (zip_of({"a.png": PNG}, compress_type=0).replace(b"xx", b"xy"), "can't be read as a ZIP"),
    ],
)  # fmt: skip
def test_a_zip_file_that_does_not_keep_its_bounds_is_named(
    content: bytes, sentence: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(row_images, "LARGEST_FILE", 20_000)
    monkeypatch.setattr(row_images, "MOST_UNPACKED", 64_000)
    with pytest.raises(InvalidInput, match=sentence):
        [*images_in("x.zip", content)]


def test_a_zip_file_whose_directory_lies_gives_no_more_than_it_says():
    honest = zip_of({"a.png": BOMB})
    size = len(BOMB).to_bytes(4, "little")
    lying = honest.replace(size, (200).to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(InvalidInput, match="can't be read as a ZIP file"):
        [*images_in("x.zip", lying)]


def test_a_zip_file_in_a_zip_file_is_no_image():
    inner = zip_of({"a.png": PNG})
    assert [*images_in("x.zip", zip_of({"inner.zip": inner}))] == [("inner.zip", b"")]


@pytest.mark.parametrize("name", ["", "..", "a/..", ".x", "a\0b", "a:b", "\ud83d", "x" * 201])
def test_a_name_of_an_image_is_that_of_a_file(name: str):
    assert image_name("folder\\größe 1.png") == "größe 1.png"
    with pytest.raises(InvalidInput, match="Rename the file"):
        image_name(name)


def test_images_are_bounded_in_number_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    known = [f"{n}.png" for n in range(512)]
    check_images(tmp_path, known, "7.png", 1)
    with pytest.raises(InvalidInput, match="at most 512 images"):
        check_images(tmp_path, known, "more.png", 1)
    (tmp_path / "a").write_bytes(bytes(90))
    monkeypatch.setattr(row_images, "MOST_BYTES", 100)
    check_images(tmp_path, ["a"], "a", 100)
    with pytest.raises(InvalidInput, match="The images of the sheet would have"):
        check_images(tmp_path, ["a"], "b", 11)


# -- which answers they belong to ------------------------------------------------------------------
def key_of(sheet: Sheet, folder: Path) -> str:
    def image_of(name: str) -> Image:
        return Image(str(folder / name), name)

    return Plan(sheet, {}, image_of=image_of).key(Place(0, "A"))


def test_a_replaced_image_of_a_row_has_no_answer_and_the_old_one_has_it_again(tmp_path: Path):
    talk = Conversation((message("user", "What is it?"),))
    sheet = Sheet("Cats", Workspace(talk), ("file",), (Row(1, ("cat.png",)),), images="file")
    file = tmp_path / "cat.png"
    keys: list[str] = []
    for content in (None, b"one", b"other", b"one"):
        if content:
            file.write_bytes(content)
            os.utime(file, ns=(len(keys), len(keys)))
        keys.append(key_of(sheet, tmp_path))
    assert len(set(keys)) == 3
    assert keys[1] == keys[3]
    file.rename(tmp_path / "renamed.png")
    assert key_of(replace(sheet, rows=(Row(1, (" renamed.png",)),)), tmp_path) == keys[1]


def prompt_with(image: Path) -> Sheet:
    turn = replace(message("user", ""), parts=(Image(str(image), image.name), Text("{{word}}")))
    workspace = Workspace(Conversation((turn,))).with_lanes([LaneSettings()])
    return Sheet("Seen", workspace, ("word",), (Row(1, ("x",)),))


def test_a_prompt_keeps_its_images_and_its_answers_when_uploads_are_gone(tmp_path: Path):
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "cat.png").write_bytes(PNG)
    store = SheetStore(tmp_path / "sheets", images_from=[uploads])
    sheet = prompt_with(uploads / "cat.png")
    key = store.create(sheet)
    before = key_of(sheet, tmp_path)
    (uploads / "cat.png").unlink()
    stored = store.stored(key).sheet
    (image,) = stored.workspace.conversation.images
    assert Path(image.path).read_bytes() == PNG
    assert image.name == "cat.png"
    assert key_of(stored, tmp_path) == before
    store.folder.rename(tmp_path / "elsewhere")
    moved = SheetStore(tmp_path / "elsewhere").stored(key).sheet
    assert key_of(moved, tmp_path) == before
    assert store.folder.name not in (tmp_path / "elsewhere" / key / "sheet.json").read_text()


def test_a_sheet_keeps_no_image_from_elsewhere_and_saving_gives_its_own_path(tmp_path: Path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG)
    store = SheetStore(tmp_path / "sheets")
    key = store.create(prompt_with(secret))
    (image,) = store.stored(key).sheet.workspace.conversation.images
    assert (image.path, image.name) == ("", "secret.png")
    saved = SheetStore(store.folder, images_from=[tmp_path]).save(key, prompt_with(secret))
    (image,) = saved.workspace.conversation.images
    assert store.folder / key in Path(image.path).parents
    assert saved == store.stored(key).sheet


def test_a_damaged_zip_file_is_read_or_refused_in_a_sentence():
    dice, whole = random.Random(1), zip_of({"a.png": PNG, "b/c.png": PNG})
    refused = 0
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(4, len(damaged))] = dice.choice((0, 1, 255, dice.randrange(256)))
        try:
            list(images_in("x.zip", bytes(damaged)))
        except InvalidInput:
            refused += 1
    assert 0 < refused < 3000
