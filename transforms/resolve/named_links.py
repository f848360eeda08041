"""Which claim a replacement or void names by a payer claim number, and the one that continues each claim.

Source: CLM05-3, REF*F8, CLP07; rules in docs/resolution.md, section 6.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

_REPLACING = ("7", "8")
_EDGES = pl.Schema({"instance": pl.Int64(), "older": pl.Int64(), "claim_frequency_code": pl.String()})


@dataclass(frozen=True)
class NamedLinks:
    """edges: EDGES, one row per claim that another continues or removes by name. ambiguous: (submission) that
    names a number which several claims share.
    """

    edges: pl.DataFrame
    ambiguous: pl.DataFrame


@dataclass(frozen=True)
class _Claim:
    """What the choice between successors looks at: charges of its lines, and its answers by date."""

    order: int
    turn: int
    first_submitted_on: date
    charges: frozenset[int]
    answers: tuple[tuple[date, int], ...]
    final: tuple[tuple[date, int], ...]

    def answered_at_the_charge_of(self, successor: _Claim) -> tuple[bool, bool]:
        """Whether the final answer under the old number is of a day after the successor was sent, at a charge
        of the successor's; and whether any answer is.
        """
        final, any_answer = (
            any(
                day >= successor.first_submitted_on and charge in successor.charges for day, charge in answers
            )
            for answers in (self.final, self.answers)
        )
        return final, any_answer


class _Facts:
    """By instance what the choice between successors needs to know of it: read when it is asked for, as most
    claims have one successor at most.
    """

    def __init__(
        self, claims: pl.DataFrame, adjudications: pl.DataFrame, order: pl.DataFrame, concerned: pl.Series
    ) -> None:
        of = pl.col("instance").is_in(concerned.implode())
        charges = claims.filter(of).group_by("instance").agg(pl.col("charge_cents").drop_nulls().unique())
        answers = (
            adjudications.filter(of, ~pl.col("is_reversal"))
            .sort("sequence")
            .group_by("instance", maintain_order=True)
            .agg(
                pl.col("payment_date"),
                answered=pl.col("charge_cents").abs(),
                standing=pl.col("cancelled_on").is_null(),
                paid=pl.col("paid_or_allowed"),
            )
        )
        self.rows = (
            order.filter(of)
            .join(charges, on="instance", how="left", validate="1:1")
            .join(answers, on="instance", how="left", validate="1:1")
        )
        self.places = {instance: place for place, instance in enumerate(self.rows["instance"])}
        self.read: dict[int, _Claim] = {}

    def __getitem__(self, instance: int) -> _Claim:
        if instance not in self.read:
            row = self.rows.row(self.places[instance], named=True)
            answers = tuple(zip(row["payment_date"] or (), row["answered"] or (), strict=True))
            marks = list(zip(answers, row["standing"] or (), row["paid"] or (), strict=True))
            standing = [answer for answer, stands, _ in marks if stands]
            paid = [answer for answer, stands, pays in marks if stands and pays]
            self.read[instance] = _Claim(
                row["order"],
                row["turn"],
                row["first_submitted_on"],
                frozenset(row["charge_cents"] or ()),
                answers,
                tuple((paid or standing)[-1:]),
            )
        return self.read[instance]


@dataclass
class _Chains:
    """Successors found so far: by older claim the newer one and its frequency code."""

    claims: _Facts
    successor: dict[int, tuple[int, str]] = field(default_factory=dict)

    def meant(self, candidate: dict[str, Any]) -> int:
        """The claim that an answer spoke of: its number's, or one that had continued it by then.

        The walk ends at the claim that names, at one that is not earlier, and where only the charge of the
        older claim is that of the answer.
        """
        claim, naming = candidate["older"], candidate["instance"]
        while claim in self.successor:
            newer = self.successor[claim][0]
            was, now = self.claims[claim], self.claims[newer]
            charges = set(candidate["answer_charges"])
            late = now.first_submitted_on > candidate["answered_on"]
            of_older = charges & was.charges and not charges & now.charges
            if late or of_older or newer == naming or now.order >= self.claims[naming].order:
                break
            claim = newer
        return int(claim)

    def latest_meant(self, candidates: list[dict[str, Any]]) -> set[int]:
        """The claims meant, of each chain the latest: a payer may keep its number for a replacement."""
        meant = {self.meant(candidate) for candidate in candidates}
        return meant - {claim for claim in meant if self._continued(claim) & meant}

    def _continued(self, claim: int) -> set[int]:
        """All that continues a claim, directly or not."""
        found = set()
        while claim in self.successor:
            claim = self.successor[claim][0]
            found.add(claim)
        return found

    def continue_(self, older: int, newer: int, frequency: str) -> None:
        """Let a claim be continued, of two by the one at whose charge it was answered, else the earlier."""
        if older in self.successor:
            other, other_frequency = self.successor[older]
            if other == newer:
                frequency = max(frequency, other_frequency)
            elif self._rank(older, other) <= self._rank(older, newer):
                return
        self.successor[older] = (newer, frequency)

    def _rank(self, older: int, newer: int) -> tuple[bool, bool, int]:
        claim, successor = self.claims[older], self.claims[newer]
        final, any_answer = claim.answered_at_the_charge_of(successor)
        return not final, not any_answer, successor.turn


def named_links(
    claims: pl.DataFrame, names: pl.DataFrame, adjudications: pl.DataFrame, order: pl.DataFrame
) -> NamedLinks:
    """Follow what replacements and voids name.

    `claims`: claim rows with instance and version. `names`: submissions that name a number. `order`: of each
    claim concerned (`first_submissions`): a claim supersedes only earlier ones.
    """
    candidates = _candidates(claims, names, adjudications, order)
    concerned = pl.concat([candidates["instance"], candidates["older"]]).unique()
    chains = _Chains(_Facts(claims, adjudications, order, concerned))
    ambiguous: list[int] = []
    for submission, of_submission in groupby(candidates.iter_rows(named=True), key=itemgetter("submission")):
        rows = list(of_submission)
        naming = rows[0]
        older = _one(rows, chains)
        if older is None:
            ambiguous.append(submission)
        elif older != naming["instance"]:
            chains.continue_(older, naming["instance"], naming["claim_frequency_code"])
    edges = [(newer, older, frequency) for older, (newer, frequency) in chains.successor.items()]
    return NamedLinks(
        pl.DataFrame(edges, schema=_EDGES, orient="row"),
        pl.DataFrame({"submission": ambiguous}, schema={"submission": pl.Int64}),
    )


def _one(candidates: list[dict[str, Any]], chains: _Chains) -> int | None:
    """The claim that is named: the only one; of several one of the same patient, then of the same claim
    number, then of the same date of service. Claims of one chain are one.
    """
    if len(candidates) > 1:
        candidates = [row for row in candidates if row["same_patient"]]
    for said in ("same_number", "same_date"):
        if len(chains.latest_meant(candidates)) > 1:
            candidates = [row for row in candidates if row[said]] or candidates
    meant = chains.latest_meant(candidates)
    return meant.pop() if len(meant) == 1 else None


def _candidates(
    claims: pl.DataFrame, names: pl.DataFrame, adjudications: pl.DataFrame, order: pl.DataFrame
) -> pl.DataFrame:
    """One row per naming submission and claim that answers under its number speak of, in version order.

    The claim has the same payer, and the patient or the billing provider; it is an earlier one, or the claim
    itself where an earlier version of it was answered.
    """
    named = names.filter(pl.col("claim_frequency_code").is_in(_REPLACING)).select(
        "submission", "instance", "version", "claim_frequency_code", number="original_claim_key"
    )
    answered = (
        adjudications.join(named, left_on="payer_claim_key", right_on="number", how="semi")
        .group_by(number="payer_claim_key", older="instance")
        .agg(answered_on=pl.col("payment_date").min(), answer_charges=pl.col("charge_cents").abs().unique())
    )
    naming = _said(claims, named, "submission")
    older = _said(claims, answered.select(instance="older"), "instance").rename(
        lambda name: "older" if name == "instance" else f"older_{name}"
    )
    ranks = order.select("instance", "order")
    earlier = pl.col("older_order") < pl.col("order")
    itself = (pl.col("older") == pl.col("instance")) & (pl.col("version") > 1)
    return (
        named.join(answered, on="number")
        .join(naming, on="submission", validate="m:1")
        .join(older, on="older", validate="m:1")
        .join(ranks, on="instance", validate="m:1")
        .join(ranks.rename({"instance": "older", "order": "older_order"}), on="older", validate="m:1")
        .filter(earlier | itself)
        .with_columns(
            same_patient=pl.col("patient_key") == pl.col("older_patient_key"),
            same_number=pl.col("claim_number_key") == pl.col("older_claim_number_key"),
            same_date=pl.col("dates").list.set_intersection("older_dates").list.len() > 0,
        )
        .filter(
            pl.col("payers").list.set_intersection("older_payers").list.len() > 0,
            pl.col("same_patient") | (pl.col("billing_provider_npi") == pl.col("older_billing_provider_npi")),
        )
        .sort("order", "instance", "version", "submission", "older_order", "older")
    )


def _said(claims: pl.DataFrame, wanted: pl.DataFrame, group: str) -> pl.DataFrame:
    """What submissions or claims say of themselves: patient (of the last version), number, payers, dates."""
    return (
        claims.join(wanted, on=group, how="semi")
        .sort(group, "version", "row")
        .group_by(group, maintain_order=True)
        .agg(
            pl.col("patient_key", "claim_number_key", "billing_provider_npi").last(),
            payers=pl.col("payer").unique(),
            dates=pl.col("service_date").drop_nulls().unique(),
        )
    )
