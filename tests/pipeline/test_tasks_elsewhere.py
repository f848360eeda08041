"""A step performed in another process: what it is told holds no key, and it does the same there."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

from small_runs import KEY, deliver, environment_for, settings_for

from flows.run import open_run
from flows.steps.discover import discover_new
from flows.steps.intake import intake

ELSEWHERE = """
import json, pickle, sys
from flows.steps.intake import intake

run, listings = pickle.load(sys.stdin.buffer)
print(json.dumps([intake(run, listing) for listing in listings], default=str))
"""
"""A process that did not open the run: the key and the settings are those of its environment."""


def test_a_step_needs_nothing_but_its_arguments_and_the_environment(tmp_path: Path) -> None:
    deliver(tmp_path, "claims/claims_0.csv", "remits/remits_0.csv")
    with open_run(settings_for(tmp_path, batch_files=1), "nightly") as run:
        listings = discover_new(run).listings
        told = pickle.dumps((run, listings))
        assert KEY.encode() not in told
        assert b"claims_0" not in told, "the name of a file"
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE],
            input=told,
            env=environment_for(CPT01939_DATA=str(tmp_path), CPT01939_SETTLE_SECONDS="0"),
            capture_output=True,
            check=True,
        )
        here = [intake(run, listing) for listing in listings]
        assert len(here) == 2
        assert json.loads(done.stdout) == json.loads(json.dumps(here, default=str))
