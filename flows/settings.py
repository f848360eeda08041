"""Settings: config/settings.toml, overridden by CPT01939_<NAME> in the environment.

Nothing else decides a number.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import TomlConfigSettingsSource as TomlSource

from flows.errors import ProductError
from flows.store.place import Place, place_of
from schemas.rules import AUDIENCES, Audience, DisclosureRules, Rules

PREFIX: Final = "CPT01939_"
NOT_SETTINGS: Final = frozenset({"CPT01939_CONFIG", "CPT01939_FAILPOINT"})
KEY_BYTES: Final = 32
REPLACED: Final = {
    "audience": 'write audiences = ["internal", "standard"], or CPT01939_AUDIENCES=internal,standard',
}
"""Settings of an earlier version, and what to write instead."""

Code = Annotated[str, Field(pattern=r"^[0-9A-Z]{5}$")]
Share = Annotated[float, Field(ge=0, le=1)]


def shipped(name: Literal["config", "reference"]) -> Path:
    """Folder of configuration or reference data.

    The checkout's, else the one inside the installed package.
    """
    here = Path(__file__).resolve().parent
    checkout = here.parent / ("config" if name == "config" else "data/reference")
    return checkout if (here.parent / "pyproject.toml").is_file() else here / "_shipped" / name


def config_folder() -> Path:
    """Folder of settings.toml, layouts/ and the optional tables: CPT01939_CONFIG, else the shipped one."""
    chosen = os.environ.get("CPT01939_CONFIG")
    return Path(chosen) if chosen else shipped("config")


class Settings(BaseSettings):
    """Every setting; config/settings.toml documents them one by one."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    data: Annotated[Place, PlainValidator(place_of)] = Path("data")
    hmac_key: SecretStr | None = None

    main_code: Code = "01939"
    comparison_codes: Annotated[tuple[Code, ...], NoDecode] = ("01937", "01938", "01940", "01941", "01942")
    minutes_low: Annotated[int, Field(ge=1, le=1440)] = 5
    minutes_high: Annotated[int, Field(ge=1, le=1440)] = 300
    infer_resubmissions: bool = True
    medicare_basis: Literal["national", "locality"] = "national"
    conversion_factor: Literal["non_qp", "qp"] = "non_qp"
    mature_days: Annotated[int, Field(ge=0)] = 90
    as_of: dt.date | None = None

    audiences: Annotated[tuple[Audience, ...], NoDecode, Field(min_length=1)] = ("internal", "standard")
    internal_group: str | None = None
    minimum_count: int | None = None
    minimum_priced_lines: int | None = None
    minimum_tail_lines: int | None = None
    minimum_providers: int | None = None
    dominance: Share | None = None
    minimum_age_months: int | None = None

    on_same_name: Literal["add", "supersede"] = "add"
    file_ceiling: Share = 0.25
    quarantine_ceiling: Share = 0.05
    linked_floor: Share = 0.5
    settle_seconds: Annotated[float, Field(ge=0)] = 1.0
    maximum_file_megabytes: Annotated[int, Field(ge=1)] = 20_000
    maximum_expansion: Annotated[int, Field(ge=2)] = 200
    batch_megabytes: Annotated[int, Field(ge=1)] = 64
    batch_files: Annotated[int, Field(ge=1)] = 500
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    runner: Literal["threads", "dask"] = "threads"
    dask_address: str = ""
    task_timeout_seconds: Annotated[float, Field(gt=0)] = 3600.0

    publication: bool = True
    keep_releases: Annotated[int, Field(ge=1)] = 30
    lock_wait_seconds: Annotated[float, Field(ge=0)] = 0.0
    schedule_cron: str = "30 2 * * *"
    schedule_timezone: str = "UTC"
    schedule_lock_wait_seconds: Annotated[float, Field(ge=0)] = 3600.0

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then settings.toml."""
        toml = TomlSource(settings_cls, config_folder() / "settings.toml")
        return named["init_settings"], named["env_settings"], toml

    @field_validator("comparison_codes", "audiences", mode="before")
    @classmethod
    def _list_of_the_environment(cls, value: object) -> object:
        """`01937,01938` or a JSON list, as an environment variable holds them."""
        if not isinstance(value, str):
            return value
        return json.loads(value) if value.lstrip().startswith("[") else value.replace(" ", "").split(",")

    @field_validator("audiences")
    @classmethod
    def _in_their_order(cls, value: tuple[Audience, ...]) -> tuple[Audience, ...]:
        """Each once, from the one that sees most."""
        return tuple(audience for audience in AUDIENCES if audience in value)

    @model_validator(mode="after")
    def _minutes_are_a_range(self) -> Settings:
        if self.minutes_low > self.minutes_high:
            raise ValueError("minutes_low is above minutes_high")
        return self

    @property
    def rules(self) -> Rules:
        """What decides the meaning of a number."""
        return Rules(
            main_code=self.main_code,
            comparison_codes=tuple(sorted(self.comparison_codes)),
            minutes_low=self.minutes_low,
            minutes_high=self.minutes_high,
            infer_resubmissions=self.infer_resubmissions,
            medicare_basis=self.medicare_basis,
            conversion_factor=self.conversion_factor,
            mature_days=self.mature_days,
        )

    def disclosure_of(self, audience: Audience) -> DisclosureRules:
        """An audience's thresholds; a setting can make them stricter, never weaker. Internal has none."""
        base = DisclosureRules.of(audience)
        if audience == "internal":
            return base
        floors = (
            "minimum_count",
            "minimum_priced_lines",
            "minimum_tail_lines",
            "minimum_providers",
            "minimum_age_months",
        )
        raised = {name: max(getattr(base, name), getattr(self, name) or 0) for name in floors}
        dominance = base.dominance if self.dominance is None else min(base.dominance, self.dominance)
        return replace(base, dominance=dominance, **raised)

    @property
    def key(self) -> bytes:
        """The key of the keyed hashes: the UTF-8 bytes of CPT01939_HMAC_KEY; E_KEY_MISSING, E_KEY_SHORT."""
        value = self.hmac_key.get_secret_value().encode() if self.hmac_key else b""
        if not value:
            raise ProductError("E_KEY_MISSING")
        if len(value) < KEY_BYTES:
            raise ProductError("E_KEY_SHORT", f"{len(value)} bytes")
        return value


def load_settings(**given: object) -> Settings:
    """Settings of this process; E_SETTING names the settings at fault, never a value."""
    folder = config_folder()
    if not (folder / "settings.toml").is_file():
        raise ProductError("E_SETTING", "settings.toml not found in the configuration folder")
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise ProductError("E_SETTING", "unknown: " + ", ".join(unknown) + _instead(unknown))
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = {
            f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['type']}"
            for fault in error.errors(include_input=False, include_context=False, include_url=False)
        }
        named = [fault.split(":")[0] for fault in faults]
        raise ProductError("E_SETTING", "; ".join(sorted(faults)) + _instead(named)) from None
    except ValueError as error:
        raise ProductError("E_SETTING", type(error).__name__) from None


def _instead(names: Iterable[str]) -> str:
    """What to write for settings that there were in an earlier version."""
    old = {name.removeprefix(PREFIX).lower() for name in names} & REPLACED.keys()
    return "".join(f"; {name}: {REPLACED[name]}" for name in sorted(old))
