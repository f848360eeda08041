"""Which accepted rows belong together with new ones: what resolving them again can change, and no more.

Links: claim number and billing NPI; patient, NPI, role, date and code of a service; payer claim numbers.
Following them until nothing is added
gives a set that resolves to the same rows alone as among all others.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

NUMBER = ["claim_number_key", "npi"]
SERVICE = ["patient_key", "npi", "role", "service_date", "procedure_code"]
ROW = ["file_key", "row_number"]


@dataclass(frozen=True)
class RowSet:
    """Rows by file_key and row_number: claim rows and remit rows."""

    claims: pl.DataFrame
    remits: pl.DataFrame


def closure(claims: pl.LazyFrame, remits: pl.LazyFrame, seed: RowSet) -> RowSet:
    """The rows that `seed` touches through any number of links; the seed itself is among them.

    Grain of both frames: ROW, distinct.
    """
    claim_keys, remit_keys = _claim_keys(claims), _remit_keys(remits)
    everywhere = remit_keys.filter(pl.col("npi").is_null()).select("claim_number_key").unique()
    found_claims = claim_keys.join(seed.claims.select(ROW), on=ROW, how="semi", nulls_equal=False)
    found_remits = remit_keys.join(seed.remits.select(ROW), on=ROW, how="semi")
    new_claims, new_remits = found_claims, found_remits
    claim_keys = claim_keys.join(found_claims, on=ROW, how="anti")
    remit_keys = remit_keys.join(found_remits, on=ROW, how="anti")
    while len(new_claims) or len(new_remits):
        numbers = pl.concat([new_claims.select(NUMBER), new_remits.select(NUMBER)]).drop_nulls().unique()
        anywhere = (
            pl.concat([new_claims.select("claim_number_key"), new_remits.select("claim_number_key")])
            .unique()
            .join(everywhere, on="claim_number_key", how="semi")
        )
        services = new_claims.select(SERVICE).drop_nulls().unique()
        payer_numbers = (
            pl.concat(
                [
                    new_claims.select(key="original_claim_key"),
                    new_remits.select(key="payer_claim_key"),
                    new_remits.select(key="original_payer_claim_key"),
                ]
            )
            .drop_nulls()
            .unique()
        )
        new_claims = _touched(claim_keys, numbers, anywhere, payer_numbers, ["original_claim_key"], services)
        new_remits = _touched(
            remit_keys, numbers, anywhere, payer_numbers, ["payer_claim_key", "original_payer_claim_key"]
        )
        claim_keys = claim_keys.join(new_claims, on=ROW, how="anti")
        remit_keys = remit_keys.join(new_remits, on=ROW, how="anti")
        found_claims = pl.concat([found_claims, new_claims])
        found_remits = pl.concat([found_remits, new_remits])
    return RowSet(found_claims.select(ROW), found_remits.select(ROW))


def _claim_keys(claims: pl.LazyFrame) -> pl.DataFrame:
    return claims.select(
        *ROW,
        "claim_number_key",
        "patient_key",
        "role",
        "service_date",
        "procedure_code",
        "original_claim_key",
        npi="billing_provider_npi",
    ).collect()


def _remit_keys(remits: pl.LazyFrame) -> pl.DataFrame:
    return remits.select(
        *ROW, "claim_number_key", "payer_claim_key", "original_payer_claim_key", npi="payee_npi"
    ).collect()


def _touched(
    rows: pl.DataFrame,
    numbers: pl.DataFrame,
    anywhere: pl.DataFrame,
    payer_numbers: pl.DataFrame,
    payer_number_columns: list[str],
    services: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Rows that share a key with the frontier."""
    parts = [
        rows.join(numbers, on=NUMBER, how="semi"),
        rows.join(anywhere, on="claim_number_key", how="semi"),
        *(
            rows.join(payer_numbers, left_on=name, right_on="key", how="semi")
            for name in payer_number_columns
        ),
    ]
    if services is not None:
        parts.append(rows.join(services, on=SERVICE, how="semi"))
    return pl.concat(parts).unique(ROW)
