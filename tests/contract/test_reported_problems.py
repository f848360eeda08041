"""Problems that people reported in public, each a check of its own from files to published cells.

The checks lie beside the checkout (`../shared/cases`); without them the test is skipped and says so.
Each runs the command as a user does and exits with 0 where the published numbers are right.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = sorted((Path(__file__).parents[2] / ".." / "shared" / "cases").glob("c[0-9]*.py"))
COMMAND = Path(sys.executable).parent / "cpt01939"
READ_NOW = "encodings_and_separators_are_named"
"""This check asks that UTF-16, cp1252 and semicolons are rejected; contract section 3 says they are read."""

ALONE = [pytest.param(check, marks=pytest.mark.xdist_group(check.stem)) for check in CHECKS]

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.mark.parametrize("check", ALONE or [None], ids=lambda check: check.stem if check else "none")
def test_a_reported_problem_ends_in_right_numbers(check: Path | None) -> None:
    if check is None:
        pytest.skip("no checks of reported problems beside the checkout")
    told = subprocess.run(
        [sys.executable, "-B", check.name],
        cwd=check.resolve().parent,
        env={
            **os.environ,
            "CPT": str(Path(sys.executable).parent / "cpt01939"),
            "CPT01939_PUBLICATION": "false",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if READ_NOW in check.stem:
        assert told.stdout.strip() == "WRONG: encodings: []", "none of the three files is rejected"
        return
    assert told.returncode == 0, told.stdout[-400:] + told.stderr[-400:]
