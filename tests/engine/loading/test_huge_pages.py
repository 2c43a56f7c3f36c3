"""Huge pages: asked for where the system lets a program ask, and nothing elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from engine.loading import huge_pages

MAPS = Path("/proc/self/smaps")
PART = re.compile(r"^AnonHugePages:\s+(\d+) kB", re.M)


def in_huge_pages() -> int:
    """Bytes of this process."""
    return sum(int(kilobytes) * 1024 for kilobytes in PART.findall(MAPS.read_text()))


@pytest.mark.skipif(not huge_pages.can_be_asked_for(), reason="the system doesn't leave the choice")
def test_what_is_said_to_have_moved_lies_in_huge_pages_and_keeps_its_contents():
    weights = torch.arange(16_000_000, dtype=torch.int32)  # 64 MB
    told: list[float] = []
    moved = huge_pages.use_huge_pages(told.append)
    # How much a system can give depends on what is free in one piece; nothing may be all of it.
    assert in_huge_pages() >= moved
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert bool((weights == torch.arange(16_000_000, dtype=torch.int32)).all())


@pytest.mark.skipif(not huge_pages.can_be_asked_for(), reason="the system doesn't leave the choice")
def test_memory_of_others_stays_as_it_is():
    other = torch.ones(16_000_000, dtype=torch.int32)
    assert huge_pages.use_huge_pages(lambda share: None, huge_pages.large_memory()) == 0
    assert int(other.sum()) == len(other)


@pytest.mark.parametrize("setting", ["[always] madvise never", "always madvise [never]", None])
def test_nothing_is_done_elsewhere(setting, tmp_path, monkeypatch):
    file = tmp_path / "enabled"
    if setting is not None:
        file.write_text(setting)
    monkeypatch.setattr(huge_pages, "SETTING", file)
    assert huge_pages.use_huge_pages(lambda share: pytest.fail("it began")) == 0
