"""The questions and answers in docs/ are those of the tables that the demo publishes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from make_questions import DOCUMENT, README, document, publish_demo, readme
from questions import QUESTIONS


@pytest.mark.slow
def test_the_documents_are_what_the_demo_answers(tmp_path: Path) -> None:
    base = publish_demo(tmp_path)
    assert DOCUMENT.read_text(encoding="utf-8") == document(base), "run `make docs`"
    text = README.read_text(encoding="utf-8")
    assert text == readme(text, base), "run `make docs`"
    assert "```\npayer     line_of_business" in text


def test_twenty_questions_are_answered() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert len(QUESTIONS) == 20
    assert all(f"### {n}. {q.question}\n" in text for n, q in enumerate(QUESTIONS, start=1))
    assert text.count("`internal` also shows: ") == 20


def test_every_answer_of_the_demo_has_numbers() -> None:
    """Contract of use: each question is answered from `standard`, with numbers in most of its rows."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for n, q in enumerate(QUESTIONS, start=1):
        answer = text.split(f"### {n}. {q.question}\n")[1].split("```")[3].strip().splitlines()
        assert len(answer) > 1, q.question
        numbers = [line for line in answer[1:] if re.search(r"\s\d", line)]
        assert len(numbers) >= 0.8 * len(answer[1:]), q.question
