"""People's text to stderr, results to stdout, and the options every command has."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from flows.errors import ProductError


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Options of every command."""

    data: Annotated[
        str | None, Parameter(help="The data folder, or s3://bucket/prefix (default: data/).")
    ] = None
    """The data folder, or a place in an object store."""
    json: Annotated[bool, Parameter(help="Write the result as one JSON object to stdout.", negative=())] = (
        False
    )
    """One JSON object on stdout."""

    def choose_data(self) -> None:
        """Make --data the data folder of this process.

        A flow reads it from its settings like every other setting.
        """
        if self.data is not None:
            os.environ["CPT01939_DATA"] = str(self.data)


@contextmanager
def inbound_file(file: str) -> Iterator[Path]:
    """An inbound file as a command is given it, on this machine for as long as it is read; E_INSPECT."""
    from flows.store.place import file_at, local_file

    place = file_at(file)
    if not place.is_file():
        raise ProductError("E_INSPECT", "no such file")
    with local_file(place) as path:
        yield path


def say(text: str) -> None:
    """Text for people."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def show(text: str) -> None:
    """A result."""
    sys.stdout.write(text.rstrip("\n") + "\n")


def show_json(value: dict[str, Any]) -> None:
    """A result as one JSON object."""
    show(json.dumps(value, indent=2, sort_keys=True, default=str))
