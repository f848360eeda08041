"""From accepted rows to claim lines with their standing, state and price (contract, sections 4 and 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

from landing_rows import Landing, read_landing
from oracle_adjudications import PRIOR_AUTHORIZATION, Adjudication, adjudications_of
from oracle_chains import chain_line_positions, live_histories, standing_of, superseded_by
from oracle_claims import Claim, LinePosition, Row, Submission, build_claims, content, origin, submissions_of
from oracle_links import claim_payer, link_remits
from oracle_lives import Life
from oracle_loops import Loop, loops_of
from oracle_reference import OracleReference, OracleSettings
from oracle_reversals import apply_reversals, mark_unmatched
from oracle_roles import settle_roles
from oracle_spoken import Spoken
from oracle_units import SHARES, care_model, units_of

ADJUDICATED = ("paid", "denied", "zero_pay_other")


@dataclass
class OracleResult:
    """Claim lines in scope, each with its standing; the loops of the answers with their outcomes."""

    lines: list[Row]
    loops: list[Loop]
    adjudications: list[Adjudication]


@dataclass
class World:
    """What is known of all claims when a line is written out."""

    lives: dict[Claim, Life]
    reference: OracleReference
    settings: OracleSettings
    counted: set[int] = field(default_factory=set)


def resolve_folder(folder: Path, reference: OracleReference, settings: OracleSettings) -> OracleResult:
    """Read a landing folder and resolve it."""
    return resolve(read_landing(folder), reference, settings)


def answers_to(claims: list[Claim], loops: list[Loop], reference: OracleReference) -> list[Adjudication]:
    """What answers say of claims, each in its role; reversals have cancelled what they take back."""
    link_remits(loops, claims, reference)
    adjudications = adjudications_of(loops)
    apply_reversals(adjudications, loops)
    settle_roles(adjudications, claims, reference)
    mark_unmatched(adjudications, loops)
    return adjudications


def resolve(landing: Landing, reference: OracleReference, settings: OracleSettings) -> OracleResult:
    """Resolve accepted rows."""
    loops = loops_of(landing.remits, landing.claims)
    by_key = submissions_of(landing.claims, reference)
    spoken = Spoken([s for submissions in by_key.values() for s in submissions], loops, reference)
    claims = build_claims(by_key, spoken.is_denied, spoken.numbers_of)
    adjudications = answers_to(claims, loops, reference)
    lives = live_histories(claims, adjudications, reference, settings)
    world = World(lives, reference, settings)
    lines = [row for life in lives.values() for row in resolved_lines(life, world)]
    return OracleResult(lines, loops, adjudications)


def resolved_lines(life: Life, world: World) -> list[Row]:
    """Lines of one claim, each with what became of it; a claim is counted once where its first line was.

    A void under a number of its own is no claim that was voided.
    """
    resolved: list[Row] = []
    for order, submission in enumerate(life.claim.submissions):
        for row in submission.rows:
            if row["in_scope"]:
                resolved.append({**resolved_line(row, submission, life, world), "_order": order})
    for standing, column in (("superseded", "replaced_claim"), ("void", "voided_claim")):
        rows = [row for row in resolved if row["standing"] == standing]
        is_void_alone = standing == "void" and all(s.is_void for s in life.claim.submissions if s.lines)
        if rows and life.claim.role == "P" and not is_void_alone:
            names = ("service_date", "line_number", "_order")
            first = min(rows, key=lambda row: (*(row[name] for name in names), content(row), origin(row)))
            first[column] = True
    return resolved


def resolved_line(row: Row, submission: Submission, life: Life, world: World) -> Row:
    """One line."""
    standing = standing_of(row, submission, life)
    resolved = {
        **row,
        "payer": claim_payer(row, world.reference),
        "service_month": row["service_date"].replace(day=1),
        "standing": standing,
        "claim": life.claim,
        "patient": (life.standing or life.claim.versions[-1]).patient,
        "replaced_claim": False,
        "voided_claim": False,
        "line_of_business": None,
    }
    if standing == "current":
        fill_current(resolved, row, life, world)
    return resolved


def chain_source(life: Life, earlier: list[Life]) -> str:
    if life.is_inferred:
        return "inferred"
    if life.is_named and earlier:
        return "named"
    return "same_claim" if len(life.claim.versions) > 1 else "none"


def fill_current(resolved: Row, row: Row, life: Life, world: World) -> None:
    """What only a current line has."""
    earlier = superseded_by(life, world.lives)
    line_position = next(s for s in life.claim.line_positions if s.has(row))
    chain = chain_line_positions(line_position, life, earlier)
    units = units_of(row, world.reference, world.settings)
    model = care_model(row)
    share = SHARES.get(model)
    first = min(s.submitted_on for part in chain for s in part.claim.submissions)
    resolved.update(
        chain_source=chain_source(life, [world.lives[claim] for claim in earlier]),
        care_model=model,
        state=row["service_facility_state"] or row["billing_provider_state"],
        minutes=units.minutes,
        minutes_suspect=units.suspect,
        base_units=units.base_units,
        time_tenths=units.time_tenths,
        billed_tenths=units.billed_tenths,
        share=share,
        first_submitted_on=first,
        allowed=None,
        allowed_per_unit=None,
        medicare_allowed=None,
    )
    fill_adjudication(resolved, row, life, chain, world)
    fill_prices(resolved, units.billed_tenths, share, world)
    for name, day in (
        ("first_remit", "first_remit_on"),
        ("payment", "first_paid_on"),
        ("final", "final_remit_on"),
    ):
        resolved[f"days_to_{name}"] = days_between(first, resolved[day])
    resolved["days_to_submit"] = days_between(row["service_date"], first)


def days_between(start: date, end: date | None) -> int | None:
    """Whole days; negative ones have no value."""
    return None if end is None or end < start else (end - start).days


def earlier_charges(life: Life, chain: list[LinePosition]) -> set[int]:
    """Charges of the chain's versions before the standing one."""
    assert life.standing is not None
    standing = life.claim.versions.index(life.standing)
    return {
        line["charge"]
        for line_position in chain
        for index, line in line_position.lines
        if line_position.claim is not life.claim or index < standing
    }


