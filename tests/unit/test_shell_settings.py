"""Settings: the file documents each one, the environment overrides, faults are named without values."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from flows.errors import ProductError
from flows.settings import Settings, load_settings, shipped
from schemas.rules import AUDIENCES, DisclosureRules, Rules

ENVIRONMENT_ONLY = {"hmac_key"}


@pytest.fixture(autouse=True)
def _no_outer_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CPT01939_")]:
        monkeypatch.delenv(name)


def test_the_file_documents_every_setting_and_holds_the_defaults() -> None:
    text = (shipped("config") / "settings.toml").read_text()
    settings = load_settings()
    given = tomllib.loads(text)
    for name in set(Settings.model_fields) - ENVIRONMENT_ONLY:
        assert f"\n{name} = " in text or f"\n# {name} = " in text, name
    for name, value in given.items():
        default = Settings.model_fields[name].default
        assert getattr(settings, name) == default, name
        assert (tuple(value) if isinstance(value, list) else value) == (
            str(default) if isinstance(default, Path) else default
        )


def test_rules_and_thresholds_are_those_of_the_schema() -> None:
    settings = load_settings()
    assert settings.rules == Rules()
    for audience in AUDIENCES:
        assert settings.disclosure_of(audience) == DisclosureRules.of(audience)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("AUDIENCES", "standard,internal", "('internal', 'standard')"),
        ("AS_OF", "2026-01-31", "2026-01-31"),
        ("MINUTES_HIGH", "240", "240"),
        ("INFER_RESUBMISSIONS", "false", "False"),
        ("KEEP_RELEASES", "3", "3"),
        ("COMPARISON_CODES", '["01937"]', "('01937',)"),
        ("COMPARISON_CODES", "01937,01938", "('01937', '01938')"),
    ],
)
def test_the_environment_overrides(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: str) -> None:
    monkeypatch.setenv(f"CPT01939_{name}", text)
    assert str(getattr(load_settings(), name.lower())) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("AUDIENCE", "public"),
        ("AS_OF", "31.01.2026"),
        ("MINUTES_LOW", "400"),
        ("MINUTES_HIGH", "many"),
        ("FILE_CEILING", "1.5"),
        ("MAIN_CODE", "1939"),
        ("COMPARISON_CODES", "[1937]"),
        ("NO_SUCH_SETTING", "secret-value"),
        ("WORKERS", "0"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(f"CPT01939_{name}", text)
    with pytest.raises(ProductError) as caught:
        load_settings()
    assert caught.value.code == "E_SETTING"
    assert caught.value.exit_code == 6
    assert text not in caught.value.detail


def test_an_unknown_setting_in_the_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('audienses = "internal"\n')
    monkeypatch.setenv("CPT01939_CONFIG", str(tmp_path))
    with pytest.raises(ProductError, match="audienses"):
        load_settings()


@pytest.mark.parametrize("place", ["file", "environment"])
def test_the_setting_of_one_audience_says_what_to_write_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    if place == "file":
        (tmp_path / "settings.toml").write_text('audience = "standard"\n')
        monkeypatch.setenv("CPT01939_CONFIG", str(tmp_path))
    else:
        monkeypatch.setenv("CPT01939_AUDIENCE", "standard")
    with pytest.raises(ProductError, match="CPT01939_AUDIENCES=internal,standard") as caught:
        load_settings()
    assert caught.value.code == "E_SETTING"


@pytest.mark.parametrize("text", ["", "[]", "everybody"])
def test_audiences_are_those_there_are(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("CPT01939_AUDIENCES", text)
    with pytest.raises(ProductError, match="audiences"):
        load_settings()


def test_a_configuration_folder_without_settings_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CPT01939_CONFIG", str(tmp_path))
    with pytest.raises(ProductError, match="settings.toml"):
        load_settings()


@pytest.mark.parametrize(
    ("given", "minimum", "dominance"),
    [
        ({}, 11, 0.5),
        ({"minimum_count": 20, "dominance": 0.4}, 20, 0.4),
        ({"minimum_count": 3, "dominance": 0.9}, 11, 0.5),
    ],
)
def test_thresholds_can_be_made_stricter_never_weaker(
    given: dict[str, float], minimum: int, dominance: float
) -> None:
    rules = load_settings(**given).disclosure_of("standard")
    assert (rules.minimum_count, rules.dominance) == (minimum, dominance)


@pytest.mark.parametrize(
    ("key", "code"), [(None, "E_KEY_MISSING"), ("", "E_KEY_MISSING"), ("k" * 31, "E_KEY_SHORT")]
)
def test_a_key_has_32_bytes(key: str | None, code: str) -> None:
    with pytest.raises(ProductError) as caught:
        _ = load_settings(hmac_key=key).key
    assert (caught.value.code, caught.value.exit_code) == (code, 6)


def test_a_key_is_counted_in_bytes_and_never_shown() -> None:
    settings = load_settings(hmac_key="ä" * 16)
    assert settings.key == ("ä" * 16).encode()
    assert "ä" not in repr(settings)
