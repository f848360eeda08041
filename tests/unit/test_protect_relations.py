"""Tables beside tables: what one publishes must not tell what another leaves out (contract section 6)."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from table_lines import NPIS, denied, paid, tables_of

from schemas.rules import DisclosureRules
from schemas.tables import TABLES
from transforms.protect.audience_tables import protect_tables
from transforms.protect.quality import protected_freshness

Row = dict[str, object]
Tables = dict[str, pl.DataFrame]
MONTH = {"payer": "aetna", "line_of_business": "commercial", "period_type": "month"}
STANDARD = DisclosureRules.of("standard")
LEAST_VALUES = 3


def standard(rows: list[Row]) -> Tables:
    return protect_tables(tables_of(rows), STANDARD)


def one(tables: Tables, name: str, **keys: object) -> Row | None:
    found = tables[name].filter(**(MONTH | keys)).to_dicts()
    return found[0] if found else None


def span(value: object) -> range:
    """Counts that are published as a value; an absent row or a null in one has few people."""
    if value is None:
        return range(0, 11)
    assert isinstance(value, int)
    return (
        range(11, 18)
        if value == 15
        else range(value, value + 1)
        if value == 0
        else range(value - 2, value + 3)
    )


def left_over(whole: object, *parts: object) -> int:
    """How many values a part that is not published can have, by subtraction."""
    most = span(whole)[-1] - sum(span(part)[0] for part in parts)
    least = span(whole)[0] - sum(span(part)[-1] for part in parts)
    return most - max(least, 0) + 1


def lines(count: int, **values: object) -> list[Row]:
    return [paid(36_000, billing_provider_npi=NPIS[i % 4], **values) for i in range(count)]


@pytest.mark.parametrize("hidden", range(1, 11))
def test_data_quality_does_not_tell_the_rows_that_tables_leave_out(hidden: int) -> None:
    """Accepted lines of a month are over all codes: one code of few lines is what the others leave."""
    rows = lines(13) + lines(12, procedure_code="01937") + lines(hidden, procedure_code="01940")
    tables = standard(rows)
    spec = TABLES["data_quality"]
    counts = {m.name: 0 for m in spec.measures} | {"accepted": 25 + hidden}
    keys: Row = {"payer": "all", "period_type": "month", "period_start": date(2024, 1, 1)}
    keys |= {"source": "claim_lines", "rule_code": "all", "is_rollup": True, "is_mature": True}
    quality = pl.DataFrame([keys | counts], schema={c.name: c.dtype for c in spec.columns})
    told = protect_tables({"data_quality": quality}, STANDARD)["data_quality"]
    accepted = told.filter(period_type="month").get_column("accepted")[0]
    shown = [one(tables, "utilization", procedure_code=code) for code in ("01939", "01937")]
    assert one(tables, "utilization", procedure_code="01940") is None
    assert left_over(accepted, *(row["service_lines"] for row in shown if row)) >= LEAST_VALUES


def test_data_quality_stands_by_payer_or_by_month() -> None:
    """Both together would be a table of each payer's month, which no other table leaves out so."""
    spec = TABLES["data_quality"]
    rows: list[Row] = [
        {"payer": payer, "period_type": "month", "period_start": date(2024, month, 1), "is_mature": True,
         "source": "claim_lines", "rule_code": "all", "is_rollup": payer == "all"}
        | {m.name: 40 if payer == "all" else 20 for m in spec.measures}
        for payer in ("aetna", "uhc", "all") for month in (1, 2)
    ]  # fmt: skip
    built = pl.DataFrame(rows, schema={c.name: c.dtype for c in spec.columns})
    told = protect_tables({"data_quality": built}, STANDARD)["data_quality"]
    assert told.filter(period_type="month").get_column("payer").unique().to_list() == ["all"]
    of_payers = told.filter(pl.col("payer") != "all")
    assert of_payers.select("payer", "period_type", "accepted").rows() == [
        ("aetna", "all", 40),
        ("uhc", "all", 40),
    ]


