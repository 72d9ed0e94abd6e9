"""A key that an agreement declares: named by itself, for as long as its service waits."""

import pytest

from retention.agreements import FaultyAgreementsError, read
from retention.domain.clock import Period
from tests.support.policies import changed

ARN = "arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f'{{ kind = "key", where = "{ARN}", checked_by = "engine", gone_within = "P30D" }}'
BEFORE = '  { kind = "backup", where = "backup vault"'


def declared(text):
    return changed(BEFORE, f"  {text},\n{BEFORE}")


def faults(text):
    with pytest.raises(FaultyAgreementsError) as caught:
        read(declared(text))
    return caught.value.faults


@pytest.mark.parametrize("window", ["P7D", "P14D", "P30D"])
def test_a_key_is_one_of_the_copies_of_its_class(window):
    library = read(declared(KEY.replace("P30D", window)))
    agreement = library.agreement("NACEL", 3)
    (key,) = [copy for kind in agreement.classes for copy in kind.copies if copy.kind == "key"]
    assert (key.where, key.store, key.gone_within) == (ARN, None, Period.parse(window))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (":key/1234abcd-12ab-34cd-56ef-1234567890ab", ":alias/records", "no ARN of a key"),
        (ARN, "1234abcd-12ab-34cd-56ef-1234567890ab", "no ARN of a key"),
        (ARN, "alias/records", "no ARN of a key"),
        (ARN, ARN.upper(), "no ARN of a key"),
        (f'where = "{ARN}", ', "", "no `where`"),
        ('checked_by = "engine"', 'checked_by = "person"', "'person'"),
        (', gone_within = "P30D"', "", "no `gone_within`"),
        ("P30D", "P6D", "P6D"),
        ("P30D", "P31D", "P31D"),
        ("P30D", "P1M", "P1M"),
        ("P30D", "P0D", "P0D"),
    ],
)
def test_a_key_that_could_be_another_or_never_end_is_refused(old, new, says):
    assert KEY.count(old) == 1
    (fault,) = faults(KEY.replace(old, new))
    assert says in fault.found


def test_a_key_lies_in_no_place():
    store = 'store = "s3://nacel-keys/{nation}/{round}/", '
    (fault,) = faults(KEY.replace("checked_by", f"{store}checked_by"))
    assert fault.found == "a place of a key"
