"""Counts of intake and resolution by payer and month."""

from __future__ import annotations

from datetime import date

import polars as pl
import table_lines
from table_lines import paid

from schemas.pandera_schemas import pandera_schema
from schemas.rules import DisclosureRules, Rules
from schemas.tables import DATA_QUALITY
from transforms.protect.audience_tables import protect_tables
from transforms.tables.data_quality import data_quality, resolved_counts

JANUARY = date(2024, 1, 1)
INTAKE = ("rows_read", "in_scope", "accepted", "quarantined", "repaired", "rejected_files", "findings")


def counted(**values: object) -> dict[str, object]:
    """One row of the counts of intake: of an Aetna file in January, nothing counted unless it says so."""
    row: dict[str, object] = {
        "file_key": "f",
        "source": "claim_lines",
        "payer_id": "60054",
        "payer_name": "AETNA",
        "month": JANUARY,
        "rule_code": None,
        **dict.fromkeys(INTAKE, 0),
    }
    return row | values


def quality(*rows: dict[str, object]) -> pl.LazyFrame:
    return pl.DataFrame(list(rows), schema=table_lines.QUALITY_SCHEMA, orient="row").lazy()


def remits(*outcomes: str) -> pl.LazyFrame:
    rows = [
        {
            "file_key": "r",
            "row_number": i,
            "payer": "aetna",
            "remit_month": JANUARY,
            "outcome": outcome,
            "is_reversal": False,
            "reversal_unmatched": outcome == "unlinked",
            "reversal_amount_mismatch": i == 0,
            "role_assumed_primary": i == 0,
            "loosely_linked": i == 0,
            "in_scope": True,
        }
        for i, outcome in enumerate(outcomes)
    ]
    return pl.DataFrame(rows, schema=table_lines.REMIT_SCHEMA, orient="row").lazy()


def build(
    intake: pl.LazyFrame, lines: pl.LazyFrame | None = None, answers: pl.LazyFrame | None = None
) -> pl.DataFrame:
    counts = resolved_counts(
        table_lines.lines() if lines is None else lines,
        table_lines.no_remits() if answers is None else answers,
    )
    return data_quality(
        counts,
        intake,
        date(2024, 6, 30),
        Rules(),
        table_lines.reference(),
    )


def row(frame: pl.DataFrame, **keys: object) -> dict[str, object]:
    wanted = {"payer": "aetna", "source": "claim_lines", "rule_code": "all", "period_type": "month"} | keys
    found = frame.filter(pl.col(name) == value for name, value in wanted.items())
    assert found.height == 1, found
    return found.row(0, named=True)


def test_rules_stand_beside_the_whole_and_payers_roll_up() -> None:
    made = build(
        quality(
            counted(rows_read=100, in_scope=60, accepted=40),
            counted(rule_code="bad_date", quarantined=15),
            counted(rule_code="bad_npi", quarantined=5),
            counted(payer_id="62308", payer_name="CIGNA", rows_read=7),
        )
    )
    whole = row(made)
    assert [whole[name] for name in INTAKE[:4]] == [100, 60, 40, 20]
    assert row(made, rule_code="bad_date")["quarantined"] == 15
    assert row(made, payer="all")["rows_read"] == 107
    assert (row(made, payer="all")["is_rollup"], whole["is_rollup"]) == (True, False)


def test_a_rejected_file_stands_without_payer_and_month() -> None:
    made = build(
        quality(
            counted(
                source="file",
                payer_id=None,
                payer_name=None,
                month=None,
                rule_code="truncated",
                rejected_files=1,
            )
        )
    )
    told = row(made, payer="unknown", source="file", rule_code="truncated", period_type="undated")
    assert (told["rejected_files"], told["period_start"], told["is_mature"]) == (1, None, None)


def test_findings_of_raw_x12_stand_by_rule_beside_their_sum() -> None:
    found = counted(source="x12", payer_id=None, payer_name=None)
    made = build(
        quality(
            found | {"rule_code": "line_unbalanced", "findings": 12},
            found | {"rule_code": "line_unbalanced", "findings": 3, "file_key": "g"},
            found | {"rule_code": "segment_count", "findings": 1},
        )
    )
    keys: dict[str, object] = {"payer": "unknown", "source": "x12"}
    counts = {
        rule: row(made, rule_code=rule, **keys)["findings"]
        for rule in ("line_unbalanced", "segment_count", "all")
    }
    assert counts == {"line_unbalanced": 15, "segment_count": 1, "all": 16}
    assert row(made, rule_code="all", **keys)["rejected_files"] == 0
    shown = protect_tables({"data_quality": made}, DisclosureRules.of("standard"))["data_quality"]
    assert row(shown, rule_code="segment_count", payer="all", source="x12")["findings"] is None


def test_what_resolution_found() -> None:
    lines = table_lines.lines(
        paid(36_000, unbalanced=True),
        paid(36_000, allowed_conflict=True, line_of_business_doubtful=True),
        {"standing": "superseded", "payer": "other"},
    )
    made = build(
        quality(), lines, remits("linked", "unlinked", "ambiguous", "crossover", "crossover", "duplicate")
    )
    claims, answers = row(made), row(made, source="remit_lines")
    counts = (
        "unbalanced_lines",
        "allowed_conflicts",
        "doubtful_line_of_business_lines",
        "unmapped_payer_lines",
    )
    assert [claims[name] for name in counts] == [1, 1, 1, 0]
    assert row(made, payer="other")["unmapped_payer_lines"] == 1
    counts = ("unlinked_remits", "ambiguous_remits", "crossover_remits", "unmatched_reversals")
    assert [answers[name] for name in counts] == [1, 1, 2, 1]
    counts = ("copied_remits", "loosely_linked_remits", "assumed_primary_remits", "mismatched_reversals")
    assert [answers[name] for name in counts] == [1, 1, 1, 1]


def test_protected_counts_stand_by_payer_or_by_month_rounded() -> None:
    """Contract section 6, standard 5: not both; every term rounded, 1 to 10 null."""
    made = build(quality(counted(rows_read=102, in_scope=61, accepted=56, quarantined=5)))
    shown = protect_tables({"data_quality": made}, DisclosureRules.of("standard"))["data_quality"]
    assert shown.filter(period_type="month")["payer"].unique().to_list() == ["all"]
    assert set(shown.filter(pl.col("payer") != "all")["period_type"]) == {"all"}
    told = shown.filter(rule_code="all", source="claim_lines", payer="all", period_type="month").row(
        0, named=True
    )
    assert [told[name] for name in INTAKE[:4]] == [100, 60, 55, None]
    pandera_schema(DATA_QUALITY.schema()).validate(shown)
