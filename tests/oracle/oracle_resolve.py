"""From accepted to resolved rows, slowly and obviously (contract, sections 4, 5; docs/resolution.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from oracle_adjudications import PRIOR_AUTHORIZATION, Adjudication, adjudications_of, apply_reversals
from oracle_chains import Life, chain_slots, live_histories, standing_of, superseded_instances
from oracle_claims import Instance, Row, Slot, Submission, build_instances
from oracle_links import RemitLine, claim_payer, link_remits, remit_payer
from oracle_reference import OracleReference, OracleSettings
from oracle_units import SHARES, care_model, units_of

from schemas.columns import names
from schemas.resolved import ADJUDICATED_STATES, CURRENT_LINE


@dataclass
class OracleResult:
    """Resolved claim lines in scope and resolved remit lines."""

    lines: list[Row]
    remits: list[Row]


@dataclass
class World:
    """What is known of all claims when a line is written out."""

    lives: dict[Instance, Life]
    reference: OracleReference
    settings: OracleSettings


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def resolve(
    claims: list[Row], remits: list[Row], reference: OracleReference, settings: OracleSettings
) -> OracleResult:
    """Resolve accepted rows: one row per claim line in scope, one per remit line."""
    instances = build_instances(claims)
    loops = link_remits(remits, instances, reference)
    adjudications = adjudications_of(loops)
    apply_reversals(adjudications, loops)
    lives = live_histories(instances, adjudications, loops, reference, settings)
    world = World(lives, reference, settings)
    lines = [row for life in lives.values() for row in resolved_lines(life, world)]
    outcomes = [resolved_remit(line, reference) for loop in loops for line in loop.lines]
    return OracleResult(lines, outcomes)


def resolved_remit(line: RemitLine, reference: OracleReference) -> Row:
    """One row of RESOLVED_REMIT."""
    row = line.row
    return {
        "file_key": row["file_key"],
        "row_number": row["row_number"],
        "payer": remit_payer(row, reference),
        "remit_month": first_of_month(row["service_date"] or row["payment_date"]),
        "outcome": line.outcome,
        "is_reversal": line.is_reversal,
        "reversal_unmatched": line.reversal_unmatched,
        "reversal_amount_mismatch": line.reversal_amount_mismatch,
        "role_assumed_primary": line.role_assumed_primary,
    }


def resolved_lines(life: Life, world: World) -> list[Row]:
    """Rows of RESOLVED_LINE of one claim."""
    resolved: list[Row] = []
    for submission in life.instance.submissions:
        for row in submission.rows:
            if row["in_scope"]:
                resolved.append(resolved_line(row, submission, life, world))
    for standing, column in (("superseded", "replaced_claim"), ("void", "voided_claim")):
        rows = [row for row in resolved if row["standing"] == standing]
        if rows and life.instance.role == "P":
            key = ("service_date", "line_number", "file_key", "row_number")
            min(rows, key=lambda row: tuple(row[name] for name in key))[column] = True
    return resolved


def resolved_line(row: Row, submission: Submission, life: Life, world: World) -> Row:
    """One row of RESOLVED_LINE."""
    standing = standing_of(row, submission, life)
    resolved = {
        **row,
        "payer": claim_payer(row, world.reference),
        "service_month": first_of_month(row["service_date"]),
        "standing": standing,
        "claim_key": f"claim {life.instance.number}",
        "replaced_claim": False,
        "voided_claim": False,
        **dict.fromkeys(names(CURRENT_LINE)),
    }
    if standing == "current":
        fill_current(resolved, row, life, world)
    return resolved


def chain_source(life: Life) -> str:
    if life.inferred:
        return "inferred"
    if life.named:
        return "named"
    return "same_claim" if len(life.instance.versions) > 1 else "none"


def fill_current(resolved: Row, row: Row, life: Life, world: World) -> None:
    """The columns that only a current line has."""
    earlier = superseded_instances(life.instance, world.lives)
    slot = next(s for s in life.instance.slots if any(line is row for _, line in s.lines))
    chain = chain_slots(slot, row, earlier)
    units = units_of(row, world.reference, world.settings)
    model = care_model(row)
    share = SHARES.get(model)
    resolved.update(
        chain_source=chain_source(life),
        care_model=model,
        state=row["service_facility_state"] or row["billing_provider_state"],
        anesthesia_minutes=None if units.minutes is None else float(units.minutes),
        minutes_suspect=units.suspect,
        base_units=units.base_units,
        time_unit_tenths=units.time_tenths,
        billed_unit_tenths=units.billed_tenths,
        share=None if share is None else float(share),
        first_submitted_on=min(s.submitted_on for part in chain for s in part.instance.submissions),
        is_paid_line=False,
        is_priced=False,
        is_unit_priced=False,
    )
    fill_adjudication(resolved, row, life, chain, world)
    fill_prices(resolved, units.billed_tenths, share, world)


def earlier_charges(row: Row, life: Life, chain: list[Slot]) -> set[int]:
    """Charges of the chain's versions before the standing one."""
    assert life.standing is not None
    standing = life.instance.versions.index(life.standing)
    return {
        line["charge_cents"]
        for slot in chain
        for index, line in slot.lines
        if slot.instance is not life.instance or index < standing
    }


