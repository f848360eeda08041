"""`cpt01939 explain`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict

from flows.commands.console import Common, show, show_json
from flows.errors import CATALOGUE, Entry, ProductError


def explain(code: str | None = None, /, *, common: Common = Common()) -> int:  # noqa: B008
    """What a code means and what to do; without a code: all of them.

    Codes of errors, of files refused and rows in quarantine, of findings, of the columns withheld and
    denial_category, and payers' reasons: 45, CO-45, N130.
    Example: cpt01939 explain E_BUSY
    """
    chosen = every_code() if code is None else dict([entry_of(code)])
    if common.json:
        show_json({"codes": {name: asdict(entry) for name, entry in chosen.items()}})
        return 0
    for name, entry in chosen.items():
        show(f"{name}\n  {entry.meaning}\n  What to do: {entry.cure}")
    return 0


def entry_of(code: str) -> tuple[str, Entry]:
    """A code, as any command or table shows it, and its entry; E_UNKNOWN_CODE, perhaps with codes like it."""
    from flows.commands.reason_codes import payers_code

    code = code.strip().partition(":")[0]  # a column or position may follow
    known = all_codes()
    for name in (code, code.upper(), code.lower()):
        if name in known:
            return name, known[name]
    if found := payers_code(code):
        return found
    raise ProductError("E_UNKNOWN_CODE", _like(code, known))


def _like(code: str, known: Iterable[str]) -> str:
    """Codes that a mistyped one is like; what was typed is not said again."""
    found = difflib.get_close_matches(code.lower(), [name.lower() for name in known], n=3)
    return f"like it: {', '.join(name for name in known if name.lower() in found)}" if found else ""


def every_code() -> dict[str, Entry]:
    """All codes, those of payers at the end."""
    from flows.commands.reason_codes import reason_codes

    return all_codes() | reason_codes()


def all_codes() -> dict[str, Entry]:
    """Errors of a run, what becomes of files, reasons to reject one, rules that quarantine a row, findings,
    and why a value is withheld.

    Each list has its own home.
    """
    from flows.readers.rejections import REJECTIONS
    from flows.store.ledger import OUTCOMES
    from schemas.validation import QUARANTINE_RULES, VALUE_FINDINGS
    from schemas.withheld import WITHHELD_REASONS
    from transforms.x12.findings import FINDINGS

    of_files = {**FINDINGS, **REJECTIONS, **QUARANTINE_RULES, **VALUE_FINDINGS, **OUTCOMES}
    told = {**of_files, **WITHHELD_REASONS}
    return CATALOGUE | {code: Entry(meaning, cure, 0) for code, (meaning, cure) in sorted(told.items())}
