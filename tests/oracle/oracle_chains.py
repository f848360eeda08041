"""Which claims continue which, and the standing of claim lines (contract, 4.2 and 4.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from oracle_adjudications import Adjudication
from oracle_claims import Claim, Row, Slot, Submission
from oracle_links import claim_payer
from oracle_loops import Loop
from oracle_reference import OracleReference, OracleSettings
from oracle_units import care_model, modifiers_of

CANCELLED = {"53", "73", "74"}
REPEATED = {"76", "77", "78", "79"}
DISTINCT = {"59", "XE", "XS", "XP", "XU"}


@dataclass(eq=False)
class Life:
    """What became of a claim."""

    claim: Claim
    adjudications: list[Adjudication]
    standing: Submission
    has_failed: bool = False
    continued_by: Life | None = None
    is_named: bool = False
    is_inferred: bool = False
    removed_by_name: bool = False
    names: list[Life] = field(default_factory=list)

    @property
    def is_void(self) -> bool:
        """Removed by a void of its own or of a claim that names it; a failed void removes nothing."""
        own = self.standing.is_void and not self.has_failed
        return self.removed_by_name or own

    @property
    def is_live(self) -> bool:
        return not self.has_failed and not self.is_void and self.continued_by is None


# --- failed versions -----------------------------------------------------------------------------


def paid_and_stands(adjudication: Adjudication) -> bool:
    return not adjudication.is_reversal and adjudication.cancelled_by is None and adjudication.paid_or_allowed


def own_answers_failed(own: list[Adjudication]) -> bool:
    """The latest uncancelled one is a denial and none of the uncancelled paid."""
    uncancelled = [a for a in own if not a.is_reversal and a.cancelled_by is None]
    uncancelled.sort(key=Adjudication.order)
    return (
        bool(uncancelled)
        and uncancelled[-1].state == "denied"
        and not any(a.paid_or_allowed for a in uncancelled)
    )


def owner(adjudication: Adjudication, claim: Claim) -> Submission:
    """The version of a claim that an adjudication answers."""
    before = [
        (index, version)
        for index, version in enumerate(claim.versions)
        if version.submitted_on <= adjudication.paid_on
    ]
    same_charge = [
        version
        for index, version in before
        if any(row["charge"] == abs(adjudication.charge) for row in adjudication.slot.lines_of(index))
    ]
    if same_charge:
        return same_charge[-1]
    return before[-1][1] if before else claim.versions[0]


def version_failed(claim: Claim, answers: list[Adjudication], version: Submission) -> bool:
    """A replacement or void that was denied while the payment of an earlier version of its claim stands."""
    index = claim.versions.index(version)
    own = [a for a in answers if owner(a, claim) is version]
    before = [a for a in answers if claim.versions.index(owner(a, claim)) < index]
    return (
        version.frequency in ("7", "8")
        and any(paid_and_stands(a) for a in before)
        and own_answers_failed(own)
    )


def standing_version(claim: Claim, answers: list[Adjudication]) -> Submission:
    """The last version that has not failed."""
    for version in reversed(claim.versions[1:]):
        if not version_failed(claim, answers, version):
            return version
    return claim.versions[0]


# --- named ---------------------------------------------------------------------------------------


def payers_of(submissions: list[Submission], reference: OracleReference) -> set[str]:
    """Payers of all their rows, each as mapped on its own date."""
    return {claim_payer(row, reference) for submission in submissions for row in submission.rows}


def named_by(
    claim: Claim, version: Submission, lives: list[Life], loops: list[Loop], reference: OracleReference
) -> list[Life]:
    """The claim of another key that a replacement or void names by an 835's payer claim number."""
    if version.frequency == "1" or version.original is None:
        return []
    answered = {
        line.slot.claim
        for loop in loops
        for line in loop.lines
        if line.slot is not None and line.row["payer_number"] == version.original
    }
    payers = payers_of([version], reference)
    found = [
        life
        for life in lives
        if life.claim in answered
        and life.claim is not claim
        and payers & payers_of(life.claim.submissions, reference)
        and (life.claim.patient == claim.patient or life.claim.npi == claim.npi)
    ]
    if claim in answered:
        return []
    if len(found) > 1:
        found = [life for life in found if any(version.patient == s.patient for s in life.claim.submissions)]
    for test in (lambda c: c.number == claim.number, lambda c: bool(c.service_dates & version.service_dates)):
        if len(found) > 1 and any(test(life.claim) for life in found):
            found = [life for life in found if test(life.claim)]
    return found if len(found) == 1 else []


def settle_names(lives: list[Life], loops: list[Loop], reference: OracleReference) -> None:
    """Named links join claims into chains; the last that has not failed stands, in order of first submission."""
    for life in lives:
        for submission in life.claim.submissions:
            for other in named_by(life.claim, submission, lives, loops, reference):
                if life.claim.first_order() > other.claim.first_order() and other not in life.names:
                    life.names.append(other)
    for chain in named_chains(lives):
        settle_chain(chain)


def named_chains(lives: list[Life]) -> list[list[Life]]:
    """Claims joined by names, in order of first submission."""
    chains: list[list[Life]] = []
    for life in lives:
        mine = [chain for chain in chains if any(o in chain for o in life.names) or any(life in o.names for o in chain)]
        chains = [chain for chain in chains if chain not in mine]
        chains.append([*(other for chain in mine for other in chain), life])
    return [sorted(chain, key=lambda life: life.claim.first_order()) for chain in chains if len(chain) > 1]


