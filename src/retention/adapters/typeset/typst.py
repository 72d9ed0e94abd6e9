"""A typesetter on Typst: data cannot become markup, and nothing of this machine shows.

Fonts, template, clock and file names are all given, so that the same input is the same bytes on
every machine with the same Typst; its version stands in the document as its creator.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from retention.errors import CertificateError

STANDARDS: "list[typst.PDFStandard]" = ["a-3a", "ua-1"]


class Typst:
    """Fits ``ports.typesetter.Typesets``; *data* says in ``issued_at`` when the document is of."""

    def __init__(self, templates: Traversable | None = None) -> None:
        """Load the fonts that come with the templates of ``retention.views``, and no other."""
        views = files("retention.views")
        self._templates = templates or views
        with as_file(views / "fonts") as folder:
            self._fonts = typst.Fonts(include_system_fonts=False, font_paths=[folder])

    def pdf(self, template: str, data: bytes, attachments: Mapping[str, bytes]) -> bytes:
        """Return the document as PDF/A-3a and PDF/UA-1.

        Raises CertificateError if the compiler refuses it, which says that the template or its
        data would not be accessible or archivable.
        """
        at = datetime.fromisoformat(json.loads(data)["issued_at"]).replace(microsecond=0)
        with TemporaryDirectory() as folder:
            root = Path(folder)
            root.joinpath("attachments").mkdir()
            for name, content in attachments.items():
                root.joinpath("attachments", _plain(name)).write_bytes(content)
            root.joinpath("data.json").write_bytes(data)
            main = root / "main.typ"
            main.write_bytes(self._templates.joinpath(_plain(template)).read_bytes())
            return self._compile(main, root, at)

    def _compile(self, main: Path, root: Path, at: datetime) -> bytes:
        try:
            compiler = typst.Compiler(main, root=root, font_paths=self._fonts)
            document = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=at)
        except typst.TypstError as error:
            raise CertificateError(
                "the typesetter refused the document",
                hint="its own words follow below; the template is in retention.views",
            ) from error
        assert isinstance(document, bytes)
        return document


def _plain(name: str) -> str:
    """Refuse a name that could lead out of its folder."""
    if not name or name != Path(name).name or name.startswith("."):
        raise ValueError("a file name has no folder in it")
    return name
