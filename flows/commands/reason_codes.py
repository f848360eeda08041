"""What payers' codes mean here: adjustment reasons (CARC), denial categories and remarks (RARC), from the
reference data.

The files are read plainly, without the checks of a run: an error of the reference data has to be explained
too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Final

from flows.errors import Entry
from flows.settings import shipped

_GROUP: Final = re.compile(r"^(?:CO|OA|PI|PR|CR)-", re.IGNORECASE)
_ADJUSTMENT: Final = re.compile(r"^(?:[1-9][0-9]{0,2}|[A-Z][0-9]{1,2})$")
REMARK: Final = re.compile(r"^(?:M|MA|N)[0-9]{1,4}$")
UNCLASSIFIED: Final = "unclassified"
_TREATMENTS: Final[dict[str, tuple[str, str]]] = {
    "denial": ("A line that is paid nothing for this reason counts as denied.", ""),
    "patient_share": (
        "The patient owes it. Under group PR (patient responsibility) it is part of the allowed amount.",
        "Bill the patient, or the next insurer.",
    ),
    "duplicate": (
        "The payer says that it got the claim twice. This is not a denial. Any other answer to the "
        "claim counts instead.",
        "Look for the first answer. To correct a claim, send a replacement (frequency 7), not the "
        "same claim again.",
    ),
    "prior_payer": (
        "Another payer decided first, so this answer comes from a secondary payer. The benchmark "
        "does not use it.",
        "Nothing. The primary payer's answer is the one that counts.",
    ),
    "capitation": (
        "The contract pays a fixed amount per month instead of per claim. This is not a denial. The "
        "line counts in zero_pay_other_lines.",
        "Nothing is needed if the contract says so.",
    ),
    "contractual": (
        "It is the part of the charge that the contract does not allow. It is not a denial, and not "
        "part of the allowed amount.",
        "Nothing is needed if it fits the contract (config/contracts.csv, table contract_variance).",
    ),
    "information": (
        "It is information about the claim, not a denial. With this reason, an allowed amount above "
        "the charge is accepted.",
        "Nothing.",
    ),
    "price_neutral": (
        "It changes the payment but not the price. It is added back to the paid amount to find the "
        "allowed amount.",
        "Nothing.",
    ),
}
"""Treatment of table `carc` -> what it does to a line, what to do (empty: that of its category)."""
OF_THEIR_OWN: Final[dict[str, tuple[str, str]]] = {
    "100": (
        "The payer paid the patient. Under group PR (patient responsibility) it counts as paid, and "
        "is part of the allowed amount.",
        "Collect it from the patient.",
    ),
}
"""Adjustment reasons that differ from the others of their treatment."""


def reason_codes() -> dict[str, Entry]:
    """Every adjustment reason, denial category and remark of the reference data."""
    categories = {row["denial_category"]: row for row in _rows("denial_categories")}
    found = {name: _of_category(row) for name, row in categories.items()}
    found |= {row["carc"]: _of_reason(row, categories) for row in _rows("carc")}
    return found | {row["rarc"]: _of_remark(row["rarc"], row["short_meaning"]) for row in _rows("rarc")}


def payers_code(code: str) -> tuple[str, Entry] | None:
    """A code as it stands in a table or a remittance (`45`, `CO-45`, `N130`), with its entry.

    One that is in no list here has an entry too: payers use more of them. None: it has the shape of none.
    """
    plain = _GROUP.sub("", code).upper()
    known = reason_codes()
    for name in (code, code.lower(), plain):
        if name in known:
            return name, known[name]
    if REMARK.match(plain):
        return plain, _of_remark(plain, "not in the list of this program")
    if _ADJUSTMENT.match(plain):
        meaning = (
            f"Adjustment reason {plain} (CARC): not in the list of this program. A line that is paid nothing"
        )
        cure = "Look the code up in the X12 code list. A row in data/reference/carc.csv gives it a category."
        return plain, Entry(f"{meaning} for it counts as denied, category {UNCLASSIFIED}.", cure, 0)
    return None


def _rows(table: str) -> Iterator[dict[str, str]]:
    path = shipped("reference") / f"{table}.csv"
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream)


def _of_category(row: dict[str, str]) -> Entry:
    meaning = f"Denial category, {row['category_name']}: {row['meaning']}."
    return Entry(meaning, _sentence(row["usual_cure"]), 0)


def _of_reason(row: dict[str, str], categories: dict[str, dict[str, str]]) -> Entry:
    does, cure = OF_THEIR_OWN.get(row["carc"]) or _TREATMENTS[row["treatment"]]
    category = row["denial_category"]
    if row["is_denial"] == "true" and row["treatment"] != "denial":
        does += f" A line without an allowed amount counts as denied, category {category}."
    elif category:
        does += f" Its category is {category}."
    if row["is_prior_authorization"] == "true":
        does += " Such lines count in prior_auth_denied_lines."
    meaning = f"Adjustment reason {row['carc']} (CARC): {row['short_meaning']}. {does}"
    return Entry(meaning, cure or _sentence(categories[category]["usual_cure"]), 0)


def _of_remark(code: str, meaning: str) -> Entry:
    cure = "Read it together with the adjustment reason. The X12 code list has the full text."
    return Entry(f"Remark {code} (RARC): {meaning}.", cure, 0)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
