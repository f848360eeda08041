"""What tests share stands beside the benchmarks: the makers of synthetic X12 with known rows."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
