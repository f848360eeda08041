"""What the values of an export say beyond their column: words for codes, several values in one, adjustments.

A draft names words of the lists below and forms of values; no value of a file stands in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from schemas.inbound import Kind

Texts = Mapping[str, pl.Series]
"""Their columns as trimmed texts; what is empty is null."""
_WORDS: Final[dict[str, dict[str, str]]] = {
    "claim_frequency_code": {
        **dict.fromkeys(("original", "new", "new claim", "initial", "first"), "1"),
        **dict.fromkeys(("corrected", "replacement", "rebill", "resubmission"), "7"),
        **dict.fromkeys(("void", "voided", "cancel", "cancelled", "canceled"), "8"),
    },
    "payer_responsibility": {
        **dict.fromkeys(("1", "1st", "first", "pri", "prim"), "P"),
        **dict.fromkeys(("2", "2nd", "second", "sec"), "S"),
        **dict.fromkeys(("3", "3rd", "third", "ter", "tert"), "T"),
    },
    "unit_basis": {
        **dict.fromkeys(("minutes", "minute", "min", "mins"), "MJ"),
        **dict.fromkeys(("units", "unit", "u"), "UN"),
    },
    "claim_status_code": {
        **dict.fromkeys(("processed", "paid", "primary", "processed as primary"), "1"),
        **dict.fromkeys(("secondary", "processed as secondary"), "2"),
        **dict.fromkeys(("tertiary", "processed as tertiary"), "3"),
        "denied": "4",
        **dict.fromkeys(("reversed", "reversal", "reversal of previous payment"), "22"),
    },
    "patient_sex": {**dict.fromkeys(("woman", "fem"), "F"), **dict.fromkeys(("man", "mal"), "M")},
}
"""Words that exports use for codes, in lower case."""
CODED: Final = ("claim_frequency_code", "claim_status_code")
"""Columns that exports write as a code and its word: 1 - Original."""
LEADING_CODE: Final = r"^[0-9]{1,2}\s*[-:=.]\s*[A-Za-z]"
_SEPARATORS: Final = ("-", ":", ",", ";", "/", "|", "^", " ")
CODE, MODIFIER = r"[0-9A-Z]{5}", r"[0-9A-Z]{2}"
ICD: Final = r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?"
NAME_AND_ID: Final = r"^.+\(\s*[0-9A-Z]{3,}\s*\)$"
PACKED: Final = (
    r"([A-Z]{2})-?([0-9A-Z]{1,3}) *= *(-?\$?[0-9,]*\.?[0-9]+)",
    r"([A-Z]{2})-?([0-9A-Z]{1,3}) *: *(-?\$?[0-9,]*\.?[0-9]+)",
    r"([A-Z]{2})-?([0-9A-Z]{1,3}) *\((-?\$?[0-9,]*\.?[0-9]+)\)",
    r"([A-Z]{2})-?([0-9A-Z]{1,3}) +(-?\$?[0-9,]*\.?[0-9]+)",
)
_BETWEEN: Final = ("|", ";", ",", "/")
_SLOT: Final = re.compile(
    r"(?:adj|adjustment|cas)[^0-9]*?([0-9])[^0-9]*?(group|grp|reason|rsn|carc|amount|amt)$"
)
SLOT_PARTS: Final = {"grp": "group", "rsn": "reason", "carc": "reason", "amt": "amount"}
AMOUNT_NAMES: Final = {
    **dict.fromkeys(("deductible", "ded", "deductibleamount", "deductibleamt"), "PR-1"),
    **dict.fromkeys(("coinsurance", "coins", "coinsuranceamount", "coinsuranceamt"), "PR-2"),
    **dict.fromkeys(("copay", "copayment", "copayamount", "copaymentamount"), "PR-3"),
    **dict.fromkeys(("writeoff", "contractual", "contractualadjustment", "contractualamount"), "CO-45"),
}
_MOST: Final = 0.8
"""Share of the values that must have a form."""


def with_parts(
    columns: dict[str, tuple[str, bool]], kind: Kind, texts: Texts
) -> tuple[dict[str, tuple[str, bool]], dict[str, str]]:
    """Columns with those that stand in another one, and what is done to each: ours -> keys of a layout."""
    more, rules = dict(columns), {}
    for name in _WORDS:
        if name in columns and (rule := _words(name, texts[columns[name][0]])):
            rules[name] = rule
    if "procedure_code" in columns:
        rules |= _code_and_modifiers(more, columns["procedure_code"][0], texts)
    if "modifier_1" not in rules and "modifier_1" in columns:
        rules |= _several(more, "modifier", MODIFIER, columns["modifier_1"][0], texts)
    if kind == "claim_lines" and "diagnosis_1" in columns:
        rules |= _several(more, "diagnosis", ICD, columns["diagnosis_1"][0], texts)
    if "payer_name" in columns and _share(texts[columns["payer_name"][0]], NAME_AND_ID) >= _MOST:
        rules["payer_name"] = r"pattern = '^(.*?) *\('"
        if "payer_id" not in columns:
            more["payer_id"] = columns["payer_name"][0], True
            rules["payer_id"] = r"pattern = '\( *([0-9A-Z]+) *\)$'"
    return more, rules


def looks_joined(text: pl.Series) -> bool:
    """Whether values are a code with modifiers behind it."""
    return bool(_separator(text, CODE, MODIFIER))


def adjustments(columns: Mapping[str, tuple[str, bool]], texts: Texts) -> list[str]:
    """The lines of [adjustments], found by the look of values and by names; none where nothing is found."""
    used = {
        theirs for ours, (theirs, _) in columns.items() if ours not in ("adjustments", "claim_adjustments")
    }
    free = {name: text for name, text in texts.items() if name not in used}
    for name, text in free.items():
        told = text.drop_nulls()
        for between in _BETWEEN:
            for pattern in PACKED:
                escaped = re.escape(between)
                if _share(told, rf"^{pattern}(?: *{escaped} *{pattern})* *{escaped}?$") >= _MOST:
                    told_of = f"column = {_quoted(name)}, between = {_quoted(between)}"
                    return [f"packed = {{ {told_of}, pattern = '{pattern}' }}"]
    slots = _numbered(free) or _by_name(free)
    return ["slots = [", *(f"  {{ {slot} }}," for slot in slots), "]"] if slots else []


def _words(name: str, text: pl.Series) -> str:
    told = text.drop_nulls().str.to_lowercase()
    if name in CODED and _share(told, LEADING_CODE) >= _MOST:
        return "pattern = '^([0-9]{1,2})'"
    counted = told.value_counts()
    words = {word: code for word, code in _WORDS[name].items() if word in set(counted.to_series())}
    known = told.is_in(list(words)).sum() / max(len(told), 1)
    if known < _MOST / 2:
        return ""
    mapped = ", ".join(f"{_quoted(word)} = {_quoted(code)}" for word, code in words.items())
    return f"map = {{ {mapped} }}"


def _code_and_modifiers(more: dict[str, tuple[str, bool]], theirs: str, texts: Texts) -> dict[str, str]:
    mark = _separator(texts[theirs], CODE, MODIFIER)
    if not mark:
        return {}
    first = 2 if _share(texts[theirs], r"^(?:HC|ER|HP|WK)[^0-9A-Z]") >= _MOST else 1
    rules = {"procedure_code": f"split = {_quoted(mark)}, part = {first}"}
    if "modifier_1" not in more:
        for n in range(1, 5):
            more[f"modifier_{n}"] = theirs, True
            rules[f"modifier_{n}"] = f"split = {_quoted(mark)}, part = {first + n}"
    return rules


def _several(
    more: dict[str, tuple[str, bool]], stem: str, form: str, theirs: str, texts: Texts
) -> dict[str, str]:
    """Several values of one sort in one column, for columns that have none of their own."""
    mark = _separator(texts[theirs], form, form)
    if not mark or f"{stem}_2" in more:
        return {}
    for n in range(2, 5):
        more[f"{stem}_{n}"] = theirs, True
    return {f"{stem}_{n}": f"split = {_quoted(mark)}, part = {n}" for n in range(1, 5)}


def _separator(text: pl.Series, first: str, further: str) -> str:
    """What stands between values: at least one in ten has several, and most are nothing else."""
    told = text.drop_nulls()
    for mark in _SEPARATORS:
        escaped = re.escape(mark)
        one = rf"^(?:(?:HC|ER|HP|WK){escaped})?{first}"
        several = _share(told, rf"{one}(?:{escaped} ?{further})+{escaped}*$")
        if several >= 0.1 and _share(told, rf"{one}(?:{escaped} ?{further})*{escaped}*$") >= _MOST:
            return mark
    return ""


def _numbered(free: Texts) -> list[str]:
    """Adjustments in columns of their own, told by a number in their names."""
    found: dict[str, dict[str, str]] = {}
    for name in free:
        met = _SLOT.search(re.sub(r"[^0-9a-z]", "", name.casefold()))
        if met and not re.search(r"(?i)cl(?:ai)?m", name):
            found.setdefault(met[1], {})[SLOT_PARTS.get(met[2], met[2])] = name
    parts = ("group", "reason", "amount")
    whole = [slot for _, slot in sorted(found.items()) if set(slot) == set(parts)]
    return [", ".join(f"{part} = {_quoted(slot[part])}" for part in parts) for slot in whole]


def _by_name(free: Texts) -> list[str]:
    named = {name: AMOUNT_NAMES.get(re.sub(r"[^a-z]", "", name.casefold()), "") for name in free}
    return [f"always = {_quoted(code)}, amount = {_quoted(name)}" for name, code in named.items() if code]


def _share(text: pl.Series, pattern: str) -> float:
    told = text.drop_nulls()
    return int(told.str.contains(pattern).sum()) / max(len(told), 1)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
