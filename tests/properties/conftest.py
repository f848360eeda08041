"""Keeps settings of the outer environment away."""

import os

import pytest


@pytest.fixture(autouse=True)
def _no_outer_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CPT01939_")]:
        monkeypatch.delenv(name)
