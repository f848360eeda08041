"""Which codes a run keeps, repairs, or takes for a damaged code in scope."""

from __future__ import annotations

import re

import polars as pl
import pytest

from schemas.rules import Rules
from transforms.intake.scope import code_folded, kept_codes, near_scope_pattern, repaired, repairs

SCOPE = Rules().scope


def wide(text: str) -> str:
    """Full-width forms of digits and letters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


DAMAGED = [
    "O1939",
    "o1939",
    "Q1939",
    "OI939",
    "0l939",
    "01939.0",
    "01939.00",
    "1939.0",
    "01939-QK",
    "01939 QK",
    "01939QK",
    "01939,AA",
    "01939-QK-QS",
    "'01939",
    "'1939",
    '"01939"',
    "=01939",
    "1.939E3",
    "1.939E+3",
    "1.939E+03",
    "1.9390E+03",
    "0193 9",
    "01 939",
    "0 1939",
    "001939",
    wide("01939"),
    wide("1939"),
    wide("O1939"),
    "0193\uff19",
    "01937.0",
    "O1942",
]
OTHERS = [
    "99213",
    "64633",
    "01936",
    "01935",
    "00300",
    "01992",
    "1936",
    "19390",
    "11939",
    "21939",
    "G1939X",
    "93901",
    "019391",
    "J1939",
    "01939123",
    "1.9E3",
    "",
    "ANESTHESIA 1939 NOTE",
    wide("99213"),
    "caf\xe9",
]


def kept(codes: list[str | None]) -> list[bool]:
    frame = pl.DataFrame({"code": codes}, schema={"code": pl.String})
    return frame.select(kept_codes("code", SCOPE))["code"].to_list()


@pytest.mark.parametrize("code", [*SCOPE, *(code.lstrip("0") for code in SCOPE), " 01939", "01939 "])
def test_codes_in_scope_are_kept(code: str) -> None:
    assert kept([code]) == [True]


@pytest.mark.parametrize("code", DAMAGED, ids=ascii)
def test_what_looks_like_a_damaged_code_is_kept_to_be_quarantined(code: str) -> None:
    assert kept([code]) == [True]


@pytest.mark.parametrize("code", OTHERS, ids=ascii)
def test_other_codes_are_left_out(code: str) -> None:
    assert kept([code]) == [False]


def test_no_code_is_out_of_scope() -> None:
    assert kept([None]) == [False]


def test_the_quick_search_lets_every_match_of_the_pattern_through() -> None:
    pattern = re.compile(near_scope_pattern(SCOPE))
    every = [
        *DAMAGED,
        *OTHERS,
        *(f"{n:05d}" for n in range(1900, 2000)),
        *(f"{n}" for n in range(1900, 2000)),
    ]
    frame = pl.DataFrame({"code": every})
    text = frame.select(code_folded(pl.col("code")))["code"].to_list()
    wanted = [
        code in SCOPE or bool(pattern.search(as_read)) for code, as_read in zip(every, text, strict=True)
    ]
    assert kept(every) == wanted


def test_repairs_follow_the_scope() -> None:
    assert repairs(("01939", "A1939")) == {"1939": "01939"}
    frame = pl.DataFrame({"code": ["1939", "1940", "01939", "64633"]})
    assert frame.select(repaired("code", ("01939",)))["code"].to_list() == ["01939", "1940", "01939", "64633"]
    assert kept(["1943"]) == [False]
