"""Batches of inbound files: what one task takes in."""

from __future__ import annotations

from dataclasses import dataclass

from flows.readers.landing import LandingFile


@dataclass(frozen=True)
class Batch:
    """Files that are taken in together."""

    files: list[LandingFile]


def plan_batches(files: list[LandingFile], megabytes: int = 64, most: int = 500) -> list[Batch]:
    """Small files share a batch; a large one has its own."""
    batches: list[Batch] = []
    size = 0
    for file in files:
        full = not batches or size + file.size > megabytes << 20 or len(batches[-1].files) >= most
        if full:
            batches.append(Batch([]))
            size = 0
        batches[-1].files.append(file)
        size += file.size
    return batches