def history_of(chain: list[Slot], world: World) -> tuple[list[Adjudication], list[Adjudication]]:
    """(primary adjudications of the chain; those that neither reverse nor answer a duplicate), in order."""
    found = [
        adjudication
        for slot in chain
        for adjudication in world.lives[slot.instance].adjudications
        if adjudication.slot is slot and slot.instance.role == "P"
    ]
    found.sort(key=Adjudication.order)
    no_reversals = [a for a in found if not a.is_reversal]
    answers = [a for a in no_reversals if not a.answers_a_duplicate]
    return found, answers or no_reversals


def final_of(answers: list[Adjudication]) -> Adjudication | None:
    """The last uncancelled one that paid or allowed something, else the last uncancelled one."""
    uncancelled = [a for a in answers if a.cancelled_by is None]
    paying = [a for a in uncancelled if a.paid_or_allowed]
    if paying:
        return max(paying, key=lambda a: (a.paid_on, a.content()))
    return uncancelled[-1] if uncancelled else None


def fill_adjudication(resolved: Row, row: Row, life: Life, chain: list[Slot], world: World) -> None:
    """State, dates, line of business and the final adjudication's amounts."""
    everything, answers = history_of(chain, world)
    primary = [slot for slot in chain if slot.instance.role == "P"]
    final = final_of(answers)
    filing_code = final.filing_code if final else None
    if filing_code is None and everything:
        filing_code = everything[-1].filing_code
    line_of_business, doubtful = world.reference.line_of_business(
        resolved["payer"], row["payer_id"], row["payer_name"], row["claim_filing_code"], filing_code
    )
    resolved.update(
        line_of_business=line_of_business,
        line_of_business_doubtful=doubtful,
        claim_level_adjusted=False,
        has_unmatched_reversal=any(slot.has_unmatched_reversal for slot in primary),
        reversal_amount_mismatch=any(slot.reversal_amount_mismatch for slot in primary),
        first_paid=False,
        initially_denied=False,
        prior_authorization_denial=False,
        recoded=False,
        unbalanced=False,
        role_assumed_primary=False,
        allowed_conflict=False,
    )
    if answers:
        fill_first(resolved, answers)
    if final is None:
        resolved["adjudication_state"] = "reversed" if answers else "pending"
        return
    charge = row["charge_cents"]
    earlier = earlier_charges(row, life, chain)
    if abs(final.charge) != charge and abs(final.charge) in earlier:
        resolved.update(adjudication_state="awaiting_readjudication", final_remit_on=final.paid_on)
        return
    fill_final(resolved, row, final, world)


def fill_first(resolved: Row, answers: list[Adjudication]) -> None:
    """What the first adjudication of the chain said."""
    first = answers[0]
    paying = [a for a in answers if a.paid_or_allowed]
    resolved["first_remit_on"] = first.paid_on
    resolved["first_paid_on"] = paying[0].paid_on if paying else None
    resolved["first_paid"] = first.paid_or_allowed
    if first.state == "denied":
        group, carc, _ = first.denials()[0]
        resolved.update(initially_denied=True, first_denial_group=group, first_denial_carc=carc)


def fill_final(resolved: Row, row: Row, final: Adjudication, world: World) -> None:
    """Amounts and flags of the final adjudication."""
    resolved.update(
        adjudication_state=final.state,
        zero_pay_reason=final.zero_pay_reason if final.state == "zero_pay_other" else None,
        final_remit_on=final.paid_on,
        remark_codes="|".join(final.remark_codes) or None,
        final_charge_cents=final.charge,
        paid_cents=final.paid,
        allowed_cents=final.allowed,
        allowed_source=final.allowed_source,
        allowed_conflict=final.allowed_conflict,
        deductible_cents=final.amount(("PR", "1")),
        coinsurance_cents=final.amount(("PR", "2")),
        copay_cents=final.amount(("PR", "3")),
        network=final.network,
        recoded=any(code != row["procedure_code"] for code in final.adjudicated_codes),
        unbalanced=final.unbalanced,
        claim_level_adjusted=final.claim_level_adjusted,
        role_assumed_primary=final.role_assumed_primary,
    )
    if final.state == "denied":
        group, carc, _ = final.denials()[0]
        resolved.update(
            denial_group=group,
            denial_carc=carc,
            denial_category=world.reference.denial_category(carc),
            prior_authorization_denial=carc in PRIOR_AUTHORIZATION,
        )


def fill_prices(resolved: Row, billed_tenths: int | None, share: Fraction | None, world: World) -> None:
    """Which statistics a line belongs to, and its prices."""
    state: Any = resolved["adjudication_state"]
    assert (resolved["allowed_cents"] is not None) == (state in ADJUDICATED_STATES)
    resolved["is_paid_line"] = state == "paid"
    resolved["is_priced"] = (
        state == "paid"
        and resolved["network"] == "in_or_unknown"
        and not resolved["recoded"]
        and not resolved["claim_level_adjusted"]
        and not resolved["has_unmatched_reversal"]
    )
    if billed_tenths is None or share is None:
        return
    weighted = Fraction(billed_tenths, 10) * share
    resolved["is_unit_priced"] = resolved["is_priced"] and weighted > 0
    day = resolved["service_date"]
    if world.settings.medicare_basis == "locality":
        place = resolved["medicare_contractor"], resolved["medicare_locality"]
        factor, national = world.reference.locality_factor(*place, resolved["state"], day)
    else:
        factor, national = world.reference.conversion_factor(day), True
    if factor is not None:
        resolved["medicare_allowed"] = float(weighted * factor)
        resolved["medicare_is_national"] = national
    if resolved["is_unit_priced"]:
        resolved["allowed_per_unit"] = float(Fraction(resolved["allowed_cents"], 100) / weighted)
