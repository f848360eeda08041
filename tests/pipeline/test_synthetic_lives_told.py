"""The lives of real files, written as a demo writes them, end where the contract says (section 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from small_runs import run_nightly

from flows.store.snapshot import Store
from transforms.synthetic import lives_amounts as amounts
from transforms.synthetic import lives_deliveries as deliveries
from transforms.synthetic import lives_identity as identity
from transforms.synthetic.made_cases import Case, sample_case
from transforms.synthetic.plans import PLANS
from transforms.synthetic.records import (
    MADE_CLAIM_COLUMNS,
    MADE_REMIT_COLUMNS,
    Life,
    claim_rows,
    claims_frame,
    loop_rows,
    remits_frame,
)
from transforms.synthetic.x12_writer import write_835, write_837p

PAID = ["paid"]
LIVES: list[tuple[Callable[[Case], Life], str, list[str], int, bool]] = [
    # life, plan, states of its current lines, lines that stand aside, denied at first
    (identity.shared_account_number, "aetna_ppo", ["paid", "paid"], 0, False),
    (identity.relieved_under_one_number, "aetna_ppo", ["paid", "paid"], 0, False),
    (identity.corrected_member_id, "aetna_ppo", PAID, 1, True),
    (identity.corrected_birth_date, "aetna_ppo", PAID, 1, True),
    (identity.corrected_patient_sent_anew, "aetna_ppo", PAID, 1, True),
    (identity.replaced_twice_new_numbers, "aetna_ppo", PAID, 2, False),
    (identity.number_without_punctuation, "aetna_ppo", PAID, 0, False),
    (deliveries.paid_by_two_routes, "aetna_ppo", PAID, 0, False),
    (deliveries.paid_by_two_routes_then_reversed, "aetna_ppo", ["reversed"], 0, False),
    (deliveries.secondary_without_prior_payment, "medicare_tx", PAID, 0, False),
    (deliveries.reversal_of_the_claim, "aetna_ppo", PAID, 0, False),
    (amounts.amount_below_a_dollar, "medicare_tx", PAID, 0, False),
    (amounts.amount_below_a_dollar, "regional", PAID, 0, False),
]


def lived(at: int) -> Life:
    """The n-th life, of a day of service that no other has."""
    live, plan, *_ = LIVES[at]
    chosen = next(each for each in PLANS if each.key == plan)
    return live(sample_case(at + 1, plan=chosen, service_date=date(2025, 3, 3) + timedelta(days=at)))


def write(data: Path, as_x12: bool) -> None:
    claims, remits = [], []
    for at in range(len(LIVES)):
        life = lived(at)
        claims += [row for n, claim in enumerate(life.claims) for row in claim_rows(claim, f"{at}/{n}")]
        remits += [row for n, loop in enumerate(life.remits) for row in loop_rows(loop, f"{at}/{n}")]
    of_claims, of_remits = claims_frame(claims), remits_frame(remits)
    landing = data / "landing"
    landing.mkdir(parents=True)
    if as_x12:
        (landing / "claims.837").write_bytes(write_837p(of_claims))
        (landing / "remits.835").write_bytes(write_835(of_remits))
        return
    # a warehouse's part files: rows in no order
    for part in range(2):
        shuffled = of_remits.select(MADE_REMIT_COLUMNS).reverse().gather_every(2, part)
        (landing / f"remits-{part}.csv").write_bytes(shuffled.write_csv().encode())
    (landing / "claims.csv").write_bytes(of_claims.select(MADE_CLAIM_COLUMNS).reverse().write_csv().encode())


@pytest.fixture(scope="module", params=[False, True], ids=["part files", "x12"])
def lines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Resolved lines of the lives, written as a warehouse unloads them or as X12."""
    data = tmp_path_factory.mktemp("lives")
    write(data, as_x12=request.param)
    run_nightly(data)
    return Store.open(data).resolved_lines().collect()


def of_life(lines: pl.DataFrame, at: int) -> pl.DataFrame:
    day = date(2025, 3, 3) + timedelta(days=at)
    return lines.filter(pl.col("service_date") == day, pl.col("procedure_code") == "01939")


def test_lives_of_real_files_end_as_the_contract_says(lines: pl.DataFrame) -> None:
    for at, (live, _, states, aside, denied) in enumerate(LIVES):
        own = of_life(lines, at)
        current = own.filter(pl.col("standing") == "current")
        told = (
            sorted(current["adjudication_state"].to_list()),
            own.height - current.height,
            current["initially_denied"].fill_null(False).any(),
        )
        assert told == (states, aside, denied), live.__name__


def test_their_money_counts_once(lines: pl.DataFrame) -> None:
    both_stand = (identity.shared_account_number, identity.relieved_under_one_number)
    for at, (live, _, states, *_) in enumerate(LIVES):
        answers = [loop.lines[0].paid for loop in lived(at).remits if loop.status in ("1", "19")]
        expected = sum(answers) if live in both_stand else answers[-1]
        paid = of_life(lines, at).filter(pl.col("standing") == "current")["paid_cents"].sum()
        assert paid == (expected if "paid" in states else 0), live.__name__
