"""Inventories over moto to damage in one way each, and to read: what must come is an error."""

import logging
import traceback
from datetime import UTC, datetime

import pytest

from retention.adapters.s3.inventory.reader import S3Inventories
from retention.errors import StoreError
from tests.support.inventories import FIELDS, Published, data
from tests.support.stores import fresh_name

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
FORMS = ["CSV", "Parquet"]
SECRET = "patient-4711"
ROWS = [data(f"{SECRET}/{n}/x", str(n).encode(), version_id=f"v{n}") for n in range(9)]


class Bench:
    """Writes inventories, and reads them into a scratch folder of its own."""

    def __init__(self, moto, tmp_path, caplog):
        self.moto, self.scratch, self._caplog = moto, tmp_path / "scratch", caplog
        self.to = moto.bucket()
        self.inventories = self.reader()
        caplog.set_level(logging.DEBUG)

    def reader(self, client=None, **options):
        """Return another reader of the same scratch folder."""
        return S3Inventories(client or self.moto.client("surveyor"), self.scratch, **options)

    def write(self, form="CSV", rows=ROWS, *, at=AT, files=3, fields=FIELDS, bucket=None):
        """Write a whole inventory."""
        more = {"at": at, "form": form, "files": files, "fields": fields}
        return Published(self.moto.owner, self.to.name, bucket or fresh_name(), rows, **more)

    def read(self, written, depth=1, using=None):
        """Read it."""
        inventories = using or self.inventories
        return list(inventories.groups(inventories.newest(written.where), depth=depth))

    def refused(self, written, *, kind=StoreError, what=None, using=None):
        """Return the error that reading it must be; no key may be told and nothing may be left."""
        with pytest.raises(kind, match=what) as caught:
            self.read(written, using=using)
        error = caught.value
        assert error.hint
        told = "".join(traceback.format_exception(error))
        for text in (repr(error), error.hint, told, self._caplog.text):
            assert SECRET not in text
        assert not list(self.scratch.glob("*"))
        return error


def tables(written, number=0):
    """Return the values of the rows of one of three files."""
    return [row.values(written.manifest["sourceBucket"]) for row in ROWS[number::3]]
