"""What the tests of the publication share stands beside them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))

import pytest  # noqa: E402
from releases import make_release  # noqa: E402


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that analysts read: a folder per audience."""
    return make_release(tmp_path_factory.mktemp("release") / "data")
