"""A7: a data folder that spans file systems is refused at the start: nothing could be renamed across them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_runs import environment_for, tree

APART = 'mount -t tmpfs none "$1" && shift && exec "$@"'
"""A second file system that only this process sees, and that goes with it."""


def with_a_mount(place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command in a name space of its own, where a new file system is mounted on a folder."""
    return subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", APART, "sh", str(place), *command],
        env=environment_for(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("place", ["benchmarks", "store/resolved"])
def test_a_folder_on_another_file_system_is_refused_at_the_start(night_data: Path, place: str) -> None:
    if shutil.which("unshare") is None or with_a_mount(night_data / place, "true").returncode:
        pytest.skip("no second file system can be mounted here (unshare, user name spaces)")
    before = tree(night_data)
    told = with_a_mount(
        night_data / place, sys.executable, "-m", "flows", "run", "--plain", "--data", str(night_data)
    )
    assert told.returncode == 6, told.stderr
    assert "E_DATA_FOLDER" in told.stderr
    assert "file systems" in told.stderr
    assert tree(night_data) == before