@pytest.mark.parametrize("supervised", [5, 10, 11, 13])
def test_supervised_cases_are_told_as_those_of_modifier_ad(supervised: int) -> None:
    """They are the same cases: told alike, or in neither table."""
    model: Row = {"care_model": "supervised", "modifier_1": "AD", "share": None, "is_unit_priced": False}
    tables = standard(lines(12) + [row | model for row in lines(supervised)])
    row, modifier = one(tables, "case_payment"), one(tables, "modifiers", modifier="AD")
    assert row is not None
    assert row["supervised_cases"] == (modifier["cases"] if modifier else None)


@pytest.mark.parametrize(("first", "second"), [(12, 4), (13, 13), (5, 6), (12, 10)])
def test_denials_for_authorization_do_not_tell_a_reason(first: int, second: int) -> None:
    """Their number is the sum of the reasons 197, 198 and so on."""
    rows = [denied() for _ in range(first)] + [denied(denial_carc="198") for _ in range(second)]
    tables = standard(rows + lines(40))
    whole = one(tables, "denials")
    reasons = [one(tables, "denial_reasons", carc=carc) for carc in ("197", "198")]
    assert whole is not None
    told = [row["service_lines"] if row else None for row in reasons]
    for number, count in enumerate((first, second)):
        if count <= 10:
            others = [value for i, value in enumerate(told) if i != number]
            assert told[number] is None
            assert left_over(whole["prior_auth_denied_lines"], *others) >= LEAST_VALUES


@pytest.mark.parametrize("few", [3, 10, 11])
def test_a_modifier_is_told_as_its_care_model(few: int) -> None:
    """QZ and crna_alone are the same lines: rounded alike, or in neither table."""
    tables = standard(lines(30) + lines(few, care_model="crna_alone", modifier_1="QZ"))
    model, modifier = (
        one(tables, "care_models", care_model="crna_alone"),
        one(tables, "modifiers", modifier="QZ"),
    )
    assert (model is None) == (modifier is None) == (few <= 10)
    if model and modifier:
        names = ("claims", "service_lines", "cases", "patients")
        assert [model[name] for name in names] == [modifier[name] for name in names]


def test_cases_and_claims_of_months_do_not_follow_from_those_of_their_quarter() -> None:
    """They add up over months: of 12 and 13 shown and 4 left out, the quarter says 27 to 31."""
    rows = [
        row | {"service_date": date(2024, month, 10)}
        for month, count in ((1, 12), (2, 13), (3, 4))
        for row in lines(count)
    ]
    tables = standard(rows)
    quarter = one(tables, "utilization", period_type="quarter")
    months = [one(tables, "utilization", period_start=date(2024, month, 1)) for month in (1, 2, 3)]
    assert months[2] is None
    for name in ("cases", "claims", "service_lines"):
        assert quarter is not None
        assert left_over(quarter[name], *(row[name] for row in months if row)) >= LEAST_VALUES


@pytest.mark.parametrize("count", [12, 13])
def test_a_median_does_not_tell_an_even_number(count: int) -> None:
    """It is the price of a line, never the middle between two."""
    rows = [paid(30_000 + 1_000 * i, billing_provider_npi=NPIS[i % 4]) for i in range(count)]
    row = one(standard(rows), "payment")
    assert row is not None
    assert row["allowed_p50"] in {300.0 + 10 * i for i in range(count)}


@pytest.mark.parametrize("unpriced", range(1, 11))
def test_a_price_beside_a_count_that_is_null_leaves_it_open(unpriced: int) -> None:
    """A price that is there says 11 lines or more; how many are not priced stays open."""
    others: list[Row] = [{"adjudication_state": "pending"} for _ in range(unpriced)]
    row = one(standard(lines(16) + others), "sites")
    assert row is not None
    assert row["priced_lines"] is None
    assert row["allowed_p50"] is not None
    most = span(row["service_lines"])[-1] - 11
    assert min(most, 10) >= LEAST_VALUES


