"""The synthetic world: same seed same rows, every scenario present, amounts and identifiers domain-true."""

from __future__ import annotations

import statistics
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from schemas.inbound import COLUMNS, Kind
from schemas.inbound_rules import claim_schema, remit_schema
from schemas.rules import Rules
from schemas.validation import split
from transforms.intake.layouts import canonical_layout
from transforms.intake.parse import parsed
from transforms.synthetic.dirty import CLAIM_WRONGS, REMIT_WRONGS, dirty_claims, dirty_remits
from transforms.synthetic.lives import SCENARIOS
from transforms.synthetic.lives_claims import paid
from transforms.synthetic.made_cases import sample_case
from transforms.synthetic.parties import GROUPS, npi
from transforms.synthetic.plans import PLANS
from transforms.synthetic.pricing import unit_rate
from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS
from transforms.synthetic.world import SyntheticData, synthetic_claims

PAYERS = {plan.payer_name: plan.payer for plan in PLANS}
UNBALANCED = {"unbalanced"}
WITHOUT_SERVICES = {"payment_without_lines", "payment_without_lines_two", "reversal_of_the_claim"}


@pytest.fixture(scope="module")
def world() -> SyntheticData:
    return synthetic_claims()


def check_digit_holds(number: str) -> bool:
    """Luhn over 80840 and the NPI, written another way than the product's."""
    digits = [int(each) for each in "80840" + number][::-1]
    doubled = [sum(divmod(2 * each, 10)) for each in digits[1::2]]
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def total(packed: str | None) -> Decimal:
    return sum((Decimal(each.rsplit(":", 1)[1]) for each in (packed or "").split("|") if each), Decimal(0))


def in_scope(rows: pl.DataFrame) -> pl.DataFrame:
    codes = [*Rules().scope, "1939"]
    return rows.filter(pl.col("procedure_code").is_in(codes) | pl.col("procedure_code").is_null())


