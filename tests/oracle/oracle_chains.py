"""Which claims continue which, and the standing of claim lines (contract, 4.2 and 4.3)."""

from __future__ import annotations

from typing import Any

from oracle_adjudications import Adjudication
from oracle_claims import Claim, LinePosition, Row, Submission
from oracle_links import claim_payer
from oracle_lives import Life, standing_version
from oracle_names import settle_names, successor_rank
from oracle_reference import OracleReference, OracleSettings
from oracle_units import care_model, modifiers_of

CANCELLED = {"53", "73", "74"}
REPEATED = {"76", "77", "78", "79"}
DISTINCT = {"59", "XE", "XS", "XP", "XU"}


# --- inferred ------------------------------------------------------------------------------------


def service_of(row: Row, reference: OracleReference) -> tuple[Any, ...]:
    return (claim_payer(row, reference), row["service_date"], row["procedure_code"], care_model(row))


def is_the_same_service(new: Row, old: Row) -> bool:
    """No line is marked distinct; or the later one only added such a mark, minutes and charge being equal."""
    ours, theirs = modifiers_of(new), modifiers_of(old)
    if not (ours | theirs) & DISTINCT:
        return True
    equal = ("unit_basis", "unit_count", "charge")
    return (
        ours - DISTINCT == theirs - DISTINCT
        and theirs & DISTINCT < ours & DISTINCT
        and all(new[name] == old[name] for name in equal)
    )


def has_any(submission: Submission, modifiers: set[str]) -> bool:
    return any(modifiers_of(row) & modifiers for row in submission.lines)


def continues(later: Life, earlier: Life, reference: OracleReference) -> bool:
    """Whether a claim is the inferred resubmission of another."""
    b, a = later.claim, earlier.claim
    if b is a or not later.is_live or not earlier.is_live:
        return False
    assert later.standing is not None and earlier.standing is not None
    answers = [x for x in earlier.adjudications if not x.is_reversal]
    pairs = [
        (new, old)
        for new in later.standing.lines
        for old in earlier.standing.lines
        if service_of(new, reference) == service_of(old, reference)
    ]
    return (
        (b.npi, later.standing.patient, b.role) == (a.npi, earlier.standing.patient, a.role)
        and b.versions[0].frequency == "1"
        and b.versions[0].submitted_on > a.versions[0].submitted_on
        and any(x.state == "denied" for x in answers)
        and not any(x.paid_or_allowed for x in answers)
        and not has_any(earlier.standing, CANCELLED | REPEATED)
        and not has_any(later.standing, REPEATED)
        and bool(pairs)
        and all(is_the_same_service(new, old) for new, old in pairs)
    )


def settle_inference(lives: list[Life], reference: OracleReference) -> None:
    """A denied claim has one successor: that at whose charge it was answered afterwards, then the earliest,
    then by content."""
    found: list[tuple[Life, Life]] = []
    for earlier in lives:
        able = [life for life in lives if continues(life, earlier, reference)]
        if able:
            best = min(able, key=lambda life: successor_rank(earlier, life.claim))
            found.append((best, earlier))
    for later, earlier in found:
        earlier.continued_by = later
        later.is_inferred = True


# --- chains --------------------------------------------------------------------------------------


def live_histories(
    claims: list[Claim],
    adjudications: list[Adjudication],
    reference: OracleReference,
    settings: OracleSettings,
) -> dict[Claim, Life]:
    """What became of every claim."""
    lives = []
    for claim in claims:
        answers = [a for a in adjudications if a.line_position.claim is claim and not a.is_secondary]
        lives.append(Life(claim, answers, standing_version(claim, answers)))
    settle_names(lives, [a for a in adjudications if not a.is_secondary], reference)
    if settings.infer_resubmissions:
        settle_inference(lives, reference)
    return {life.claim: life for life in lives}


def superseded_by(life: Life, lives: dict[Claim, Life]) -> list[Claim]:
    """All claims that one supersedes, whether by itself or through another."""
    found = []
    for other in lives.values():
        end = other
        while end.continued_by is not None and end is not life:
            end = end.continued_by
        if end is life and other is not life:
            found.append(other.claim)
    return found


def chain_line_positions(line_position: LinePosition, life: Life, earlier: list[Claim]) -> list[LinePosition]:
    """The line position of a line and those that it continues: by line number, else as the single line
    position of each.
    """
    assert life.standing is not None
    standing = [
        (s, row) for s in line_position.claim.line_positions for row in life.standing.lines if s.has(row)
    ]
    chain = [line_position]
    for claim in earlier:
        for old in claim.line_positions:
            ranked = [(continuing(s, row, old), -s.number, s) for s, row in standing]
            best = max(
                (item for item in ranked if item[0] is not None), key=lambda item: item[:2], default=None
            )
            if best is not None and best[2] is line_position:
                chain.append(old)
    return chain


def continuing(line_position: LinePosition, line: Row, old: LinePosition) -> int | None:
    """How late the older claim had the line's number; 0: both are the single line of their claims."""
    with_number = [index + 1 for index, row in old.lines if row["line_number"] == line["line_number"]]
    if with_number:
        return max(with_number)
    return 0 if len(line_position.claim.line_positions) == 1 and len(old.claim.line_positions) == 1 else None


def standing_of(row: Row, submission: Submission, life: Life) -> str:
    """duplicate, secondary, void, superseded or current."""
    if submission.is_duplicate or any(row is other for other in submission.repeated):
        return "duplicate"
    if life.claim.role in ("S", "T"):
        return "secondary"
    if life.is_void:
        return "void"
    is_standing = submission is life.standing and any(row is line for line in submission.lines)
    return "current" if is_standing and life.continued_by is None else "superseded"
