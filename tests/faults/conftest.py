"""Folders of data that tests share; keeps settings of the outer environment away."""

import os
import shutil
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_outer_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CPT01939_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a release, and files delivered since. Not to be changed: `data` is a copy."""
    from night_runs import LATER, night
    from small_runs import deliver

    data = tmp_path_factory.mktemp("waiting")
    deliver(data, "claims/claims_0.csv", "remits/remits_0.csv")
    night(data)
    deliver(data, *LATER)
    return data


@pytest.fixture
def night_data(waiting: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    shutil.copytree(waiting, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(scope="session")
def undisturbed(waiting: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is published after a run on it that nothing disturbed."""
    from night_runs import night, tables_after

    data = tmp_path_factory.mktemp("undisturbed") / "data"
    shutil.copytree(waiting, data)
    night(data)
    return tables_after(data)
