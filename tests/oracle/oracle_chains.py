"""Which claims supersede which, and the standing of claim lines (docs/resolution.md, sections 6, 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from oracle_adjudications import Adjudication
from oracle_claims import Instance, Row, Slot, Submission
from oracle_links import Loop, claim_payer
from oracle_reference import OracleReference, OracleSettings
from oracle_units import care_model, modifiers_of


@dataclass(eq=False)
class Life:
    """What became of an instance."""

    instance: Instance
    adjudications: list[Adjudication]
    standing: Submission | None = None
    has_failed: bool = False
    named: list[Instance] = field(default_factory=list)
    inferred: list[Instance] = field(default_factory=list)
    superseded_by_name: bool = False
    removed_by_name: bool = False
    superseded_by_inference: bool = False

    @property
    def is_void(self) -> bool:
        """Removed by a void of its own or of a claim that names it; a failed void removes nothing."""
        own = self.standing is not None and self.standing.is_void and not self.has_failed
        return self.removed_by_name or own

    @property
    def is_live(self) -> bool:
        return (
            self.standing is not None
            and not self.has_failed
            and not self.is_void
            and not self.superseded_by_name
        )


def payers_of_submission(submission: Submission, reference: OracleReference) -> set[str]:
    """Payers of all its rows, each as mapped on its own date."""
    return {claim_payer(row, reference) for row in submission.rows}


def payers_of(instance: Instance, reference: OracleReference) -> set[str]:
    return {p for submission in instance.submissions for p in payers_of_submission(submission, reference)}


def named_by(
    instance: Instance,
    version: Submission,
    instances: list[Instance],
    loops: list[Loop],
    reference: OracleReference,
) -> list[Instance]:
    """Instances of other claim keys whose payer claim number a replacement or void (or its duplicate)
    names."""
    if version.frequency == "1" or version.original is None:
        return []
    linked = {
        line.slot.instance
        for loop in loops
        for line in loop.lines
        if line.slot is not None and line.row["payer_claim_key"] == version.original
    }
    payers = payers_of_submission(version, reference)
    return [
        other
        for other in instances
        if other in linked
        and other.key != instance.key
        and payers & payers_of(other, reference)
        and (other.patient == instance.patient or other.npi == instance.npi)
    ]


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


def owner(adjudication: Adjudication, instance: Instance) -> Submission:
    """The version of an instance that an adjudication answers."""
    before = [
        (index, version)
        for index, version in enumerate(instance.versions)
        if version.submitted_on <= adjudication.paid_on
    ]
    same_charge = [
        version
        for index, version in before
        if any(row["charge_cents"] == abs(adjudication.charge) for row in adjudication.slot.lines_of(index))
    ]
    if same_charge:
        return same_charge[-1]
    return before[-1][1] if before else instance.versions[0]


def version_failed(life: Life, version: Submission) -> bool:
    """A replacement or void that was denied while the payment of an earlier version of its claim stands."""
    index = life.instance.versions.index(version)
    own = [a for a in life.adjudications if owner(a, life.instance) is version]
    before = [a for a in life.adjudications if life.instance.versions.index(owner(a, life.instance)) < index]
    return (
        version.frequency in ("7", "8")
        and any(paid_and_stands(a) for a in before)
        and own_answers_failed(own)
    )


def standing_version(life: Life) -> Submission:
    """The last version that has not failed."""
    versions = life.instance.versions
    for version in reversed(versions[1:]):
        if not version_failed(life, version):
            return version
    return versions[0]


def named_for(instance: Instance) -> list[tuple[Submission, Submission]]:
    """(the version that it is or repeats, submission)."""
    found: list[tuple[Submission, Submission]] = []
    version = instance.versions[0]
    for submission in instance.submissions:
        if not submission.is_duplicate:
            version = submission
        found.append((version, submission))
    return found


def settle_names(
    lives: dict[Instance, Life], instances: list[Instance], loops: list[Loop], reference: OracleReference
) -> None:
    """Standing versions, and the claims that replacements and voids name."""
    for life in lives.values():
        named = [
            (version, other)
            for version, submission in named_for(life.instance)
            for other in named_by(life.instance, submission, instances, loops, reference)
        ]
        life.standing = standing_version(life)
        earlier_paid = any(paid_and_stands(a) for _, other in named for a in lives[other].adjudications)
        if earlier_paid and own_answers_failed(life.adjudications):
            life.has_failed = True
            continue
        for version, other in named:
            if version_failed(life, version):
                continue
            if other not in life.named:
                life.named.append(other)
            lives[other].superseded_by_name = True
            lives[other].removed_by_name |= version.is_void


def shares_a_service(first: Submission, second: Submission, reference: OracleReference) -> bool:
    """A line of each with equal payer, service date, code and care model."""

    def services(version: Submission) -> set[tuple[Any, ...]]:
        return {
            (claim_payer(row, reference), row["service_date"], row["procedure_code"], care_model(row))
            for row in version.lines
        }

    return bool(services(first) & services(second))


def continues(later: Life, earlier: Life, reference: OracleReference) -> bool:
    """Whether a claim is the inferred resubmission of another."""
    b, a = later.instance, earlier.instance
    if b is a or not later.is_live or not earlier.is_live:
        return False
    assert later.standing is not None and earlier.standing is not None
    same_parties = (b.npi, b.patient, b.role) == (a.npi, a.patient, a.role)
    is_new_bill = b.versions[0].frequency == "1"
    is_later = b.versions[0].submitted_on > a.versions[0].submitted_on
    is_repeat = any(modifiers_of(row) & {"76", "77"} for row in later.standing.lines)
    answers = [x for x in earlier.adjudications if not x.is_reversal]
    denied = any(x.state == "denied" for x in answers)
    paid = any(x.paid_or_allowed for x in answers)
    return (
        same_parties
        and is_new_bill
        and is_later
        and not is_repeat
        and denied
        and not paid
        and shares_a_service(later.standing, earlier.standing, reference)
    )


def settle_inference(lives: dict[Instance, Life], reference: OracleReference) -> None:
    """Each claim is continued by the earliest that can; by all of them where they are of one day."""
    found = [
        (later, earlier)
        for earlier in lives.values()
        for later in earliest([life for life in lives.values() if continues(life, earlier, reference)])
    ]
    for later, earlier in found:
        later.inferred.append(earlier.instance)
        earlier.superseded_by_inference = True


def earliest(lives: list[Life]) -> list[Life]:
    """Those first submitted on the first day of all."""
    days = [life.instance.versions[0].submitted_on for life in lives]
    return [life for life, day in zip(lives, days, strict=True) if day == min(days)]


def live_histories(
    instances: list[Instance],
    adjudications: list[Adjudication],
    loops: list[Loop],
    reference: OracleReference,
    settings: OracleSettings,
) -> dict[Instance, Life]:
    """What became of every instance."""
    lives = {
        instance: Life(instance, [a for a in adjudications if a.slot.instance is instance])
        for instance in instances
    }
    settle_names(lives, instances, loops, reference)
    if settings.infer_resubmissions:
        settle_inference(lives, reference)
    return lives


def superseded_instances(instance: Instance, lives: dict[Instance, Life]) -> list[Instance]:
    """All instances that one supersedes, whether by itself or through another."""
    found: list[Instance] = []
    waiting = [instance]
    while waiting:
        life = lives[waiting.pop()]
        for other in life.named + life.inferred:
            if other not in found and other is not instance:
                found.append(other)
                waiting.append(other)
    return found


def chain_slots(slot: Slot, line: Row, earlier: list[Instance]) -> list[Slot]:
    """The slot of a line and those that it continues: by line number, else as the single slot of each."""
    chain = [slot]
    for instance in earlier:
        same_number = [s for s in instance.slots if line["line_number"] in s.line_numbers()]
        if same_number:
            chain.append(same_number[0])
        elif len(instance.slots) == 1 and len(slot.instance.slots) == 1:
            chain.append(instance.slots[0])
    return chain


def standing_of(row: Row, submission: Submission, life: Life) -> str:
    """secondary, duplicate, void, superseded or current."""
    if life.instance.role in ("S", "T"):
        return "secondary"
    if submission.is_duplicate or any(row is other for other in submission.repeated):
        return "duplicate"
    if life.is_void:
        return "void"
    is_standing = submission is life.standing and any(row is line for line in submission.lines)
    superseded = life.has_failed or life.superseded_by_name or life.superseded_by_inference
    return "current" if is_standing and not superseded else "superseded"
