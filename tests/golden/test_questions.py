"""The questions and answers in docs/ are those of the tables that the demo publishes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from make_questions import DOCUMENT, document, publish_demo  # noqa: E402
from questions import QUESTIONS  # noqa: E402


@pytest.mark.slow
def test_the_document_is_what_the_demo_answers(tmp_path: Path) -> None:
    made = document(publish_demo(tmp_path))
    assert DOCUMENT.read_text(encoding="utf-8") == made, "run `make docs`"


def test_twenty_questions_are_answered() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert len(QUESTIONS) == 20
    assert all(f"### {n}. {q.question}\n" in text for n, q in enumerate(QUESTIONS, start=1))
