"""`cpt01939 explain`."""

from __future__ import annotations

from dataclasses import asdict

from flows.commands.console import Common, show, show_json
from flows.errors import CATALOGUE, Entry, ProductError


def explain(code: str | None = None, /, *, common: Common = Common()) -> int:  # noqa: B008
    """What an error or quarantine code means and what to do; without a code: all of them.

    Example: cpt01939 explain E_BUSY
    """
    catalogue = CATALOGUE | row_rules()
    if code is not None and code not in catalogue:
        raise ProductError("E_UNKNOWN_CODE")
    chosen = {code: catalogue[code]} if code else catalogue
    if common.json:
        show_json({"codes": {name: asdict(entry) for name, entry in chosen.items()}})
        return 0
    for name, entry in chosen.items():
        show(f"{name}\n  {entry.meaning}\n  What to do: {entry.cure}")
    return 0


def row_rules() -> dict[str, Entry]:
    """The codes of rejected files and quarantined rows, in the words of the rules themselves."""
    from flows.row_codes import ROW_CODES

    return ROW_CODES
