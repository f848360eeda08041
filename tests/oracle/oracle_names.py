"""Which claim a replacement or void names, and the one that continues each claim (contract, 4.2)."""

from __future__ import annotations

from datetime import date
from typing import Any

from oracle_adjudications import Adjudication
from oracle_claims import Claim, Submission
from oracle_links import claim_payer
from oracle_lives import Life, own_answers_failed, paid_and_stands, version_failed
from oracle_reference import OracleReference

Link = tuple[Life, bool]
"""A successor, and whether it removes (a void) what it continues."""


def charges_billed(claim: Claim) -> set[int]:
    return {row["charge"] for submission in claim.submissions for row in submission.lines}


def first_submitted_on(claim: Claim) -> date:
    return claim.submissions[0].submitted_on


def successor_rank(older: Life, newer: Claim) -> tuple[Any, ...]:
    """Of two successors: that at whose charge the claim was answered afterwards (the final answer first, then
    any), then the earliest."""
    answers = sorted((a for a in older.adjudications if not a.is_reversal), key=Adjudication.order)
    standing = [a for a in answers if a.cancelled_by is None]
    final = ([a for a in standing if a.paid_or_allowed] or standing)[-1:]

    def at_its_charge(some: list[Adjudication]) -> bool:
        return any(
            a.paid_on >= first_submitted_on(newer) and abs(a.charge) in charges_billed(newer) for a in some
        )

    return (not at_its_charge(final), not at_its_charge(answers), newer.first_order())


class Names:
    """Successors found so far; submissions are looked at in the order of their claims."""

    def __init__(
        self, lives: list[Life], adjudications: list[Adjudication], reference: OracleReference
    ) -> None:
        self.lives = {life.claim: life for life in lives}
        self.adjudications = adjudications
        self.reference = reference
        self.successor: dict[Claim, Link] = {}

    def follow(self, failed: set[Claim]) -> None:
        """Find the successors named by claims that have not failed."""
        for claim in sorted(self.lives, key=Claim.first_order):
            if claim in failed:
                continue
            for version, submission in versions_and_duplicates(claim):
                if not version_failed(claim, self.lives[claim].adjudications, version):
                    older = self.named(claim, version, submission)
                    if older is not None and older is not claim:
                        self.let_continue(older, claim, submission.is_void)

    def named(self, claim: Claim, version: Submission, submission: Submission) -> Claim | None:
        """The one claim that a submission names: of several one of its patient, then of its number, then of
        its service date."""
        found = self.candidates(claim, version, submission)
        if len(found) > 1:
            found = [other for other in found if other.patient == submission.patient]
        for test in (
            lambda other: other.number == claim.number,
            lambda other: bool(other.service_dates & submission.service_dates),
        ):
            if len({self.meant(other, claim, submission) for other in found}) > 1:
                found = [other for other in found if test(other)] or found
        meant = {self.meant(other, claim, submission) for other in found}
        return meant.pop() if len(meant) == 1 else None

    def candidates(self, claim: Claim, version: Submission, submission: Submission) -> list[Claim]:
        """Earlier claims answered under the number, of the same payer and of the same patient or provider;
        the claim itself where an earlier version of it was answered."""
        if submission.frequency == "1" or submission.original is None:
            return []
        is_first = version is claim.versions[0]
        payers = {self.payer(submission)}
        return [
            other
            for other in self.lives
            if self.answers_under(other, submission.original)
            and (other.first_order() < claim.first_order() or (other is claim and not is_first))
            and payers & {self.payer(s) for s in other.submissions}
            and (other.patient == submission.patient or other.npi == claim.npi)
        ]

    def payer(self, submission: Submission) -> str:
        return claim_payer(submission.rows[0], self.reference)

    def answers_under(self, claim: Claim, number: str) -> list[Adjudication]:
        return [
            a
            for a in self.adjudications
            if a.line_position.claim is claim and number in a.payer_claim_numbers
        ]

    def meant(self, older: Claim, naming: Claim, submission: Submission) -> Claim:
        """The claim that an answer spoke of: its number's, or one that had continued it by then."""
        assert submission.original is not None
        answers = self.answers_under(older, submission.original)
        charges = {abs(a.charge) for a in answers}
        answered_on = min(a.paid_on for a in answers)
        while older in self.successor:
            newer = self.successor[older][0].claim
            is_late = first_submitted_on(newer) > answered_on
            of_older = charges & charges_billed(older) and not charges & charges_billed(newer)
            if is_late or of_older or newer is naming or newer.first_order() >= naming.first_order():
                break
            older = newer
        return older

    def let_continue(self, older: Claim, newer: Claim, is_void: bool) -> None:
        """One successor only."""
        if older in self.successor:
            other, removes = self.successor[older]
            life = self.lives[older]
            if other.claim is newer:
                is_void = is_void or removes
            elif successor_rank(life, other.claim) <= successor_rank(life, newer):
                return
        self.successor[older] = (self.lives[newer], is_void)


def versions_and_duplicates(claim: Claim) -> list[tuple[Submission, Submission]]:
    """(the version that it is or repeats, submission)."""
    found: list[tuple[Submission, Submission]] = []
    version = claim.versions[0]
    for submission in claim.submissions:
        if not submission.is_duplicate:
            version = submission
        found.append((version, submission))
    return found


def has_failed(older: Life, newer: Life) -> bool:
    """Denied while the payment of what it names stands; answers under the old number may be its own."""
    own, of_older = list(newer.adjudications), []
    for answer in older.adjudications:
        charge = abs(answer.charge)
        is_of_newer = answer.paid_on >= first_submitted_on(newer.claim) and (
            charge in charges_billed(newer.claim) or charge not in charges_billed(older.claim)
        )
        (own if is_of_newer else of_older).append(answer)
    return any(paid_and_stands(a) for a in of_older) and own_answers_failed(own)


def settle_names(lives: list[Life], adjudications: list[Adjudication], reference: OracleReference) -> None:
    """Follow what is named; what has failed names nothing and stands no more."""
    names = Names(lives, adjudications, reference)
    names.follow(set())
    failed = {
        newer.claim for older, (newer, _) in names.successor.items() if has_failed(names.lives[older], newer)
    }
    if failed:
        names = Names(lives, adjudications, reference)
        names.follow(failed)
    for claim in failed:
        names.lives[claim].standing = None
    for older, (newer, is_void) in names.successor.items():
        names.lives[older].continued_by = newer
        names.lives[older].removed_by_name = is_void
        newer.is_named = True
