"""A layout of a public form says where its facts are from, and marks each one that was not verified there.

What was not verified stands in the record of the look-up of 2026-12-01 (CONTRACT section 3).
"""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

import pytest

from flows.settings import shipped

ROOT = Path(__file__).parents[2]
LAYOUTS = shipped("config") / "layouts"
LOOKED_UP = ROOT / ".." / "shared" / "reference" / "layouts"
INVENTED = {"anesthesia_register", "billing_export", "payer_portal", "posting_export"}
DOUBT = re.compile(r"#.*\b(?:likely|unverified)\b")
RECORDS = {
    "apcd_cdl_medical": "apcd_cdl_medical",
    "bcda_v3_eob_carrier": "bcda_bluebutton_eob_carrier",
    "cms_rif_carrier": "cms_rif_carrier",
    "databricks_x12_835": "databricks_x12_835",
    "databricks_x12_837p": "databricks_x12_837p",
    "hdi_835": "hdi_835_csv",
    "hdi_837p": "hdi_837p_csv",
    "stedi_optum_835_json": "stedi_optum_835_json",
    "tuva_medical_claim": "tuva_medical_claim",
}
"""Layout -> its record among the forms that were looked up."""
_TOGETHER = ("patient_birth_date", "patient_sex")
UNVERIFIED: dict[str, dict[str, tuple[str, ...]]] = {
    "bcda_v3_eob_carrier": {
        "claim_lines": (
            *_TOGETHER,
            "payer_responsibility",
            "billing_provider_npi",
            "billing_provider_state",
            "unit_count",
        ),
        "remit_lines": ("payee_npi", "claim_status_code"),
    },
    "cms_rif_carrier": {
        "claim_lines": (
            *_TOGETHER,
            "claim_frequency_code",
            "payer_responsibility",
            "billing_provider_state",
            "modifier_3",
            "modifier_4",
        ),
        "remit_lines": ("claim_status_code",),
    },
    "hdi_837p": {"claim_lines": ("payer_responsibility",)},
    "stedi_optum_835_json": {
        "remit_lines": (
            "payment_trace",
            "payment_date",
            "payer_id",
            "payer_name",
            "payee_npi",
            "service_date",
        ),
    },
    "tuva_medical_claim": {"claim_lines": _TOGETHER},
}
"""Layout -> kind -> our columns whose source was not verified. Of apcd_cdl_medical its first lines say it."""
OTHER_DOUBTS = {
    "apcd_cdl_medical": ("implied_cents", "[cancelled]"),
    "cms_rif_carrier": ("[cancelled]",),
    "stedi_optum_835_json": ("claim_list",),
}
"""Other parts of a layout that were not verified: how their line begins."""
WHOLE = "apcd_cdl_medical"


def lines_of(layout: str) -> list[str]:
    return (LAYOUTS / f"{layout}.toml").read_text(encoding="utf-8").splitlines()


def head(layout: str) -> str:
    """The comment a file begins with, on one line."""
    told: list[str] = []
    for line in lines_of(layout):
        if not line.startswith("#"):
            break
        told.append(line.removeprefix("#").strip())
    return " ".join(told)


def is_marked(lines: list[str], at: int) -> bool:
    """Whether a line, or the comment right above it, says that its fact was not verified."""
    above = lines[at - 1] if lines[at - 1].lstrip().startswith("#") else ""
    return bool(DOUBT.search(lines[at]) or DOUBT.search(above))


def column_lines(layout: str, kind: str) -> dict[str, int]:
    """Our column -> the number of the line that says where a kind of row has it from."""
    told = tomllib.loads("\n".join(lines_of(layout)))
    section = "[columns]" if told.get("kind") == kind else f"[{kind}.columns]"
    lines = lines_of(layout)
    found: dict[str, int] = {}
    if section not in lines:
        return found
    for at in range(lines.index(section) + 1, len(lines)):
        if lines[at].startswith("["):
            break
        if named := re.match(r"(\w+) = ", lines[at]):
            found[named[1]] = at
    return found


def test_each_public_form_names_its_source_and_what_was_verified() -> None:
    public = {path.stem for path in LAYOUTS.glob("*.toml")} - INVENTED
    assert public == set(RECORDS)
    for layout in public:
        assert re.search(r"Sources?: ", head(layout)), layout
        assert re.search(r"\bverified\b", head(layout)), layout


@pytest.mark.parametrize("layout", UNVERIFIED)
def test_each_column_that_was_not_verified_is_marked(layout: str) -> None:
    lines = lines_of(layout)
    for kind, columns in UNVERIFIED[layout].items():
        places = column_lines(layout, kind)
        assert [name for name in columns if not is_marked(lines, places[name])] == []


@pytest.mark.parametrize("layout", OTHER_DOUBTS)
def test_each_other_part_that_was_not_verified_is_marked(layout: str) -> None:
    lines = lines_of(layout)
    for part in OTHER_DOUBTS[layout]:
        (at,) = [number for number, line in enumerate(lines) if line.startswith(part)]
        assert is_marked(lines, at), part


def test_of_the_common_data_layout_all_but_five_numbers_are_likely() -> None:
    told = "CDLMC024, 119, 123, 125 and 131: these verified, all others likely"
    assert told in head(WHOLE)


@pytest.mark.skipif(not LOOKED_UP.is_dir(), reason="../shared/reference/layouts is absent")
@pytest.mark.parametrize("layout", sorted(set(RECORDS) - {WHOLE}))
def test_nothing_that_the_record_doubts_is_left_unmarked(layout: str) -> None:
    """A doubted column of theirs that a layout reads is marked where it is read."""
    lines = lines_of(layout)
    with (LOOKED_UP / f"{RECORDS[layout]}.csv").open(encoding="utf-8", newline="") as stream:
        doubted = [row for row in csv.DictReader(stream) if row["confidence"] != "verified"]
    unmarked = []
    for row in doubted:
        theirs = set(re.findall(r"[A-Za-z_]{5,}", row["their_column"]))
        for kind, ours in re.findall(r"(claim|remit):(\w+)", row["our_column"]):
            at = column_lines(layout, f"{kind}_lines").get(ours)
            if at is None or (theirs and not any(name in lines[at] for name in theirs)):
                continue
            if not is_marked(lines, at):
                unmarked.append(f"{ours}: {row['their_column']}")
    assert unmarked == []
