"""What becomes of a claim by its own versions and answers: what stands, what failed (contract, 4.2)."""

from __future__ import annotations

from dataclasses import dataclass

from oracle_adjudications import Adjudication
from oracle_claims import Claim, Submission


@dataclass(eq=False)
class Life:
    """What became of a claim. `standing` is None where the claim has failed as a whole."""

    claim: Claim
    adjudications: list[Adjudication]
    standing: Submission | None
    continued_by: Life | None = None
    is_named: bool = False
    is_inferred: bool = False
    removed_by_name: bool = False

    @property
    def is_void(self) -> bool:
        """Removed by a void of its own or of a claim that names it; a failed void removes nothing."""
        return self.removed_by_name or (self.standing is not None and self.standing.is_void)

    @property
    def is_live(self) -> bool:
        return self.standing is not None and not self.is_void and self.continued_by is None


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
        if any(
            row["charge"] == abs(adjudication.charge) for row in adjudication.line_position.lines_of(index)
        )
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
