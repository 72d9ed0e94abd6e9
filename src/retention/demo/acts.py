"""The acts of the story, in their order; each says what happened and shows it."""

import secrets
from email.message import EmailMessage

from retention.demo import estate
from retention.demo.invented import events, holds
from retention.demo.people import Login
from retention.demo.stage import APPROVERS, Stage, owner_client
from retention.domain.agreement import Person
from retention.domain.case import Case
from retention.domain.entry import Entry
from retention.domain.events import TriggerEvent
from retention.steps.cases import case_of, cases, read_proposal
from retention.steps.classify import Dated
from retention.steps.notify import notices
from retention.steps.record.answers import plan_answer
from retention.steps.record.events import plan_event
from retention.steps.record.holds import plan_hold
from retention.steps.record.planned import Recording, Why
from retention.steps.record.scopes import Scope
from retention.views.figures import size
from retention.views.links import link

REASON = "The period has ended and both controllers agreed in writing (invented)."


def record(here: Stage) -> None:
    """Record what happened and what is held."""
    here.work.agreements()  # what is in force, before anything that relies on it
    manager = _person(here, "rm-01")
    for event in events():
        minutes = f"Invented minutes: {event.name} {event.value} on {event.on}.\n".encode()
        why = Why(_recorder(here, event), "Invented: the minutes say so.", minutes)
        names = event.reference, event.name, event.value, event.on.isoformat()
        ports = _recording(here)
        plan_event(*names, why=why, ports=ports).write(ports)
    for hold in holds():
        letter = b"An invented letter that asks to keep everything.\n"
        why = Why(manager, "Invented: the letter asks for it.", letter)
        scope = Scope(hold.reference, hold.class_name, hold.dataset)
        ports = _recording(here)
        # It is before the first survey: nothing is known yet that it could hold.
        planned = plan_hold(scope, hold.ground, why=why, ports=ports, even_if_none=True)
        planned.write(ports)
    here.tell.say(
        f"People recorded {len(events())} events and placed {len(holds())} holds, "
        "each with its evidence."
    )


def survey(here: Stage) -> None:
    """List every store, and say what falls due."""
    here.start("survey")
    agreements = len(here.work.agreements())
    here.await_("the survey", lambda: here.count(Entry.SURVEYED) >= agreements)
    records = list(here.work.ledger.of_kind(Entry.SURVEYED))
    here.tell.say(
        f"The surveyor listed {sum(r.number('versions') for r in records):,} rows under "
        f"{agreements} agreements and found {sum(r.number('datasets') for r in records)} datasets; "
        f"{sum(r.number('unclassified') for r in records)} rows belong to no class, and are raised."
    )
    dated = here.work.classify()
    due = [each for each in dated if each.assessment.eligible]
    here.tell.say(f"On {here.clock.today():%A %d %B %Y} {len(due)} datasets may be reviewed:")
    here.tell.note(_since(each) for each in due)
    held = [each for each in dated if each.assessment.holds]
    here.tell.note([f"and {len(held)} are held: nothing moves there, though the clock runs on"])


def notify(here: Stage) -> None:
    """Tell the controllers, and record what they answer."""
    here.start("advance")
    here.await_(
        "the notice",
        lambda: any(len(n.accepted) == 2 for n in notices(here.work.ledger)),  # noqa: PLR2004  # joint
    )
    (notice,) = notices(here.work.ledger)
    here.tell.say(
        f"Notice {notice.id} reached both joint controllers: what, why, and what they may answer."
    )
    for controller in sorted(notice.accepted):
        address = here.work.library.party(controller).email or ""
        reply = _reply(here.post.letters(address)[-1], address)
        here.post.keep(reply.as_bytes())
        why = Why(_person(here, "rm-01"), "Invented: the reply says so.", reply.as_bytes())
        ports = _recording(here)
        plan_answer(notice.id, controller, "proceed", why=why, ports=ports).write(ports)
    here.tell.say("Both answered 'proceed'; their letters are kept as evidence.")


def propose(here: Stage) -> Case:
    """Freeze the manifests; the review then waits for people."""
    here.start("propose")
    here.await_("the proposal", lambda: here.count(Entry.PROPOSED) > 0)
    (case,) = cases(here.work.ledger)
    proposal = read_proposal(case, here.work.evidence)
    here.tell.say(
        f"Frozen: {len(proposal.items)} datasets, {proposal.versions:,} object versions, "
        f"{size(proposal.size_bytes)}, under one digest with the mark {proposal.mark}."
    )
    return case


