"""An address as a QR code, so that people in a room can open the page on their own devices."""

from __future__ import annotations

from typing import Any

import segno

LONGEST_ADDRESS = 500  # characters


def qr_code(address: Any) -> list[str]:
    """The code's rows of 0 (light) and 1 (dark), without a margin; none for anything that is not
    the address of a web page, or is too long for a code that a camera reads across a room.
    """
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        return []
    if not address.isascii() or len(address) > LONGEST_ADDRESS:
        return []
    code = segno.make(address, error="m", micro=False)
    return ["".join(map(str, row)) for row in code.matrix]
