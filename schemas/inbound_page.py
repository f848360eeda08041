"""The page that lists the columns of inbound files, made from their definitions."""

from __future__ import annotations

from schemas.inbound import COLUMNS, Kind
from schemas.inbound_column import InboundColumn

_HEAD = """# Columns of inbound files

`make docs` writes this page from `schemas/inbound_claims.py` and `schemas/inbound_remits.py`. A test
compares them.

The columns may be in any order. Additional columns are dropped and reported. A column that is not required
may be empty or missing. A row goes to quarantine if a required value is missing or cannot be read. If an
optional value cannot be read, it is dropped and counted, and the row stays. The pipeline works out allowed
amounts and denials from `adjustments` and `claim_adjustments`. Without them a line never counts as denied,
and it has a price only if `allowed_amount` is given.

The source is the element of the X12 transaction (version 5010) that the value comes from. `NM1*85 09` is
element 09 of the segment NM1 with the qualifier 85. The word "identifier" marks a personal value. The store
keeps only a keyed hash of it, an age, or whether it is present. [Inbound files](inbound.md) says how to
write dates, amounts and empty values.
"""
TITLES: dict[Kind, str] = {
    "claim_lines": "## Claim lines\n\nOne row per service line of each submission of a claim (X12 837P).",
    "remit_lines": "## Remit lines\n\nOne row for each service payment line of a remittance (X12 835).",
}
TABLE = "| column | required | meaning | unit | source | example |\n|---|---|---|---|---|---|"


def inbound_page() -> str:
    """The page as Markdown."""
    parts = [_HEAD.rstrip()]
    for kind, title in TITLES.items():
        parts.append(title)
        parts.append("\n".join([TABLE, *(_row(column) for column in COLUMNS[kind])]))
    return "\n\n".join(parts) + "\n"


def _row(column: InboundColumn) -> str:
    meaning = column.description + (" (identifier)" if column.sensitivity == "phi" else "")
    example = f"`{column.example}`" if column.example else ""
    cells = (
        f"`{column.name}`",
        "yes" if column.is_required else "",
        meaning,
        column.unit,
        column.source,
        example,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
