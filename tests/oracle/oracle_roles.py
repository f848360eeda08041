"""Whose answer an adjudication is: the primary payer's or another's (contract, 4.4)."""

from __future__ import annotations

from oracle_adjudications import Adjudication
from oracle_claims import Claim
from oracle_links import STATUS_ROLE, claim_payer, remit_payer
from oracle_reference import OracleReference, normalised_name

FOLLOWERS = {"4", "22"}


def payer_and_name(payer: str, name: str | None) -> tuple[str, str]:
    """A payer; among `other` the name tells payers apart."""
    return (payer, normalised_name(name) if payer == "other" else "")


def is_own_payer(adjudication: Adjudication, reference: OracleReference) -> bool:
    """The answer comes from the payer that the claim was sent to."""
    claim = adjudication.slot.claim
    billed = {
        payer_and_name(claim_payer(row, reference), row["payer_name"])
        for submission in claim.submissions
        for row in submission.rows
    }
    answered = {
        payer_and_name(remit_payer(line.row, reference), line.row["payer_name"]) for line in adjudication.lines
    }
    return bool(billed & answered)


def settle_roles(adjudications: list[Adjudication], claims: list[Claim], reference: OracleReference) -> None:
    """Mark the secondary answers that met a primary claim, and those taken as primary."""
    numbers_of_secondary = {(claim.number, claim.npi) for claim in claims if claim.role != "P"}
    for claim in claims:
        if claim.role == "P":
            mine = [a for a in adjudications if a.slot.claim is claim]
            has_secondary = (claim.number, claim.npi) in numbers_of_secondary
            settle_claim(mine, has_secondary, reference)


def settle_claim(answers: list[Adjudication], has_secondary: bool, reference: OracleReference) -> None:
    """Roles of the answers to one primary claim; reversals and corrections follow their original."""
    own = [a for a in answers if is_own_payer(a, reference)]
    own_paid = any(a.paid_or_allowed for a in own if not a.is_reversal)
    says_primary = {a for a in answers if a.status in ("1", "19")}
    for answer in answers:
        wanted = STATUS_ROLE.get(answer.status)
        if answer.status in FOLLOWERS:
            continue
        if answer not in own:
            answer.is_secondary = own_paid or wanted != "P"
        elif wanted != "P":
            follows = any(other.payer_claim_numbers & answer.named_numbers for other in says_primary & set(own))
            answer.is_secondary = not follows and (has_secondary or bool(says_primary))
            answer.role_assumed_primary = not answer.is_secondary
    for answer in answers:
        if answer.status in FOLLOWERS:
            originals = [
                other
                for other in answers
                if other.status not in FOLLOWERS and other.payer_claim_numbers & answer.named_numbers
            ]
            if originals:
                answer.is_secondary = all(other.is_secondary for other in originals)
            else:
                answer.is_secondary = answer not in own and own_paid
