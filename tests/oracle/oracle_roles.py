"""Whose answer an adjudication is: the primary payer's or another's (contract, 4.4).

Answers of one payer that bear, or name, one payer claim number are a family: its reversals, and what follows
a reversal as a correction, follow the family's first answer.
"""

from __future__ import annotations

from oracle_adjudications import Adjudication
from oracle_claims import Claim
from oracle_links import STATUS_ROLE, claim_payer, remit_payer
from oracle_reference import OracleReference, normalised_name

Family = list[Adjudication]


def payer_and_name(payer: str, name: str | None) -> tuple[str, str]:
    """A payer; among `other` the name tells payers apart."""
    return (payer, normalised_name(name) if payer == "other" else "")


def payers_of_answer(adjudication: Adjudication, reference: OracleReference) -> set[tuple[str, str]]:
    return {payer_and_name(remit_payer(x.row, reference), x.row["payer_name"]) for x in adjudication.lines}


def payers_of_claim(claim: Claim, reference: OracleReference) -> set[tuple[str, str]]:
    rows = [row for submission in claim.submissions for row in submission.rows]
    return {payer_and_name(claim_payer(row, reference), row["payer_name"]) for row in rows}


def families_of(answers: list[Adjudication], reference: OracleReference) -> list[Family]:
    """Answers of one payer joined by their payer claim numbers."""
    families: list[Family] = []
    for answer in answers:
        mine = [
            family
            for family in families
            if any(
                payers_of_answer(answer, reference) == payers_of_answer(other, reference)
                and answer.named_numbers & other.named_numbers
                for other in family
            )
        ]
        families = [family for family in families if family not in mine]
        families.append([*(other for family in mine for other in family), answer])
    return families


def settle_roles(adjudications: list[Adjudication], claims: list[Claim], reference: OracleReference) -> None:
    """Mark the secondary answers that met a primary claim, and those taken as primary."""
    numbers_of_secondary = {(claim.number, claim.npi) for claim in claims if claim.role != "P"}
    for claim in claims:
        if claim.role == "P":
            mine = [a for a in adjudications if a.slot.claim is claim]
            has_secondary = (claim.number, claim.npi) in numbers_of_secondary
            settle_claim(mine, payers_of_claim(claim, reference), has_secondary, reference)


def settle_claim(
    answers: list[Adjudication], payers: set[tuple[str, str]], has_secondary: bool, reference: OracleReference
) -> None:
    """Roles of the answers to one primary claim: its own payer's first, then those of others."""
    families = families_of(answers, reference)
    own = [family for family in families if payers_of_answer(family[0], reference) & payers]
    for family in own:
        says_primary = [a for a in answers if a.status in ("1", "19") and a not in family]
        settle_own(family, not has_secondary and not says_primary)
    own_paid = any(
        a.paid_or_allowed for family in own for a in family if not a.is_reversal and not a.is_secondary
    )
    for family in families:
        if family not in own:
            first = first_answer(family)
            for answer in family:
                answer.is_secondary = (
                    own_paid or says_after(answer) or (first is not None and says_after(first))
                )


def says_after(answer: Adjudication) -> bool:
    return STATUS_ROLE.get(answer.status, "P") != "P"


def first_answer(family: Family) -> Adjudication | None:
    """The family's original: its first answer that says a role; on one day one that says primary."""
    speaking = [a for a in family if a.status in STATUS_ROLE]
    return min(speaking, key=lambda a: (a.paid_on, says_after(a), a.content()), default=None)


def settle_own(family: Family, may_be_primary: bool) -> None:
    """The own payer's answers under one payer claim number."""
    first = first_answer(family)
    is_after = first is not None and says_after(first)
    taken_back = min((a.paid_on for a in family if a.is_reversal), default=None)
    for answer in family:
        is_correction = taken_back is not None and taken_back <= answer.paid_on
        if is_after:
            answer.is_secondary = not may_be_primary
        else:
            answer.is_secondary = says_after(answer) and not is_correction
        answer.role_assumed_primary = says_after(answer) and not answer.is_secondary
