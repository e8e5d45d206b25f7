"""The page as Chromium shows it, on a phone and on a desk, light, dark and printed: nothing runs, nothing is fetched, all can be read."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sheetsync.core.message import Draft, Message
from sheetsync.outputs.page import Page
from tests.make_page import ARGUMENTS, page_with_a_past
from tests.outputs.reports import report
from tests.outputs.test_page import EVIL, evil_report, kept
from tests.outputs.test_today import rows

pytestmark = pytest.mark.slow

SIZES = {"phone": (390, 844), "desk": (1280, 900)}
SCHEMES = ("light", "dark")
LOOKS = [(size, scheme) for size in SIZES for scheme in SCHEMES]
PAGES = ("example", "evil", "names", "empty")

# Every visible text with the colours that it is shown in: [text, font colour, what is behind it, font size in px, bold].
TEXTS = """() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const solid = (colour) => { const c = parse(colour); return c.length === 3 || c[3] === 1; };
  const out = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) continue;
    let behind = element;
    while (behind && !solid(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
    const style = getComputedStyle(element), svg = element.closest('svg');
    out.push([text, parse(svg ? style.fill : style.color), parse(getComputedStyle(behind).backgroundColor)]);
  }
  return out;
}"""
# Every part of a chart with its colour and that of the card it stands on.
FILLS = """() => [...document.querySelectorAll('rect.in, rect.late, rect.open, rect.off')].map((rect) => {
  let behind = rect.closest('.card');
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  return [rect.getAttribute('class'), parse(getComputedStyle(rect).fill), parse(getComputedStyle(behind).backgroundColor)];
})"""
BOXES = """(selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility()).map((one) => {
  const box = one.getBoundingClientRect();
  return [one.textContent.trim(), box.left, box.top + scrollY, box.right, box.bottom + scrollY];
})"""


def ratio(one: list[float], other: list[float]) -> float:
    """Contrast of two colours (red, green, blue from 0 to 255), by WCAG's formula, told apart from the page's own."""

    def luminance(colour: list[float]) -> float:
        linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@dataclass(slots=True)
class Seen:
    """An open page, and what it asked for and said."""

    tab: Any
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages to look at: the example with its past, cells full of markup, names of all kinds, and nothing at all."""
    folder = tmp_path_factory.mktemp("pages")
    draft = Draft(Message("e-mail", "ana@example.com", EVIL[1], "\n".join(EVIL)), Message("note", "", "", EVIL[0]))
    texts = {
        "evil": Page(draft=lambda i: draft if i % 2 else EVIL[i // 2 % len(EVIL)], standards=kept(12, 40)).render(evil_report()),
        "names": Page(draft=lambda i: Draft(Message("letter", "", "", "word" * 300)), standards=kept(2)).render(report(rows())),
        "empty": Page().render(report([])),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHEETSYNC_STATE_DIR", str(folder / "state"))
        example = page_with_a_past(folder / "example")
    return {name: folder / f"{name}.html" for name in texts} | {"example": example}


@pytest.fixture
def show(browser: Any, files: dict[str, Path]) -> Iterator[Callable[[str, str, str], Seen]]:
    contexts = []

    def opened(name: str, size: str, scheme: str) -> Seen:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.tab.on("request", lambda request: seen.requests.append(request.url))
        seen.tab.on("console", lambda message: seen.said.append(message.text))
        seen.tab.on("pageerror", lambda error: seen.said.append(str(error)))

        def dismissed(dialog: Any) -> None:
            seen.said.append(dialog.message)
            dialog.dismiss()

        seen.tab.on("dialog", dismissed)
        seen.tab.goto(files[name].as_uri())
        return seen

    yield opened
    for context in contexts:
        context.close()


def open_all(tab: Any) -> None:
    """Unfolds every draft, as clicks would."""
    tab.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_nothing_leaves_the_page_and_nothing_scrolls_sideways(
    show: Callable[[str, str, str], Seen], files: dict[str, Path], name: str, size: str, scheme: str
) -> None:
    seen = show(name, size, scheme)
    open_all(seen.tab)
    seen.tab.wait_for_timeout(100)
    width = SIZES[size][0]
    assert seen.tab.evaluate("document.documentElement.scrollWidth") <= width
    outside = [box for box in seen.tab.evaluate(BOXES, "body *") if box[1] < -0.5 or box[3] > width + 0.5]
    assert outside == []
    assert seen.tab.evaluate("document.scripts.length + document.images.length + document.styleSheets.length") == 1
    assert seen.requests == [files[name].as_uri()]
    assert seen.said == []


def test_scripts_and_requests_are_forbidden_even_where_something_puts_them_in(show: Callable[[str, str, str], Seen]) -> None:
    seen = show("example", "desk", "light")
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen.tab.evaluate("""(port) => {
          const script = document.createElement('script'); script.textContent = 'window.ran = true'; document.body.append(script);
          const image = document.createElement('img'); image.src = `http://127.0.0.1:${port}/x.png`; document.body.append(image);
          document.body.insertAdjacentHTML('beforeend', '<p style="color: red" onclick="window.ran = true">x</p>');
        }""", server.getsockname()[1])
        seen.tab.locator("p").last.click()
        server.settimeout(0.5)
        with pytest.raises(TimeoutError):
            server.accept()
    assert seen.tab.evaluate("window.ran") is None
    assert len(seen.said) >= 4
    assert all("Content Security Policy" in line for line in seen.said)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_every_text_has_the_contrast_of_level_aa(show: Callable[[str, str, str], Seen], name: str, size: str, scheme: str) -> None:
    tab = show(name, size, scheme).tab
    open_all(tab)
    texts = tab.evaluate(TEXTS)
    assert len(texts) >= 4
    assert [(text, round(ratio(font, behind), 2)) for text, font, behind in texts if ratio(font, behind) < 4.5] == []
    dark = ratio(tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"), [0, 0, 0]) < 2
    assert dark == (scheme == "dark")
    fills = tab.evaluate(FILLS)
    assert bool(fills) == (name != "empty")
    assert [(kind, round(ratio(fill, behind), 2)) for kind, fill, behind in fills if ratio(fill, behind) < 3] == []


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_to_object_to(show: Callable[[str, str, str], Seen], name: str, size: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed").Axe()
    tab = show(name, size, scheme).tab
    open_all(tab)
    found = axe.run(tab)
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found.response["violations"]] == []
    assert len(found.response["passes"]) > 10


@pytest.mark.parametrize("name", ["example", "evil", "names"])
def test_what_can_be_tapped_is_as_large_as_a_finger_and_apart_from_the_next(show: Callable[[str, str, str], Seen], name: str) -> None:
    boxes = show(name, "phone", "light").tab.evaluate(BOXES, "a, summary")
    assert len(boxes) > 5
    assert [box for box in boxes if box[3] - box[1] < 44 or box[4] - box[2] < 44] == []
    over = [(one[0], other[0]) for n, one in enumerate(boxes) for other in boxes[n + 1:]
            if one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]]
    assert over == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_is_reached_by_keyboard_in_the_order_of_reading_and_shows_where_one_is(
    show: Callable[[str, str, str], Seen], scheme: str
) -> None:
    tab = show("example", "desk", scheme).tab
    wanted = tab.evaluate("[...document.querySelectorAll('a, summary')].map((one) => one.textContent.trim())")
    reached = []
    for _ in wanted:
        tab.keyboard.press("Tab")
        text, line, width, colour, behind = tab.evaluate("""() => {
          const one = document.activeElement, style = getComputedStyle(one), numbers = (text) => text.match(/[\\d.]+/g).map(Number);
          return [one.textContent.trim(), style.outlineStyle, parseFloat(style.outlineWidth), numbers(style.outlineColor),
                  numbers(getComputedStyle(document.body).backgroundColor)];
        }""")
        reached.append(text)
        assert line == "solid"
        assert width >= 2
        assert ratio(colour, behind) >= 3
    assert reached == wanted
    tab.locator("summary").first.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("details").first.evaluate("(one) => one.open")
    assert tab.locator(".draft").first.is_visible()


def test_a_link_at_the_top_leads_to_its_section(show: Callable[[str, str, str], Seen]) -> None:
    seen = show("example", "phone", "light")
    seen.tab.locator("nav a", has_text="Standards").click()
    for _ in range(40):  # it scrolls there smoothly
        seen.tab.wait_for_timeout(100)
        if abs(top := seen.tab.locator("#standards").bounding_box()["y"]) < 100:
            break
    assert abs(top) < 100
    assert seen.said == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_on_paper_it_is_light_drafts_that_are_folded_away_are_left_out_and_colours_stay(
    show: Callable[[str, str, str], Seen], scheme: str, tmp_path: Path
) -> None:
    tab = show("example", "desk", scheme).tab
    tab.locator("summary").nth(1).click()
    tab.emulate_media(media="print", color_scheme=scheme)
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.locator(".word").first.evaluate("(one) => getComputedStyle(one).printColorAdjust") == "exact"
    assert not tab.locator("nav").is_visible()
    assert [one.is_visible() for one in tab.locator("details").all()[:3]] == [False, True, False]
    assert tab.locator(".draft .text").nth(1).is_visible()
    texts = tab.evaluate(TEXTS)
    assert [(text, round(ratio(font, behind), 2)) for text, font, behind in texts if ratio(font, behind) < 4.5] == []
    tab.pdf(path=tmp_path / "list.pdf", format="A4", print_background=False)
    assert (tmp_path / "list.pdf").read_bytes().startswith(b"%PDF")


def test_without_colours_of_its_own_the_words_still_say_all(show: Callable[[str, str, str], Seen]) -> None:
    """Windows' high contrast replaces every colour; what is told by colour is told by a word too."""
    tab = show("example", "desk", "light").tab
    tab.emulate_media(forced_colors="active")
    for word in ("Overdue", "Due", "urgent", "error", "in time"):
        assert tab.get_by_text(word, exact=True).first.is_visible()
