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
    """Mark the secondary answers that met a primary claim, and those taken as primary; a reversal goes with
    what it cancels."""
    for claim in claims:
        if claim.role == "P":
            mine = [a for a in adjudications if a.line_position.claim is claim]
            settle_claim(mine, claim, claims, reference)
            for answer in mine:
                if answer.cancelled_by is not None:
                    answer.cancelled_by.is_secondary = answer.is_secondary


def settle_claim(
    answers: list[Adjudication], claim: Claim, claims: list[Claim], reference: OracleReference
) -> None:
    """Roles of the answers to one primary claim: its own payer's first, then those of others."""
    payers = payers_of_claim(claim, reference)
    families = families_of(answers, reference)
    own = [family for family in families if payers_of_answer(family[0], reference) & payers]
    for family in own:
        says_primary = [
            a
            for other in own
            for a in other
            if says_the_first(a) and not (other is family and is_correction(a, family))
        ]
        for answer in family:
            if says_the_first(answer):
                answer.is_secondary = False
            elif comes_after(family):
                answer.is_secondary = bool(says_primary) or has_secondary(answer, claims)
            else:
                answer.is_secondary = says_after(answer) and not is_correction(answer, family)
            answer.is_secondary |= has_carc_23(answer) or begins_with_carc_23(answer, family)
            answer.role_assumed_primary = says_after(answer) and not answer.is_secondary
    own_paid = any(
        a.paid_or_allowed for family in own for a in family if not a.is_reversal and not a.is_secondary
    )
    for family in families:
        if family not in own:
            for answer in family:
                goes_along = comes_after(family) and not says_the_first(answer)
                answer.is_secondary = own_paid or says_after(answer) or goes_along


def first_of(family: Family) -> Adjudication | None:
    """The family's first answer that says a role; on one day one that says primary."""
    speaking = [a for a in family if a.status in STATUS_ROLE]
    return min(
        speaking, key=lambda a: (a.paid_on, not says_the_first(a), has_carc_23(a), a.content()), default=None
    )


def comes_after(family: Family) -> bool:
    first = first_of(family)
    return first is not None and says_after(first)


def begins_with_carc_23(answer: Adjudication, family: Family) -> bool:
    first = first_of(family)
    return first is not None and has_carc_23(first) and not says_the_first(answer)


def has_carc_23(answer: Adjudication) -> bool:
    return any(line.has_carc_23 for line in answer.lines)


def says_after(answer: Adjudication) -> bool:
    """After another payer: by its status, or by what another payer paid."""
    return STATUS_ROLE.get(answer.status, "P") != "P" or has_carc_23(answer)


def says_the_first(answer: Adjudication) -> bool:
    return STATUS_ROLE.get(answer.status) == "P" and not has_carc_23(answer)


def is_correction(answer: Adjudication, family: Family) -> bool:
    """What comes on the day of a reversal of the family, or later."""
    return any(other.is_reversal and other.paid_on <= answer.paid_on for other in family)


def has_secondary(answer: Adjudication, claims: list[Claim]) -> bool:
    """A secondary claim bears the number (and is of the payee, where the 835 names one)."""
    return any(
        claim.role != "P"
        and claim.number == answer.line_position.claim.number
        and line.row["payee_npi"] in (None, claim.npi)
        for claim in claims
        for line in answer.lines
    )
