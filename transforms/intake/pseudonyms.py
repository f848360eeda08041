"""Identifiers become keyed hashes before a row leaves the reader (45 CFR 164.514(c): still PHI)."""

from __future__ import annotations

import hmac

import polars as pl

HEX_DIGITS = 32
DOMAINS = ("claim", "patient", "payer_claim", "line_control", "trace")


def keyed_hash(key: bytes, domain: str, text: str) -> str:
    """HMAC-SHA-256 of a normalised identifier in its domain, the first 32 hex digits."""
    return hmac.digest(key, f"{domain}|{text}".encode(), "sha256").hex()[:HEX_DIGITS]


def pseudonymised(rows: pl.DataFrame, column: str, domain: str, key: bytes, name: str) -> pl.DataFrame:
    """Replace a column of normalised identifiers by keyed hashes under a new name. Grain unchanged; null
    stays null.

    Every distinct identifier is hashed once.
    """
    if domain not in DOMAINS:
        raise ValueError(f"unknown domain: {domain}")
    distinct = rows.get_column(column).drop_nulls().unique()
    hashed = pl.Series(
        name,
        [hmac.digest(key, f"{domain}|{text}".encode(), "sha256").hex()[:HEX_DIGITS] for text in distinct],
        dtype=pl.String,
    )
    table = pl.DataFrame({column: distinct, f"_{name}": hashed})
    joined = rows.join(table, on=column, how="left", validate="m:1", maintain_order="left")
    return joined.drop(column, *([name] if name in rows.columns and name != column else [])).rename(
        {f"_{name}": name}
    )
