"""Lets the tests of this folder import the runs of tests/pipeline and the random lives of tests/oracle."""

import os
import sys
from pathlib import Path

import pytest

for folder in ("pipeline", "oracle"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))


@pytest.fixture(autouse=True)
def _no_outer_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CPT01939_")]:
        monkeypatch.delenv(name)