def broken_rules(rows: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """What the intake's own rules find: _row, rule_code, column."""
    scope = Rules().scope
    text = rows.select(column.name for column in COLUMNS[kind]).with_columns(
        pl.int_range(pl.len()).alias("row_number"), field_count_ok=pl.lit(True)
    )
    schema = (
        claim_schema(scope, ("P6",), ("02", "10", "81")) if kind == "claim_lines" else remit_schema(scope)
    )
    typed = parsed(text, canonical_layout(kind), scope).with_row_index("_row")
    return split(typed, schema, "_row")[1]


def test_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    once, again, other = (synthetic_claims(seed, cases=120) for seed in (7, 7, 8))

    assert once.claims.equals(again.claims)
    assert once.remits.equals(again.remits)
    assert not once.claims.equals(other.claims)


def test_columns_are_the_canonical_ones_as_text(world: SyntheticData) -> None:
    for frame, names in ((world.claims, MADE_CLAIM_COLUMNS), (world.remits, MADE_REMIT_COLUMNS)):
        assert tuple(frame.columns[: len(names)]) == names
        assert all(name.startswith("_") for name in frame.columns[len(names) :])
        assert set(frame.dtypes) == {pl.String}


def test_size_and_span(world: SyntheticData) -> None:
    months = world.claims["service_date"].str.head(7).unique().sort().to_list()

    assert world.claims["_case"].n_unique() >= 3100
    assert (months[0], months[13]) == ("2024-11", "2025-12")
    assert world.claims["submitted_on"].max() <= "2026-02-15"
    assert world.remits["payment_date"].max() <= "2026-02-15"


def test_other_spans_are_possible() -> None:
    data = synthetic_claims(seed=3, cases=40, first_month=date(2023, 5, 1), months=2)

    assert data.claims["service_date"].min() >= "2023-05-01"
    assert data.claims["_case"].n_unique() >= 40


def test_every_scenario_occurs_at_least_three_times(world: SyntheticData) -> None:
    counts = dict(world.claims.group_by("_scenario").agg(pl.col("_case").n_unique()).iter_rows())

    assert set(counts) == {*SCENARIOS, "paid", "out_of_scope"}
    assert min(counts.values()) >= 3
    assert 0.55 < counts["paid"] / 3100 < 0.8


def test_every_npi_has_a_valid_check_digit(world: SyntheticData) -> None:
    numbers = {
        *world.claims["billing_provider_npi"].drop_nulls(),
        *world.claims["rendering_provider_npi"].drop_nulls(),
        *world.remits["payee_npi"].drop_nulls(),
    }

    assert len(numbers) > 100
    assert all(len(number) == 10 and check_digit_holds(number) for number in numbers)
    assert not check_digit_holds(npi(100)[:-1] + str((int(npi(100)[-1]) + 1) % 10))


def test_claim_numbers_stay_apart_when_cut_to_twenty_characters(world: SyntheticData) -> None:
    short = pl.col("claim_id").str.strip_chars().str.to_uppercase().str.head(20)

    owners = world.claims.group_by(short, "billing_provider_npi").agg(
        pl.col("_case").n_unique().alias("cases")
    )

    assert owners["cases"].max() == 1
    assert world.claims["claim_id"].str.len_chars().max() > 20


def test_payer_months_of_the_main_code_have_three_providers_and_no_dominant_one(world: SyntheticData) -> None:
    lines = world.claims.filter(
        pl.col("procedure_code") == "01939",
        pl.col("payer_responsibility") == "P",
        pl.col("service_date").is_between(pl.lit("2024-11-01"), pl.lit("2026-01-31")),
    ).with_columns(payer=pl.col("payer_name").replace_strict(PAYERS, default="other"))

    cells = lines.group_by("payer", pl.col("service_date").str.head(7)).agg(
        providers=pl.col("billing_provider_npi").n_unique(),
        patients=pl.col("member_id").n_unique(),
        largest=pl.col("billing_provider_npi").value_counts().struct.field("count").max() / pl.len(),
    )

    assert cells.height == 6 * 15
    assert cells.filter(pl.col("providers") >= 3, pl.col("patients") >= 11).height >= 0.9 * cells.height
    assert cells.filter(pl.col("largest") > 0.5).height <= 2


def test_lines_balance_except_where_the_scenario_says_otherwise(world: SyntheticData) -> None:
    off = set()
    for row in world.remits.iter_rows(named=True):
        gap = Decimal(row["charge_amount"]) - total(row["adjustments"]) - Decimal(row["paid_amount"])
        if row["procedure_code"] is None:
            gap -= total(row["claim_adjustments"])
        if gap:
            off.add(row["_scenario"])

    assert off == UNBALANCED


def test_medicare_pays_its_locality_factor_and_others_a_contract_rate(world: SyntheticData) -> None:
    answers = world.remits.filter(pl.col("_scenario") == "paid", pl.col("procedure_code") == "01939")
    lines = answers.join(
        world.claims.filter(pl.col("unit_basis") == "MJ").select(
            "claim_id", "unit_count", "claim_filing_code"
        ),
        on="claim_id",
    ).filter(pl.col("modifier_1").is_in(["AA"]) & pl.col("modifier_2").ne_missing("QZ"))
    factors: dict[str, list[float]] = {"MB": [], "BL": []}
    for row in lines.iter_rows(named=True):
        off = sum(
            Decimal(each.split(":")[1])
            for each in (row["adjustments"] or "").split("|")
            if each[:5] == "CO-45"
        )
        units = 4 + round(float(row["unit_count"]) / 15, 1)
        if row["claim_filing_code"] in factors:
            factors[row["claim_filing_code"]].append(float(Decimal(row["charge_amount"]) - off) / units)

    assert len(factors["MB"]) > 50
    assert 19 < min(factors["MB"]) <= max(factors["MB"]) < 22
    assert 50 < statistics.median(factors["BL"]) < 85


def test_nurses_earn_85_percent_at_cigna_and_sequestration_is_two_percent() -> None:
    cigna = next(plan for plan in PLANS if plan.key == "cigna_oap")
    medicare = next(plan for plan in PLANS if plan.key == "medicare_tx")

    both = [paid(sample_case(plan=cigna, care=care)).remits[0].lines[0].adjustments for care in ("AA", "QZ")]
    charge = paid(sample_case(plan=cigna)).claims[0].lines[0].charge
    allowed = [charge - sum(cents for g, r, cents in each if r in ("45", "172")) for each in both]
    line = paid(sample_case(plan=medicare)).remits[0].lines[0]
    share = sum(cents for group, _, cents in line.adjustments if group == "PR")
    sequestration = next(cents for _, reason, cents in line.adjustments if reason == "253")

    assert allowed[1] == pytest.approx(0.85 * allowed[0], abs=1)
    assert sequestration == pytest.approx(0.02 * ((line.allowed or 0) - share), abs=1)


@pytest.mark.parametrize("kind", ["claim_lines", "remit_lines"])
def test_no_clean_row_in_scope_breaks_a_rule(world: SyntheticData, kind: Kind) -> None:
    rows = in_scope(world.claims if kind == "claim_lines" else world.remits)

    breaks = broken_rules(rows, kind)

    assert rows.height > 3000
    assert breaks.select("rule_code", "column").unique().rows() == []


@pytest.mark.parametrize("kind", ["claim_lines", "remit_lines"])
def test_every_dirty_row_breaks_the_rule_it_is_named_for(world: SyntheticData, kind: Kind) -> None:
    dirty = dirty_claims(world.claims) if kind == "claim_lines" else dirty_remits(world.remits)
    wrongs = CLAIM_WRONGS if kind == "claim_lines" else REMIT_WRONGS

    breaks = broken_rules(dirty, kind)
    found = set(breaks.select("_row", "rule_code").rows())
    missed = [rule for number, (rule, _, _) in enumerate(wrongs) if (number, rule) not in found]

    assert dirty["_rule"].to_list() == [rule for rule, _, _ in wrongs]
    assert missed == []


def test_scenarios_without_services_have_an_empty_code(world: SyntheticData) -> None:
    bare = world.remits.filter(pl.col("procedure_code").is_null())

    assert set(bare["_scenario"]) == WITHOUT_SERVICES
    assert bare["claim_adjustments"].null_count() == 0


def rates(world: SyntheticData, *scenarios: str) -> dict[str, float]:
    """Share of a line of business' cases that live one of some lives."""
    first = world.claims.filter(pl.col("_scenario") != "out_of_scope").unique("_case", keep="first")
    line = {plan.payer_name: plan.line_of_business for plan in PLANS}
    told = first.select(
        line=pl.col("payer_name").replace_strict(line, default="other"),
        hit=pl.col("_scenario").is_in(list(scenarios)),
    )
    return dict(told.group_by("line").agg(pl.col("hit").mean()).iter_rows())


def test_medicare_denies_less_than_commercial_payers(world: SyntheticData) -> None:
    denials = [name for name, scenario in SCENARIOS.items() if scenario.is_denial]
    shares = rates(world, *denials)

    assert len(denials) == 5
    assert 0.01 < shares["medicare_ffs"] < 0.7 * shares["commercial"]


def test_denials_fall_into_every_month_alike(world: SyntheticData) -> None:
    """What befalls a case must not depend on its month: a fall of the rate would look like maturity."""
    denials = [name for name, scenario in SCENARIOS.items() if scenario.is_denial]
    first = world.claims.unique("_case", keep="first").with_columns(
        month=pl.col("service_date").str.head(7), hit=pl.col("_scenario").is_in(denials)
    )
    half = [pl.col("month") < "2025-06", pl.col("month") >= "2025-06"]
    early, late = (first.filter(part)["hit"].mean() for part in half)

    assert isinstance(early, float) and isinstance(late, float)
    assert 0.7 < early / late < 1.4


def test_months_follow_the_season(world: SyntheticData) -> None:
    cases = world.claims.unique("_case").group_by(pl.col("service_date").str.head(7)).len()
    counts = dict(cases.iter_rows())
    winter = counts["2025-10"] + counts["2025-12"]

    assert winter > counts["2025-02"] + counts["2025-07"]


def test_rare_modifiers_cancer_pain_and_its_sites_occur(world: SyntheticData) -> None:
    lines = world.claims.filter(pl.col("procedure_code") == "01939", pl.col("_scenario") == "paid")
    modifiers = pl.concat([lines[f"modifier_{at}"] for at in range(1, 5)]).value_counts()
    counts = dict(modifiers.iter_rows())
    cancer = lines.filter(pl.col("diagnosis_1") == "G89.3")

    assert counts["23"] > counts["22"] > 5
    assert 0.03 < cancer.height / lines.height < 0.1
    assert cancer.filter(pl.col("place_of_service") == "21").height > 0
    assert set(cancer["surgical_procedure_code"].drop_nulls()) <= {"62281", "62280", "64635"}


def qz_share(key: str, day: date) -> float:
    plan = next(each for each in PLANS if each.key == key)
    of = [
        paid(sample_case(plan=plan, care=care, service_date=day, status="", effort=""))
        for care in ("AA", "QZ")
    ]
    allowed = [
        life.claims[0].lines[0].charge
        - sum(c for _, r, c in life.remits[0].lines[0].adjustments if r in ("45", "172"))
        for life in of
    ]
    return allowed[1] / allowed[0]


def test_the_blue_plans_cut_nurses_in_mid_year() -> None:
    assert qz_share("bcbs_tx", date(2025, 6, 30)) == pytest.approx(1.0)
    assert qz_share("bcbs_tx", date(2025, 7, 1)) == pytest.approx(0.85, abs=0.001)


@pytest.mark.parametrize(
    ("key", "before", "since", "percent"),
    [
        ("aetna_ppo", date(2025, 4, 30), date(2025, 5, 1), 1.09),
        ("cigna_oap", date(2025, 7, 31), date(2025, 8, 1), 0.94),
    ],
)
def test_a_new_contract_moves_the_rate_on_its_day(
    key: str, before: date, since: date, percent: float
) -> None:
    plan = next(each for each in PLANS if each.key == key)
    old, new = (unit_rate(plan, GROUPS[0], day) for day in (before, since))
    assert new / old == pytest.approx(percent, abs=0.001)


def test_some_payers_tell_their_name_only(world: SyntheticData) -> None:
    nameless = world.remits.filter(pl.col("payer_id").is_null())
    assert set(nameless["payer_name"]) == {"HIGH PRAIRIE HEALTH PLAN", "OHIO DEPARTMENT OF MEDICAID"}
    assert world.claims["payer_id"].null_count() == 0
