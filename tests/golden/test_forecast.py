"""The forecast of an invented organisation, word by word: page, terminal and calendar.

Where a change is meant, the failing test says which file to copy over which, once it was looked at.
"""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from retention.views.forecast_page import page
from retention.views.forecast_text import text
from retention.views.ics import forecast_calendar
from tests.support.foreseen import NOW, Foreseen

HERE = Path(__file__).parent
WORLDS = {"demo": Foreseen.demo, "one-of-each": Foreseen.one_of_each}
BLOCKS = {"tr", "h1", "h2", "p", "li", "caption"}


class Words(HTMLParser):
    """What a page says, a line for each row, heading and paragraph; hidden words in brackets."""

    def __init__(self, html):
        super().__init__()
        self.lines, self.silent, self.hidden = [""], False, 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.silent = tag in {"style", "title"}
        if tag in BLOCKS:
            self.lines.append("")
        elif tag in {"td", "th"}:
            self.lines[-1] += " | "
        if "hidden" in (dict(attrs).get("class") or ""):
            self.lines[-1] += " ["
            self.hidden = 1

    def handle_endtag(self, tag):
        self.silent = False
        if self.hidden:
            self.lines[-1] += "]"
            self.hidden = 0

    def handle_data(self, data):
        if not self.silent:
            self.lines[-1] += data.replace("\n", " ")

    @property
    def text(self):
        lines = (" ".join(line.split()).removeprefix("| ") for line in self.lines)
        return "".join(f"{line}\n" for line in lines if line)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("form", ["page.txt", "txt", "ics"])
def test_the_forecast_says_what_it_said(name, form, tmp_path):
    world = WORLDS[name]()
    seen, engine = world.look(), world.library.engine()
    if form == "ics":
        found = forecast_calendar(seen, engine.issuer["legal_name"], stamped_at=NOW).decode()
    elif form == "txt":
        found = "".join(f"{line}\n" for line in text(seen, 100))
    else:
        found = Words(page(seen, engine, made_at=NOW)).text
    kept = HERE / f"forecast-{name}.{form}"
    if not kept.exists() or kept.read_bytes() != found.encode():
        (tmp_path / kept.name).write_bytes(found.encode())
        pytest.fail(f"look at it, then: cp {tmp_path / kept.name} {kept}")
