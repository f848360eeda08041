"""Lets the tests of this folder import what they share, and keeps settings of the outer environment away."""

import os
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "pipeline")]


@pytest.fixture(autouse=True)
def _no_outer_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CPT01939_")]:
        monkeypatch.delenv(name)
