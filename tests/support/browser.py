"""What a person does in the stock Prefect UI: log in, open a run, answer, press Resume.

The steps are functions so that every story told in a browser tells them alike.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as NotInTimeError

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHOSEN = ("Decision", "Do you know", "Confirm", "Ground", "Record this?")  # from a list
WAIT_MS = 60_000
TAKEN_MS = 130_000  # Prefect's SQLite can be busy for a minute
WINDOW = {"width": 1280, "height": 1250}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of the system's, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, url: str) -> Iterator[Page]:
    """A window of a person's own: nothing is shared with the windows of others."""
    context = browser.new_context(base_url=url, viewport=WINDOW, color_scheme="light")
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()


def log_in(page: Page, person: str, password: str) -> None:
    """Log in at the stock box, which takes name and password as one."""
    page.goto("/v2/login")
    page.locator("input[type=password]").fill(f"{person}:{password}")
    page.get_by_role("button", name="Login").click()
    page.wait_for_url(lambda url: "login" not in url)


def open_run(page: Page, run: str) -> None:
    """Open a run that waits for an answer."""
    page.goto(f"/v2/runs/flow-run/{run}")
    expect(page.get_by_text("Suspended", exact=True).first).to_be_visible(timeout=WAIT_MS)


def open_form(page: Page, run: str, label: str = "Mark") -> None:
    """Open the form of a run that waits; *label* is that of one of its fields."""
    open_run(page, run)
    page.locator("button:has(svg.lucide-ellipsis-vertical)").first.click()
    page.get_by_role("menuitem", name="Resume").click()
    page.get_by_role("dialog").locator("label").filter(has_text=label).first.wait_for()


def fill(page: Page, fields: Mapping[str, str]) -> None:
    """Fill the open form; *fields* is label to text, and the decision is chosen from its list."""
    dialog = page.get_by_role("dialog")
    for label, text in fields.items():
        if label in CHOSEN:
            dialog.get_by_label(label).first.click()
            page.get_by_role("option", name=text, exact=True).click()
        else:
            dialog.get_by_label(label).fill(text)


def submit(page: Page) -> None:
    """Press Resume in the open form."""
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()


def answer(page: Page, run: str, fields: Mapping[str, str], label: str = "Mark") -> None:
    """Open the form of *run*, fill it, submit it, and see it taken."""
    open_form(page, run, label)
    fill(page, fields)
    submit(page)
    see_it_taken(page)


def see_it_taken(page: Page) -> None:
    """Wait until the form closes; if it does not, say what the page says instead."""
    try:
        page.get_by_role("dialog").wait_for(state="hidden", timeout=TAKEN_MS)
    except NotInTimeError:
        said = page.locator("[data-sonner-toast]").all_inner_texts()
        raise AssertionError(f"the form is still open, and the page says {said}") from None


def keep_picture(shown: Page | Locator, path: Path, bytes_max: int = 250_000) -> None:
    """Keep a picture of the window, or of a part of it, for the documents."""
    shown.screenshot(path=path)
    assert path.stat().st_size <= bytes_max
