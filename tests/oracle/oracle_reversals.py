"""What reversals cancel (contract, 4.6)."""

from __future__ import annotations

from typing import Any

from oracle_adjudications import Adjudication
from oracle_claims import Claim, LinePosition
from oracle_loops import Loop, RemitLine


def negates(reversal: Adjudication, other: Adjudication) -> bool:
    """Charge and paid are equal and opposite; unsigned reversals are met by absolute amounts."""
    return abs(reversal.charge) == abs(other.charge) and abs(reversal.paid) == abs(other.paid)


def order_of_reversals(reversal: Adjudication, adjudications: list[Adjudication]) -> tuple[Any, ...]:
    """Those that negate something, content, those without an original number first: they can cancel less."""
    names_another = any(line.row["original"] is not None for line in reversal.lines)
    found = [other for other in candidates_of(reversal, adjudications) if negates(reversal, other)]
    return (not found, reversal.content(), names_another)


def preference(reversal: Adjudication, other: Adjudication) -> tuple[Any, ...]:
    """The larger, the sooner a reversal cancels it among those that it negates."""
    own_number = bool(other.payer_claim_numbers & reversal.payer_claim_numbers)
    return (other.paid_on < reversal.paid_on, other.paid_on, other.content(), own_number)


def can_cancel(number_of: set[str], other: Adjudication) -> bool:
    return (
        not other.is_reversal and other.cancelled_by is None and bool(other.payer_claim_numbers & number_of)
    )


def apply_reversals(adjudications: list[Adjudication], loops: list[Loop]) -> None:
    """Each reversal cancels one adjudication, or is unmatched."""
    whole = [line for loop in loops for line in loop.lines if is_of_whole_claim(line)]
    waiting: list[tuple[Any, Adjudication | RemitLine]] = [
        ((a.paid_on, 0, order_of_reversals(a, adjudications)), a) for a in adjudications if a.is_reversal
    ]
    waiting += [
        ((line.row["paid_on"], 1, (abs(line.row["paid"]), abs(line.row["charge"]))), line) for line in whole
    ]
    for _, reversal in sorted(waiting, key=lambda item: item[0]):
        if isinstance(reversal, Adjudication):
            reverse_line(reversal, adjudications)
        else:
            reverse_claim(reversal, adjudications)


def mark_unmatched(adjudications: list[Adjudication], loops: list[Loop]) -> None:
    """Lines of claims with a reversal that found nothing to cancel carry no price."""
    for reversal in adjudications:
        if reversal.is_unmatched and not reversal.is_secondary:
            for line_position in reversal.line_position.claim.line_positions:
                line_position.has_unmatched_reversal = True
    for loop in loops:
        for line in loop.lines:
            mark_homeless_reversal(line)


def candidates_of(reversal: Adjudication, adjudications: list[Adjudication]) -> list[Adjudication]:
    """What a reversal of a line may cancel: uncancelled, of its line and number, not later than itself."""
    return [
        other
        for other in adjudications
        if other.line_position is reversal.line_position
        and can_cancel(reversal.named_numbers, other)
        and other.paid_on <= reversal.paid_on
    ]


def reverse_line(reversal: Adjudication, adjudications: list[Adjudication]) -> None:
    """A reversal that met a line of a claim."""
    candidates = candidates_of(reversal, adjudications)
    negated = [other for other in candidates if negates(reversal, other)]
    earlier = [other for other in candidates if other.paid_on < reversal.paid_on]
    if negated:
        max(negated, key=lambda a: preference(reversal, a)).cancelled_by = reversal
    elif len(earlier) == 1:
        earlier[0].cancelled_by = reversal
        reversal.amount_mismatch = True
    else:
        reversal.is_unmatched = True


def is_of_whole_claim(line: RemitLine) -> bool:
    """A reversal without SVC whose claim has more than one line."""
    return line.is_reversal and line.billed_code is None and line.outcome in ("unlinked", "ambiguous")


def reverse_claim(line: RemitLine, adjudications: list[Adjudication]) -> None:
    """Cancels the latest uncancelled loop of its payer claim number."""
    numbers = {line.row["payer_number"], line.row["original"]} - {None}
    claim = claim_answered(line, numbers, adjudications)
    open_ones: dict[int, list[Adjudication]] = {}
    for a in adjudications:
        if a.line_position.claim is claim and can_cancel(numbers, a):
            open_ones.setdefault(id(a.loop), []).append(a)
    possible = [answers for answers in open_ones.values() if comes_before(answers, line)]
    if not possible:
        return
    for a in max(possible, key=lambda answers: latest_first(answers, line)):
        a.cancelled_by = whole_reversal(line, a.line_position)
    line.outcome = "linked"


def claim_answered(line: RemitLine, numbers: set[str], adjudications: list[Adjudication]) -> Claim | None:
    """The claim whose answers bear one of the payer claim numbers; of several that of the reversal's claim
    number, and none where that leaves several."""
    found = [a for a in adjudications if not a.is_reversal and a.payer_claim_numbers & numbers]
    own = [a for a in found if any(each.row["loose"] == line.row["loose"] for each in a.lines)]
    claims = {id(a.line_position.claim): a.line_position.claim for a in own or found}
    return next(iter(claims.values())) if len(claims) == 1 else None


def comes_before(answers: list[Adjudication], reversal: RemitLine) -> bool:
    """Whether a loop lies before a reversal of the claim: on one day only if its payments add up to what is
    taken back."""
    day = max(a.paid_on for a in answers)
    taken_back = abs(sum(a.svc_paid for a in answers)) == abs(reversal.row["paid"])
    return day < reversal.row["paid_on"] or (day == reversal.row["paid_on"] and taken_back)


def latest_first(answers: list[Adjudication], reversal: RemitLine) -> tuple[Any, ...]:
    """The larger, the sooner the loop is cancelled: those of an earlier day, then the latest."""
    day = max(a.paid_on for a in answers)
    return (day < reversal.row["paid_on"], day, max(a.content() for a in answers))


def whole_reversal(line: RemitLine, line_position: LinePosition) -> Adjudication:
    """A reversal of the claim as seen from one of its lines: it has a date and no amounts of its own."""
    return Adjudication(line_position, line.loop, [line], 0, 0, None, {}, False)


def mark_homeless_reversal(line: RemitLine) -> None:
    """A reversal that meets no single line marks all lines of the one claim it can speak of."""
    if line.is_reversal and line.outcome in ("ambiguous", "unlinked"):
        claims = {line_position.claim for line_position in line.candidates}
        if len(claims) == 1:
            for line_position in claims.pop().line_positions:
                line_position.has_unmatched_reversal = True
