"""Workbooks by XlsxWriter, row by row in constant memory: nothing in them is ever a formula."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import xlsxwriter

from retention.ports.spreadsheet import Cell, Sheet

_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_CELL_LETTERS_MAX: Final = 32_767  # of the format


class Workbooks:
    """Fits ``ports.spreadsheet.WritesSheets``."""

    def xlsx(self, title: str, sheets: Sequence[Sheet], *, made_at: datetime) -> bytes:
        """Return the workbook; ValueError where a cell is longer than the format can hold."""
        content = BytesIO()
        with xlsxwriter.Workbook(content, _OPTIONS) as book:
            # Without a zone, as the format has it; the same input is then the same bytes.
            book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
            looks = {
                "title": book.add_format({"bold": True, "font_size": 16}),
                "label": book.add_format({"bold": True, "valign": "top"}),
                "head": book.add_format(
                    {"bold": True, "valign": "top", "text_wrap": True, "bottom": 1,
                     "bg_color": "#EFF5F7"}
                ),
                "text": book.add_format({"valign": "top", "text_wrap": True}),
                "long": book.add_format({"valign": "top"}),
                "number": book.add_format({"valign": "top", "num_format": "#,##0"}),
            }  # fmt: skip
            for sheet in sheets:
                _write(book.add_worksheet(sheet.name), sheet, looks)
        return content.getvalue()


def _write(page: Any, sheet: Sheet, looks: dict[str, Any]) -> None:
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    page.write_string(0, 0, sheet.title, looks["title"])
    row = 2
    for label, value in sheet.pairs:
        page.write_string(row, 0, label, looks["label"])
        _cell(page, row, 2 if len(sheet.heads) > 2 else 1, value, looks, "long")  # noqa: PLR2004  # past the narrow ones
        row += 1
    row += bool(sheet.pairs)
    for column, head in enumerate(sheet.heads):
        page.write_string(row, column, head, looks["head"])
    head_row = row
    for cells in sheet.rows:
        row += 1
        for column, value in enumerate(cells):
            _cell(page, row, column, value, looks, "text")
    if sheet.rows:
        page.autofilter(head_row, 0, row, len(sheet.heads) - 1)
    for label, value in sheet.foot:
        row += 2
        page.write_string(row, 0, label, looks["label"])
        _cell(page, row, 2, value, looks, "long")
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(head_row)
    page.set_footer("&L&A&RPage &P of &N")


def _cell(page: Any, row: int, column: int, value: Cell, looks: dict[str, Any], look: str) -> None:
    if isinstance(value, int):
        page.write_number(row, column, value, looks["number"])
    elif value:
        if len(value) > _CELL_LETTERS_MAX:
            raise ValueError("a cell cannot hold text of that length")
        page.write_string(row, column, value, looks[look])
    else:
        page.write_blank(row, column, None, looks["text"])
