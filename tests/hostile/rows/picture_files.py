"""Image files that nobody should have to open, each made when it is needed."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def png(width: int = 8, height: int = 8, color: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(file, "PNG")
    return file.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of that many pixels a side, black, whole, and about a thousandth of them in bytes."""
    rows = zlib.compressobj(9)
    line = bytes(1 + (side + 7) // 8)
    data = b"".join(rows.compress(line * 64) for _ in range(side // 64)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side // 64 * 64, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + END


def claims(width: int, height: int) -> bytes:
    """A PNG that says it is so large and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + END


def commented(size: int) -> bytes:
    """A small PNG with a text in it that unpacks to that many bytes."""
    text = b"Comment\0\0" + zlib.compress(bytes(size), 9)
    whole = png()
    return whole[:33] + _chunk(b"zTXt", text) + whole[33:]


def gif(frames: int) -> bytes:
    """An animation of one pixel."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + frame * frames + b"\x3b"


def svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


END = _chunk(b"IEND", b"")