def settle_chain(chain: list[Life]) -> None:
    """One after the other: a claim that names others and was denied while their payment stands has failed."""
    standing = chain[0]
    for life in chain[1:]:
        own, earlier = list(life.adjudications), []
        for other in chain[: chain.index(life)]:
            for answer in other.adjudications:
                (own if speaks_of_successor(answer, other.claim, life.claim) else earlier).append(answer)
        if life.names and any(paid_and_stands(a) for a in earlier) and own_answers_failed(own):
            life.has_failed = True
            continue
        standing.continued_by = life
        standing.removed_by_name |= life.standing.is_void
        life.is_named = True
        standing = life
    if standing.is_void:
        for life in chain:
            life.removed_by_name |= life.continued_by is not None


def charges_billed(claim: Claim) -> set[int]:
    return {row["charge"] for submission in claim.submissions for row in submission.lines}


def speaks_of_successor(answer: Adjudication, older: Claim, newer: Claim) -> bool:
    """Payers answer under the old number too: at the new charge, or at none that the old claim had."""
    charge = abs(answer.charge)
    return answer.paid_on >= newer.submissions[0].submitted_on and (
        charge in charges_billed(newer) or charge not in charges_billed(older)
    )


# --- inferred ------------------------------------------------------------------------------------


def shares_a_service(later: Submission, earlier: Submission, reference: OracleReference) -> bool:
    """A line of each with equal payer, service date, code and care model, and no modifier that says that it is
    another service."""

    def service(row: Row) -> tuple[Any, ...]:
        return (claim_payer(row, reference), row["service_date"], row["procedure_code"], care_model(row))

    return any(
        service(new) == service(old) and not is_another_service(new, old)
        for new in later.lines
        for old in earlier.lines
    )


def is_another_service(new: Row, old: Row) -> bool:
    """Modifiers that prevent a resubmission; 59 and its kin, only added, cure a bundling denial."""
    ours, theirs = modifiers_of(new), modifiers_of(old)
    if theirs & CANCELLED or (ours | theirs) & REPEATED:
        return True
    if not (ours | theirs) & DISTINCT:
        return False
    only_added = not theirs & DISTINCT
    is_equal = (new["unit_basis"], new["unit_count"], new["charge"]) == (
        old["unit_basis"],
        old["unit_count"],
        old["charge"],
    )
    return not (only_added and is_equal)


def continues(later: Life, earlier: Life, reference: OracleReference) -> bool:
    """Whether a claim is the inferred resubmission of another."""
    b, a = later.claim, earlier.claim
    if b is a or not later.is_live or not earlier.is_live:
        return False
    answers = [x for x in earlier.adjudications if not x.is_reversal]
    return (
        (b.npi, b.patient, b.role) == (a.npi, a.patient, a.role)
        and b.number != a.number
        and b.versions[0].frequency == "1"
        and b.versions[0].submitted_on > a.versions[0].submitted_on
        and any(x.state == "denied" for x in answers)
        and not any(x.paid_or_allowed for x in answers)
        and shares_a_service(later.standing, earlier.standing, reference)
    )


def settle_inference(lives: list[Life], reference: OracleReference) -> None:
    """A denied claim has one successor: that at whose charge it was answered afterwards, then the earliest,
    then by content."""
    found: list[tuple[Life, Life]] = []
    for earlier in lives:
        able = [life for life in lives if continues(life, earlier, reference)]

        def choice(life: Life, earlier: Life = earlier) -> tuple[Any, ...]:
            was_answered = any(
                answer.paid_on >= life.claim.submissions[0].submitted_on
                and abs(answer.charge) in charges_billed(life.claim)
                for answer in earlier.adjudications
                if not answer.is_reversal
            )
            return (not was_answered, life.claim.first_order())

        if able:
            found.append((min(able, key=choice), earlier))
    for later, earlier in found:
        earlier.continued_by = later
        later.is_inferred = True


# --- chains --------------------------------------------------------------------------------------


def live_histories(
    claims: list[Claim],
    adjudications: list[Adjudication],
    loops: list[Loop],
    reference: OracleReference,
    settings: OracleSettings,
) -> dict[Claim, Life]:
    """What became of every claim."""
    lives = []
    for claim in claims:
        answers = [a for a in adjudications if a.slot.claim is claim and not a.is_secondary]
        lives.append(Life(claim, answers, standing_version(claim, answers)))
    settle_names(lives, loops, reference)
    if settings.infer_resubmissions:
        settle_inference(lives, reference)
    return {life.claim: life for life in lives}


def superseded_by(life: Life, lives: dict[Claim, Life]) -> list[Claim]:
    """All claims that one supersedes, whether by itself or through another."""

    def end(other: Life) -> Life:
        while other.continued_by is not None:
            other = other.continued_by
        return other

    return [other.claim for other in lives.values() if other is not life and end(other) is life]


def chain_slots(slot: Slot, line: Row, earlier: list[Claim]) -> list[Slot]:
    """The slot of a line and those that it continues: by line number, else as the single slot of each."""
    chain = [slot]
    for claim in earlier:
        same_number = [s for s in claim.slots if line["line_number"] == s.number]
        if same_number:
            chain.append(same_number[0])
        elif len(claim.slots) == 1 and len(slot.claim.slots) == 1:
            chain.append(claim.slots[0])
    return chain


def standing_of(row: Row, submission: Submission, life: Life) -> str:
    """secondary, duplicate, void, superseded or current."""
    if life.claim.role in ("S", "T"):
        return "secondary"
    if submission.is_duplicate or any(row is other for other in submission.repeated):
        return "duplicate"
    if life.is_void:
        return "void"
    is_standing = submission is life.standing and any(row is line for line in submission.lines)
    return "current" if is_standing and not life.has_failed and life.continued_by is None else "superseded"
