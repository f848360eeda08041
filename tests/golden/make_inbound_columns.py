"""Writes docs/inbound_columns.md from the definitions of the inbound columns (`make docs`)."""

from __future__ import annotations

from pathlib import Path

from schemas.inbound_page import inbound_page

DOCUMENT = Path(__file__).parents[2] / "docs" / "inbound_columns.md"

if __name__ == "__main__":
    DOCUMENT.write_text(inbound_page(), encoding="utf-8")
