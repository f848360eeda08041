"""The lock: one run at a time, freed by the kernel when its holder dies, with a note that tells of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flows.errors import ProductError
from flows.store.lock import is_held, read_note, run_lock, write_note

HOLD = """
import sys, time
from pathlib import Path
from flows.store.lock import run_lock
with run_lock(Path(sys.argv[1]), "nightly", 0):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_held_for_a_run_and_leaves_no_note(tmp_path: Path) -> None:
    with run_lock(tmp_path, "rerun", 0) as note:
        assert is_held(tmp_path)
        assert read_note(tmp_path) == note
        write_note(tmp_path, note.at("tables"))
        told = read_note(tmp_path)
        assert told is not None
        assert told.stage == "tables"
    assert not is_held(tmp_path)
    assert read_note(tmp_path) is None


def test_the_second_run_learns_who_holds_it_and_a_killed_holder_frees_it(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(ProductError) as caught, run_lock(tmp_path, "nightly", 0):
        pass
    assert caught.value.exit_code == 75
    assert f"pid {holder.pid}" in caught.value.detail
    assert is_held(tmp_path)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    interrupted = read_note(tmp_path)
    assert interrupted is not None
    assert interrupted.pid == holder.pid
    assert not is_held(tmp_path)
    with run_lock(tmp_path, "nightly", 0) as note:
        assert note.run_id != interrupted.run_id


def test_a_waiting_run_gets_the_lock_when_it_is_freed(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    with run_lock(tmp_path, "nightly", 10) as note:
        assert note.kind == "nightly"
    holder.wait()
    holder.stdout.close()


def test_a_damaged_note_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/run.json").write_text("{")
    assert read_note(tmp_path) is None
    with run_lock(tmp_path, "nightly", 0):
        assert is_held(tmp_path)
