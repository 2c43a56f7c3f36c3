"""Images that rows of a sheet name: how many and how large they may be, and those of a ZIP file."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path, PurePath

from core.bounds import LARGEST_FILE, is_cut
from core.errors import InvalidInput
from core.formats.data_urls import image_kind

MOST_IMAGES = 512  # of a sheet
MOST_BYTES = 2**30  # of all of them
LONGEST_NAME = 200  # bytes
MOST_ENTRIES = 2_048  # of a ZIP file: folders and what a system adds are left out
MOST_UNPACKED = 64 * 2**20  # bytes of all of them
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second is an empty one
ENTRY = b"PK\x01\x02"  # begins each line of its directory
UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')  # in names of files, on one system or another
LEFT_OUT = ("__MACOSX", "Thumbs.db", "desktop.ini")
KINDS = "PNG, JPEG, WebP, GIF, BMP or TIFF"


def image_name(path: str) -> str:
    """The name without its folders. Raises InvalidInput for what is no name of a file."""
    name = PurePath(path.replace("\\", "/")).name
    if not name or name.startswith(".") or is_cut(name) or UNSAFE.search(name):
        raise InvalidInput(f"An image is called {name[:40]!r}. Rename the file.")
    if (size := len(name.encode())) > LONGEST_NAME:
        raise InvalidInput(
            f"The name {name[:40]}… has {size:,} bytes; {LONGEST_NAME} are allowed. Rename the "
            "file."
        )
    return name


def check_images(folder: Path, known: Collection[str], name: str, size: int) -> None:
    """Whether an image of so many bytes may be added to those of a sheet. Raises InvalidInput."""
    if len({*known, name}) > MOST_IMAGES:
        raise InvalidInput(f"A sheet has at most {MOST_IMAGES} images. Use fewer.")
    others = sum(_size(folder / one) for one in known if one != name)
    if others + size > MOST_BYTES:
        raise InvalidInput(
            f"The images of the sheet would have {(others + size) / 2**20:,.0f} MB; "
            f"{MOST_BYTES >> 20:,} are allowed. Make them smaller."
        )


# What zipfile raises for damaged files: of an empty name it asks for the last character.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError,
    ValueError, IndexError,
)  # fmt: skip


def images_in(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The image itself, or those of a ZIP file, one by one, each with its name; what else a ZIP
    file holds has no content. Raises InvalidInput for anything else, and for a ZIP file that
    does not keep its bounds.
    """
    if not content.startswith(ZIP):
        if not image_kind(content):
            raise InvalidInput(f"{name} is not a {KINDS}, nor a ZIP file of such images.")
        yield name, content
        return
    if (count := content.count(ENTRY)) > MOST_ENTRIES:
        raise InvalidInput(f"{name} has {count:,} files; {MOST_ENTRIES:,} are read. Split it.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = _entries(name, archive)
            for one, entry in entries.items():
                image = _unpacked(name, archive, entry)
                yield one, image if image_kind(image) else b""
    except InvalidInput:
        raise
    except DAMAGED as error:
        raise InvalidInput(f"{name} can't be read as a ZIP file. Make it again.") from error


def _entries(name: str, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Its files by the names that they get, checked before one is unpacked."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        path = PurePath(entry.filename.replace("\\", "/"))
        if ".." in path.parts or path.is_absolute():
            raise InvalidInput(f"{name} has a file whose path leads out of it. Make it again.")
        mode = entry.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InvalidInput(f"{name} has a link or a device. Put the images themselves in it.")
        hidden = any(part.startswith(".") or part in LEFT_OUT for part in path.parts)
        if entry.is_dir() or hidden:
            continue
        if entry.flag_bits & 1:
            raise InvalidInput(f"{name} has a password. Make it without one.")
        if entry.file_size > LARGEST_FILE:
            raise InvalidInput(
                f"{path.name[:40]} in {name} has {entry.file_size / 2**20:,.1f} MB; the limit is "
                f"{LARGEST_FILE >> 20} MB."
            )
        one = image_name(entry.filename)
        if one in found:
            raise InvalidInput(f"{name} has two files called {one}. Rename one.")
        found[one] = entry
    unpacked = sum(entry.file_size for entry in found.values())
    if unpacked > MOST_UNPACKED:
        raise InvalidInput(
            f"{name} has {unpacked / 2**20:,.0f} MB when it is unpacked; {MOST_UNPACKED >> 20} are "
            "read. Split it."
        )
    return found


def _unpacked(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Never more than its directory says, which was checked."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidInput(
            f"{name} is compressed in a way that is not supported. Use the usual one."
        )
    with archive.open(entry) as file:
        return file.read(entry.file_size)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # removed by somebody
        return 0
