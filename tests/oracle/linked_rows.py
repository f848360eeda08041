"""Rows of the oracle with the links that the store keeps beside accepted rows."""

from __future__ import annotations

import hashlib

import polars as pl

from transforms.resolve.affected_claims import with_claim_links, with_remit_links

CLAIM_KEYS = ("claim_number_key", "loose_number_key", "member_key", "birth_key", "original_claim_key")
REMIT_KEYS = ("claim_number_key", "loose_number_key", "payer_claim_key", "original_payer_claim_key")


def linked_claims(rows: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    """Claim rows with their links."""
    return with_claim_links(hashed(rows, CLAIM_KEYS))


def linked_remits(rows: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    """Remit rows with their links."""
    return with_remit_links(hashed(rows, REMIT_KEYS))


def hashed(rows: pl.DataFrame | pl.LazyFrame, keys: tuple[str, ...]) -> pl.LazyFrame:
    """Rows whose keys are hexadecimal digits, as those of a store are; the oracle's are words."""
    return rows.lazy().with_columns(pl.col(keys).map_elements(_hash, return_dtype=pl.String))


def _hash(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
