"""`cpt01939 explain`."""

from __future__ import annotations

from dataclasses import asdict

from flows.commands.console import Common, show, show_json
from flows.errors import CATALOGUE, Entry, ProductError


def explain(code: str | None = None, /, *, common: Common = Common()) -> int:  # noqa: B008
    """What an error or quarantine code means and what to do; without a code: all of them.

    Example: cpt01939 explain E_BUSY
    """
    entries = all_codes()
    code = code.partition(":")[0] if code else None  # a column or position may follow
    if code is not None and code not in entries:
        raise ProductError("E_UNKNOWN_CODE")
    chosen = {code: entries[code]} if code else entries
    if common.json:
        show_json({"codes": {name: asdict(entry) for name, entry in chosen.items()}})
        return 0
    for name, entry in chosen.items():
        show(f"{name}\n  {entry.meaning}\n  What to do: {entry.cure}")
    return 0


def all_codes() -> dict[str, Entry]:
    """Errors of a run, reasons to reject a file and rules that quarantine a row.

    Each list has its own home.
    """
    from flows.readers.rejections import REJECTIONS
    from schemas.validation import QUARANTINE_RULES, VALUE_FINDINGS
    from transforms.x12.findings import FINDINGS

    of_files = {**FINDINGS, **REJECTIONS, **QUARANTINE_RULES, **VALUE_FINDINGS}
    return CATALOGUE | {code: Entry(meaning, cure, 0) for code, (meaning, cure) in sorted(of_files.items())}