def history_of(chain: list[LinePosition], world: World) -> tuple[list[Adjudication], list[Adjudication]]:
    """(primary adjudications of the chain; those that neither reverse nor answer a duplicate), in order."""
    found = [
        adjudication
        for line_position in chain
        for adjudication in world.lives[line_position.claim].adjudications
        if adjudication.line_position is line_position and line_position.claim.role == "P"
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


def fill_adjudication(resolved: Row, row: Row, life: Life, chain: list[LinePosition], world: World) -> None:
    """State, dates, line of business and the final adjudication's amounts."""
    everything, answers = history_of(chain, world)
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
        has_unmatched_reversal=any(s.has_unmatched_reversal for s in chain if s.claim.role == "P"),
        **dict.fromkeys(("first_paid", "initially_denied", "recoded", "claim_level_adjusted"), False),
        **dict.fromkeys(("prior_authorization_denial", "unbalanced", "allowed_conflict"), False),
        **dict.fromkeys(("first_remit_on", "first_paid_on", "final_remit_on", "network"), None),
        **dict.fromkeys(("denial_group", "denial_carc", "first_denial_group", "first_denial_carc"), None),
        remarks=(),
        reversed_paid=sum(a.paid for a in everything if not a.is_reversal and a.cancelled_by is not None),
    )
    if answers:
        fill_first(resolved, answers)
    if final is None:
        resolved["adjudication_state"] = "reversed" if answers else "pending"
        return
    charge = row["charge"]
    if abs(final.charge) != charge and abs(final.charge) in earlier_charges(life, chain):
        resolved.update(adjudication_state="awaiting_readjudication", final_remit_on=final.paid_on)
        return
    assert id(final) not in world.counted, "the money of one adjudication counts for one current line at most"
    world.counted.add(id(final))
    fill_final(resolved, row, final)


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


def fill_final(resolved: Row, row: Row, final: Adjudication) -> None:
    """Amounts and flags of the final adjudication."""
    resolved.update(
        adjudication_state=final.state,
        zero_pay_reason=final.zero_pay_reason if final.state == "zero_pay_other" else None,
        final_remit_on=final.paid_on,
        remarks=tuple(final.remark_codes),
        final_charge=final.charge,
        paid=final.paid,
        allowed=final.allowed,
        allowed_source=final.allowed_source,
        is_price_known=final.is_price_known,
        allowed_conflict=final.allowed_conflict,
        deductible=final.amount(("PR", "1")),
        coinsurance=final.amount(("PR", "2")),
        copay=final.amount(("PR", "3")),
        network=final.network,
        recoded=any(code != row["procedure_code"] for code in final.adjudicated_codes),
        unbalanced=final.unbalanced,
        claim_level_adjusted=final.claim_level_adjusted,
        role_assumed_primary=final.role_assumed_primary,
    )
    if final.state == "denied":
        group, carc, _ = final.denials()[0]
        resolved.update(
            denial_group=group, denial_carc=carc, prior_authorization_denial=carc in PRIOR_AUTHORIZATION
        )


def fill_prices(resolved: Row, billed_tenths: int | None, share: Fraction | None, world: World) -> None:
    """Which statistics a line belongs to, and its prices."""
    state = resolved["adjudication_state"]
    assert (resolved["allowed"] is not None) == (state in ADJUDICATED)
    resolved["is_paid_line"] = state == "paid"
    resolved["is_priced"] = (
        state == "paid"
        and resolved["network"] == "in_or_unknown"
        and not resolved["recoded"]
        and not resolved["claim_level_adjusted"]
        and resolved["is_price_known"]
        and not resolved["has_unmatched_reversal"]
    )
    resolved["is_unit_priced"] = False
    if billed_tenths is None or share is None:
        return
    weighted = Fraction(billed_tenths, 10) * share
    resolved["is_unit_priced"] = resolved["is_priced"] and weighted > 0
    factor, resolved["medicare_is_national"] = world.reference.factor_of(resolved, world.settings)
    if factor is not None:
        resolved["medicare_allowed"] = weighted * factor
    if resolved["is_unit_priced"]:
        resolved["allowed_per_unit"] = Fraction(resolved["allowed"], 100) / weighted
