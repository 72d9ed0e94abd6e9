"""A notice and its reminder on a real mail server: with the list, and to whom it can be brought."""

import csv
import io
from dataclasses import replace
from time import monotonic, sleep

import pytest

from retention.adapters.mail import SmtpCourier
from retention.domain.agreement import Party
from retention.domain.clock import Period
from retention.errors import DeliveryError
from retention.steps.chase import Owes
from tests.support.cast import PEOPLE
from tests.support.postfix import ARRIVAL_TIMEOUT_S, DOMAIN, GONE
from tests.support.world import World

ADDRESSES = {"north": f"second@{DOMAIN}", "south": GONE}


def listed(mail):
    """Return the names of the datasets in the table of a mail."""
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "text/csv"
    return [row["dataset"] for row in csv.DictReader(io.StringIO(attached.get_content()))]


def ours(postfix, number):
    """The letters of this test in a mailbox that other tests write to as well."""
    until = monotonic() + ARRIVAL_TIMEOUT_S
    found = []
    while len(found) < number and monotonic() < until:
        found = [each for each in postfix.messages("second") if "INV" in each["Subject"]]
        sleep(0.05)
    return found


@pytest.mark.postfix
def test_a_notice_arrives_with_its_list_and_a_reminder_follows(postfix):
    world = World(notice=Period.parse("P30D"), reminders=(Period.parse("P7D"),))
    world.library.party = lambda name: Party(name, f"Invented {name}", ADDRESSES[name], False)
    nobody_has_mail = [replace(each, email=None) for each in PEOPLE]
    world.library.people = lambda: nobody_has_mail
    world.courier = SmtpCourier(
        host="localhost",
        port=postfix.port,
        sender="records@issuer.invalid",
        starttls_required=True,
        ca_file=postfix.ca_file,
        clock=world.clock,
        timeout_s=20,
    )
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    world.survey()
    with pytest.raises(DeliveryError):
        world.notify()  # one of the two mailboxes is gone
    (notice,) = ours(postfix, 1)
    assert listed(notice) == ["INV/patient/2019", "INV/patient/2020"]
    assert "2 datasets due for destruction" in notice["Subject"]
    assert {(each.what, each.whom) for each in world.owed()} == {
        (Owes.ANSWER, "north"),
        (Owes.RECEIPT, "south"),
    }
    world.clock.step(days=7)
    world.remind()
    _, reminder = ours(postfix, 2)
    assert "Reminder 1" in reminder["Subject"]
    assert listed(reminder) == ["INV/patient/2019", "INV/patient/2020"]
    for each in (postfix.folder / "boxes").glob("*/new/*"):
        each.unlink()