def test_the_public_learns_nothing_beside_standard() -> None:
    """Every count of `shared` is made from that of `standard`, other values are the same or null."""
    rows = [
        paid(30_000 + 700 * (i % 37), billing_provider_npi=NPIS[i % 6], charge_cents=60_000 + 500 * (i % 29))
        for i in range(173)
    ]
    built = tables_of(rows)
    inner, outer = (protect_tables(built, DisclosureRules.of(name)) for name in ("standard", "shared"))
    for name in ("payment", "utilization", "care_models", "denials", "timeliness"):
        spec, keys = TABLES[name], TABLES[name].key_names
        both = outer[name].join(inner[name], on=keys, suffix="_inner", validate="1:1")
        assert both.height == outer[name].height > 0
        for m in spec.measures:
            theirs, ours = both.get_column(m.name), both.get_column(f"{m.name}_inner")
            if m.kind in ("population", "count"):
                assert theirs.equals(pl.select((ours + 5) // 10 * 10).to_series().alias(m.name)), m.name
            elif m.kind in ("statistic", "providers", "fact"):
                assert (theirs.is_null() | (theirs == ours).fill_null(False)).all(), m.name


@pytest.mark.parametrize(
    ("before", "after", "told"), [(13, 14, (15, 15)), (17, 18, (15, 20)), (10, 11, (None, 15))]
)
def test_what_two_releases_one_claim_apart_tell(before: int, after: int, told: tuple[object, ...]) -> None:
    """Counts move only where they pass from one window to the next, or a row from 10 to 11.

    A reader who knows that one claim came learns the count then: docs/disclosure.md says so.
    """
    rows = [one(standard(lines(count)), "utilization") for count in (before, after)]
    assert tuple(row["service_lines"] if row else None for row in rows) == told


def fresh(latest: date, payer: str = "aetna") -> pl.DataFrame:
    """Freshness of a payer's answers as of 31 March 2024; files come every week."""
    since = (date(2024, 3, 31) - latest).days
    return pl.DataFrame(
        {
            "payer": payer,
            "last_submitted_on": None,
            "last_payment_date": latest,
            "usual_days_between": 7.0,
            "days_since": since,
            "is_late": since > 14,
        },
        schema_overrides={"last_submitted_on": pl.Date},
    )


def test_freshness_stands_beside_published_rows() -> None:
    """Rule 5."""
    both = pl.concat([fresh(date(2024, 2, 20)), fresh(date(2024, 2, 20), "uhc")])
    told = protected_freshness(both, standard(lines(12))["utilization"])
    assert told.get_column("payer").to_list() == ["aetna"]


@pytest.mark.parametrize("latest", [date(2024, 2, 1), date(2024, 2, 20), date(2024, 2, 29)])
def test_freshness_tells_no_day_of_a_month(latest: date) -> None:
    """Rules 3 and 5: days since the latest date would tell it beside the as-of date."""
    told = protected_freshness(fresh(latest), standard(lines(12))["utilization"])
    assert told.rows() == [("aetna", None, date(2024, 2, 1), 7.0, 31, True)]


def test_freshness_of_the_month_of_the_as_of_date_is_none() -> None:
    told = protected_freshness(fresh(date(2024, 3, 10)), standard(lines(12))["utilization"])
    assert told.select("last_payment_date", "days_since", "is_late").rows() == [(date(2024, 3, 1), 0, False)]


def test_rows_stand_in_the_order_of_their_keys() -> None:
    """Their order tells nothing: not which rows were left out between them, nor where they came from."""
    for name, frame in standard(lines(30) + lines(12, payer="uhc")).items():
        assert frame.equals(frame.sort(TABLES[name].key_names, nulls_last=True)), name