def decide(here: Stage, case: Case) -> None:
    """Let two people answer, as the UI does."""
    proposal = read_proposal(case, here.work.evidence)
    for person, step in zip(APPROVERS, proposal.approved_by, strict=True):
        login = Login(here.server.api_url, person, here.passwords[person])
        run, page = login.waiting(step)
        assert proposal.mark in page  # they decide on what they were shown
        here.tell.say(f"The {step} is asked at {here.server.url}/v2/runs/flow-run/{run}")
        rows = login.full_list(link(proposal.digest))
        assert rows == proposal.versions  # the list that they open is the one they decide on
        here.tell.note([f"{person} opened the full list at the gate: {rows:,} rows"])
        form = {
            "decision": "approve all",
            "exceptions": "none",
            "reason": REASON,
            "minute": "none",
            "inquiries": "no, I know of none",
            "mark": proposal.mark,
        }
        login.answer(run, form)
        here.await_(f"the answer of the {step}", lambda s=step: _has_decided(here, case, s))  # type: ignore[misc]  # bound at once
        here.tell.note([f"{person} logged in, typed the mark and approved; the gate signed it"])


def destroy(here: Stage, proposal: str) -> None:
    """Watch what follows from the approval by itself."""
    here.await_("the begin-listing", lambda: bool(_case(here, proposal).begun))
    here.tell.say("The destroyer listed what is there before the first order.")
    here.await_("the disposal", lambda: len(_case(here, proposal).ordered) == _kept(here, proposal))
    orders = sum(len(each) for each in _case(here, proposal).intents.values())
    here.tell.say(f"Every version was ordered by its own id, in {orders} announced batches.")
    here.await_("the verification", lambda: _verified(_case(here, proposal)))
    gone = sum(r.number("destroyed") for r in _case(here, proposal).verified.values())
    here.tell.say(
        f"The verifier listed again, as somebody else: {gone:,} are gone and none is left."
    )
    _certificate(here, proposal, "interim")


def residual_window(here: Stage, proposal: str) -> None:
    """Step over the one wait, and see the backups gone."""
    here.clock.step(days=2)
    expired = estate.expire_backups(owner_client(here.store), here.work.agreements())
    here.tell.say(
        f"Two days on ({here.clock.today():%d %B}) the backup vault let {expired:,} copies age out."
    )
    here.start("advance")
    here.await_("the look at the backups", lambda: bool(_case(here, proposal).residuals))
    here.tell.say("The verifier looked at every backup whose window had closed: all are gone.")
    _certificate(here, proposal, "final")


def _certificate(here: Stage, proposal: str, kind: str) -> None:
    here.await_(f"the {kind} certificate", lambda: kind in _case(here, proposal).certified)
    number = _case(here, proposal).certified[kind].text("certificate")
    here.await_("its seal", lambda: number in _case(here, proposal).sealed)
    here.tell.say(f"The {kind} certificate {number} is signed, on the ledger, typeset and sealed.")
    here.await_(
        "its delivery",
        lambda: len(_case(here, proposal).delivered.get(number, {})) == 2,  # noqa: PLR2004  # joint
    )
    here.tell.note(["both joint controllers have it by mail"])


def _case(here: Stage, proposal: str) -> Case:
    return case_of(here.work.ledger, proposal)


def _kept(here: Stage, proposal: str) -> int:
    approved = _case(here, proposal).approved
    return 0 if approved is None else approved.number("kept")


def _verified(case: Case) -> bool:
    return len(case.verified) == len(case.ordered) and all(case.is_known(r) for r in case.verified)


def _has_decided(here: Stage, case: Case, step: str) -> bool:
    return step in {r.text("step") for r in _case(here, case.proposal).decided}


def _since(dated: Dated) -> str:
    days = dated.assessment.days
    assert days is not None
    return f"{dated.assessment.dataset}: due since {days.due_on}, to be gone by {days.destroy_by}"


def _recording(here: Stage) -> Recording:
    """Return the ports that recording takes, on the demonstration's day."""
    work = here.work
    return Recording(
        work.ledger,
        work.evidence,
        work.catalogue,
        work.library,
        work.clock.today(),
        lambda: secrets.token_bytes(32),
    )


def _person(here: Stage, person_id: str) -> Person:
    return next(each for each in here.work.library.people() if each.id == person_id)


def _recorder(here: Stage, event: TriggerEvent) -> Person:
    """Return someone who may record *event*: preferably one who approves nothing."""
    agreement = next(a for a in here.work.agreements() if a.reference == event.reference)
    roles = {role for e in agreement.events if e.name == event.name for role in e.recorded_by}
    able = [p for p in here.work.library.people() if roles & set(p.roles)]
    return min(able, key=lambda person: person.id in APPROVERS)


def _reply(letter: EmailMessage, address: str) -> EmailMessage:
    reply = EmailMessage()
    reply["From"], reply["To"] = address, "records@demonstration.invalid"
    reply["Subject"] = f"Re: {letter['subject']}"
    reply["Date"] = letter["date"]
    reply.set_content("DEMONSTRATION. proceed\n\nAn invented controller.\n")
    return reply
