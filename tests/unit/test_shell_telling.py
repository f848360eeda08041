"""What people see of a run while it goes on: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from flows.failpoints import STAGES
from flows.telling import STEP_WORDS, Lines, on_stderr

TOLD = """
from flows.telling import on_stderr
teller = on_stderr()
teller.stage("intake")
teller.done(1, 4)
teller.say("a [sentence] of a run")
teller.stage("tables")
teller.close()
"""


def test_elsewhere_each_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    teller = on_stderr()
    assert isinstance(teller, Lines)
    teller.stage("intake")
    teller.done(1, 4)
    teller.say("a sentence")
    teller.close()
    assert capsys.readouterr().err == "intake: reading files and checking rows\na sentence\n"


def test_every_step_says_in_words_what_it_does() -> None:
    """The failpoints list every step of a run in order, and places inside some of them."""
    places = ("lock", "merged", "publish_folder", "publish_manifest", "publish_stable", "publish_audience")
    assert list(STEP_WORDS) == [stage for stage in STAGES if stage not in places]


def test_on_a_terminal_bars_grow() -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-c", TOLD], stderr=theirs, stdout=subprocess.PIPE, env=environment, timeout=60
    )
    os.close(theirs)
    told = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 0
    assert done.stdout == b""
    assert "a [sentence] of a run" in told
    assert "4/4" in told
    assert "tables" in told
