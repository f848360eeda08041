"""Where the tests write, and which process of several runs them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes that have to be free in memory: the whole suite holds less than half of it at a time."""

# Most of a small run's time is flushing files to the disk: in memory that is nothing.
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a file run in one process, which makes their common fixtures once; long files begin first."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=_is_short)


def _is_short(item: pytest.Item) -> bool:
    marks: Sequence[str] = ("long", "slow")
    return not any(item.get_closest_marker(mark) for mark in marks)
