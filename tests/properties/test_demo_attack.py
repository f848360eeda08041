"""Every withheld count of one procedure code of the demo against a linear programme over all relations.

The code with most lines takes minutes: it is among the benchmarks (`bench_attack_test.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flows.commands.demo_files import write_landing

sys.path[:0] = [str(Path(__file__).parents[1] / "benchmarks"), str(Path(__file__).parent)]
from linear_programme import Programme  # noqa: E402
from neighbourhoods import search  # noqa: E402
from unprotected_tables import of_code, unprotected_tables  # noqa: E402


@pytest.mark.slow
def test_every_withheld_count_of_a_code_of_the_demo_has_three_values(tmp_path: Path) -> None:
    write_landing(tmp_path / "landing")
    programme = Programme(of_code(unprotected_tables(tmp_path), "01940"))
    asked = int(programme.must.sum())
    search(programme)
    narrow = programme.decide()
    assert asked > 5_000
    assert narrow == []
