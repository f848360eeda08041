"""The one writer of published Parquet.

Flat types, field metadata from the column definitions, same rows -> same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from schemas.columns import Column


def arrow_schema(frame: pl.DataFrame, columns: Sequence[Column]) -> pa.Schema:
    """Arrow schema of a frame with title, description, unit and source of each column as field metadata."""
    types = frame.head(0).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    return pa.schema(
        [
            pa.field(
                column.name,
                types.field(column.name).type,
                metadata={
                    "description": column.description,
                    "unit": column.unit,
                    "source": column.source,
                },
            )
            for column in columns
        ]
    )


def write_table(
    frame: pl.DataFrame, columns: Sequence[Column], path: Path, metadata: Mapping[str, str]
) -> None:
    """Write a table whose columns are `columns`, in this order, with file metadata; rows keep their order."""
    frame = frame.select([pl.col(column.name).cast(column.dtype) for column in columns])
    frame.rechunk().write_parquet(
        path,
        compression="zstd",
        compression_level=3,
        statistics=True,
        row_group_size=1 << 17,
        metadata=dict(metadata),
        arrow_schema=arrow_schema(frame, columns),
    )
