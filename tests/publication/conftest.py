"""A release that the tests of the publication share."""

from __future__ import annotations

from pathlib import Path

import pytest
from releases import make_release


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that analysts read: a folder per audience."""
    return make_release(tmp_path_factory.mktemp("release") / "data")
