"""What a file or a row can be refused by: when it changes, what was refused is tried again."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Final

import schemas
import transforms
from flows.readers.reference_files import reference_digests
from flows.settings import Settings, config_folder
from flows.store.files import as_json

_LIMITS: Final = ("maximum_file_megabytes", "maximum_expansion", "file_ceiling")
_TABLES: Final = ("modifiers", "places_of_service")
"""Reference tables that rules of rows are made of."""


def stopping_rules(settings: Settings) -> str:
    """16 hex digits over layouts, limits, rules with their tables, and the code that reads and judges."""
    digests = reference_digests()
    facts = {
        "layouts": _content(sorted((config_folder() / "layouts").glob("*.toml"))),
        "limits": {name: getattr(settings, name) for name in _LIMITS},
        "rules": asdict(settings.rules),
        "reference": {name: digest for name, digest in digests.items() if Path(name).stem in _TABLES},
        "code": _code(),
    }
    return hashlib.sha256(as_json(facts)).hexdigest()[:16]


@lru_cache(maxsize=1)
def _code() -> dict[str, str]:
    """Digests of the modules that read and judge: a newer program may read what this one refused."""
    core = Path(transforms.__file__).parent
    rules = Path(schemas.__file__).parent
    modules = [
        *Path(__file__).parent.glob("*.py"),
        *(core / "intake").glob("*.py"),
        *(core / "x12").glob("*.py"),
        *rules.glob("inbound*.py"),
    ]
    return _content(sorted(modules))


def _content(files: list[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
