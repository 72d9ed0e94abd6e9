"""Sign who gave which answer: the gate alone knows the person.

The record is made before the answer is handed on and written once the server has taken it, so
that nothing is signed that was not accepted.  The answer itself stays in Prefect; the ledger
gets its salted digest, and the evidence store the salt.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from retention.domain.approval import SignedAnswer, asked_in, input_digest, stream_about
from retention.domain.calendar import stamp
from retention.domain.canonical import sha256
from retention.domain.entry import Draft, Entry
from retention.ports.clock import Clock
from retention.ports.seal import Signs


def signed_record(
    person: str,
    run: UUID,
    key: str,
    run_input: Mapping[str, Any],
    *,
    salt: str,
    factor: str = "",
    signer: Signs,
    clock: Clock,
) -> Draft | None:
    """Return the ledger entry that *person* gave *run_input* under *key*; None if it is not ours.

    *salt* is not guessable, and kept where its digest leads; *factor* says which second factor
    the gate checked with it.
    Raises TypeError or ValueError for an input that has no canonical form.
    """
    ours = asked_in(key)
    if ours is None:
        return None
    about, step = ours
    answer = SignedAnswer(
        about=about,
        person=person,
        step=step,
        run=str(run),
        pause_key=key,
        input=input_digest(run_input, salt),
        salt=sha256(salt.encode()),
        factor=factor,
        at=stamp(clock.now()),
    )
    return Draft(
        stream=stream_about(about),
        kind=Entry.SIGNED,
        facts={
            **{name: getattr(answer, name) for name in answer.__slots__},
            "signature": urlsafe_b64encode(signer.sign(answer.message())).decode(),
            "key_id": signer.key_id,
        },
    )


def has_template(value: object) -> bool:
    """Tell whether the server would write something else in the place of a part of *value*."""
    if isinstance(value, Mapping):
        return "__prefect_kind" in value or any(has_template(each) for each in value.values())
    return isinstance(value, list) and any(has_template(each) for each in value)
