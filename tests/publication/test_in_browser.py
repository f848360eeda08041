"""The pages in a real browser, from a file: Debian's Chromium, driven without a download of its own.

Skipped, and said so, where there is no Chromium. Screenshots stay in the folder that SCREENSHOTS names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", Path(__file__).parents[2] / ".screenshots"))
PAGES = (
    *("index", "code", "payer-aetna", "payer-bcbs", "payer-cigna", "payer-uhc", "payer-medicare"),
    *("payer-other", "quality", "method", "all"),
)
LOOKED_AT = [
    *(("standard", name) for name in PAGES),
    *(("internal", name) for name in ("index", "payer-uhc", "quality")),
]
PICTURES = (("light", 1440), ("dark", 360))
BOTH_LOOKS = ("index", "payer-uhc")
"""Pages that axe reads in both looks; the others share their style sheet and read alike."""
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 360, 1440)]
"""320 pixels are what 1,280 leave at a zoom of 400 percent (WCAG 1.4.10)."""
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
FIGURES = """() => [...document.querySelectorAll('figure')].map(figure => {
  const svg = figure.querySelector('svg.chart'), box = svg.getBoundingClientRect();
  const scale = box.width / svg.viewBox.baseVal.width;
  const texts = [...svg.querySelectorAll('text')].map(text => {
    const at = text.getBoundingClientRect();
    return {words: text.textContent, size: parseFloat(getComputedStyle(text).fontSize) * scale,
            out: Math.max(box.left - at.left, at.right - box.right,
                          box.top - at.top, at.bottom - box.bottom)};
  });
  const named = id => document.getElementById(id)?.textContent.trim() || '';
  return {id: figure.id, width: box.width, height: box.height, nan: svg.outerHTML.includes('NaN'),
          texts,
          heading: figure.querySelectorAll('h3').length, note: figure.querySelector('figcaption').textContent,
          rows: figure.querySelectorAll('tbody tr').length, name: named(svg.getAttribute('aria-labelledby')),
          told: named(svg.getAttribute('aria-describedby')), role: svg.getAttribute('role')};
})"""
CONTRAST = """() => {
  const parse = color => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = color => { const [r, g, b] = parse(color).map(v => (v /= 255) <= 0.03928 ? v / 12.92
    : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = light(getComputedStyle(document.body).backgroundColor);
  return Math.min(...[...document.querySelectorAll('svg.chart text')].map(text => {
    const ink = light(getComputedStyle(text).fill);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  }));
}"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("publication"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def opened(
    browser: Any, path: Path, scheme: str = "light", width: int = 1440
) -> tuple[Any, list[str], list[str]]:
    """A page, what its console said, and what it asked for."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return page, said, asked


@pytest.mark.parametrize(("audience", "name"), LOOKED_AT)
def test_a_page_is_whole_quiet_fits_and_is_accessible(
    browser: Any, release: Path, audience: str, name: str
) -> None:
    page, said, asked = opened(browser, release / audience / "report" / f"{name}.html")
    page.evaluate(OPEN_ALL)
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for figure in page.evaluate(FIGURES):
            check_figure(figure, f"{figure['id']} {scheme} {width}", 10 if width < 360 else 11)
        if page.locator("svg.chart").count():
            assert page.evaluate(CONTRAST) >= 4.5
        if (scheme, width) in PICTURES:
            keep_picture(page, f"{audience}/{name}-{scheme}-{width}.png")
        if (scheme, width) in (PICTURES if name in BOTH_LOOKS else PICTURES[:1]):
            found = axe.Axe().run(page, options={"runOnly": RULES}).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
    assert said == []
    assert len(asked) == 1, asked
    page.context.close()


def check_figure(figure: dict[str, Any], where: str, pixels: int) -> None:
    """A figure is named, told, drawn large enough, and its text stands inside it in letters one can read."""
    assert figure["heading"] == 1 and figure["note"].strip() and figure["name"] and figure["told"], where
    assert figure["role"] == "img" and not figure["nan"], where
    assert figure["width"] > 100 and figure["height"] > 40, where
    assert figure["rows"] >= 1, where
    for text in figure["texts"]:
        assert text["size"] >= pixels - 0.01, (where, text)
        assert text["out"] <= 3, (where, text)


def keep_picture(page: Any, name: str) -> None:
    """Keep a screenshot, to be looked at."""
    path = SCREENSHOTS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page="all-" not in name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_can_be_read_in_the_colors_that_a_system_forces(
    browser: Any, release: Path, scheme: str
) -> None:
    page, _, _ = opened(browser, release / "standard/report/index.html", scheme)
    page.emulate_media(color_scheme=scheme, forced_colors="active")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert page.locator("svg.chart").count() >= 3
    assert page.evaluate(CONTRAST) >= 4.5
    keep_picture(page, f"forced-colors-{scheme}.png")


def test_the_keyboard_reaches_the_content_first_and_focus_is_seen(browser: Any, release: Path) -> None:
    page, _, _ = opened(browser, release / "standard" / "report" / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert seen[:2] == ["Summary", "Code"]
    page.context.close()


def test_a_page_prints_light_with_its_tables_from_a_dark_screen(browser: Any, release: Path) -> None:
    page, _, _ = opened(browser, release / "standard" / "report" / "payer-aetna.html", "dark")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("[...document.querySelectorAll('details')].every(one => one.open)")
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    made = page.pdf(prefer_css_page_size=True)
    assert made.startswith(b"%PDF")
    (SCREENSHOTS / "standard").mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / "standard" / "payer-aetna.pdf").write_bytes(made)
    assert b"/MediaBox [0 0 612 792]" in made
    page.context.close()


def test_pages_are_read_without_scripts(browser: Any, release: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((release / "standard" / "report" / "index.html").as_uri())
    assert page.locator("svg.chart").count() >= 5
    assert "per unit" in page.locator("main").inner_text()
    context.close()
