"""Images of rows as they are uploaded, also in ZIP files."""

from __future__ import annotations

from pathlib import PurePath

from components.sheets.open_sheet import OpenSheet
from components.sheets.sheet_input import Asked, upload_content
from components.wording import counted
from core.errors import InvalidInput
from core.sheets.row_images import KINDS, MOST_IMAGES, image_name, images_in

MOST_NAMED = 5  # files of a ZIP file that are left out


def with_images(sheet: OpenSheet, ask: Asked) -> list[str]:
    """Keep them, one after the other; returns notes. Raises InvalidInput; those before stay."""
    files = [one for one in ask.files or () if isinstance(one, dict)]
    if len(files) > MOST_IMAGES:
        raise InvalidInput(
            f"There are {len(files):,} images; at most {MOST_IMAGES} are allowed at once."
        )
    added, left_out = 0, list[str]()
    for one in files:
        name = image_name(PurePath(str(one.get("name") or "")).name)
        for image, content in images_in(name, upload_content(one.get("file"), name)):
            if content:
                sheet.keep_image(image, content)
                added += 1
            else:
                left_out.append(image)
    if not added:
        raise InvalidInput(f"None of these files is a {KINDS}. Choose others.")
    more = len(left_out) - MOST_NAMED
    named = ", ".join(left_out[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    notes = [f"{counted(added, 'image')} added."]
    return [*notes, f"Skipped, because they are not images: {named}."] if left_out else notes
