"""One question to a store, until there is an answer: again, elsewhere, as another, or an error.

All questions are safe to ask again: a page is asked for with the row that it begins behind, so
that asking twice skips nothing and repeats nothing; and an exact version is gone only once.
"""

import logging
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Lock
from typing import Final, TypeVar

from retention.adapters.s3.fast.fault import OK, Fault, fault_in, fault_of
from retention.adapters.s3.fast.listing import SaidError
from retention.adapters.s3.fast.login import Login, Logins, signed, target
from retention.adapters.s3.fast.pace import Pace
from retention.adapters.s3.fast.trouble import PassingError, StoppedError, UnreadableError
from retention.adapters.s3.fast.where import Where, Whereabouts
from retention.adapters.s3.fast.wire import Patience, Wire
from retention.adapters.s3.faults import refused, unavailable

T = TypeVar("T")

MOVES_MAX: Final = 3
PAUSE_FIRST_S: Final = 0.2
PAUSE_MAX_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Terms:
    """How a store is asked; *attempts_max* is for each page."""

    attempts_max: int
    patience: Patience
    trust: ssl.SSLContext | None = None  # for https
    sleep: Callable[[float], object] | None = None  # in seconds; None waits, unless stopped


class Service:
    """What all lanes share: where and as whom to ask, and connections that nobody uses now."""

    def __init__(self, whereabouts: Whereabouts, logins: Logins, terms: Terms) -> None:
        """Nothing is asked yet."""
        for name in ("botocore", "urllib3"):  # below this they write down keys
            logging.getLogger(name).setLevel(logging.WARNING)
        self.whereabouts, self.logins, self.terms = whereabouts, logins, terms
        self.random = random.Random()  # noqa: S311 - it spreads pauses, and keeps no secret
        self._lock = Lock()
        self._idle: dict[str, list[Wire]] = {}

    def wire(self, endpoint_url: str) -> Wire:
        """Return a connection for one lane."""
        with self._lock:
            idle = self._idle.get(endpoint_url)
            if idle:
                return idle.pop()
        return self.connect(endpoint_url)

    def connect(self, endpoint_url: str) -> Wire:
        """Return a new connection."""
        return Wire(endpoint_url, self.terms.patience, self.terms.trust)

    def give_back(self, endpoint_url: str, wire: Wire) -> None:
        """Keep *wire* for the next lane."""
        with self._lock:
            self._idle.setdefault(endpoint_url, []).append(wire)

    def close(self) -> None:
        """Close what nobody uses."""
        with self._lock:
            for wire in (each for idle in self._idle.values() for each in idle):
                wire.close()
            self._idle.clear()


def service(
    *,
    endpoint_url: str | None,
    region: str,
    credentials: Callable[[], Login],
    attempts_max: int,
    patience: Patience,
    ca_file: str | None = None,
    sleep: Callable[[float], object] | None = None,
) -> Service:
    """Return the service at *endpoint_url*, which is Amazon's in *region* if None.

    *credentials* is called for the first login and whenever one has expired, in any thread.  Hosts
    are known by *ca_file*, or by what the machine trusts.  Nothing is asked yet.
    """
    if attempts_max < 1:
        raise ValueError("a question is tried at least once")
    whereabouts = Whereabouts(endpoint_url, region)
    secure = whereabouts.now().endpoint_url.startswith("https:")
    trust = ssl.create_default_context(cafile=ca_file) if secure else None
    return Service(whereabouts, Logins(credentials), Terms(attempts_max, patience, trust, sleep))


class Asker:
    """Asks in one lane."""

    def __init__(self, service: Service, pace: Pace, stopped: Event) -> None:
        """Ask at *pace*, until *stopped*."""
        self._service, self._pace, self._stopped = service, pace, stopped
        self._where: Where = service.whereabouts.now()
        self._wire = service.wire(self._where.endpoint_url)
        self.failed = 0  # attempts at the last question to which no answer came that stands

    def ask(
        self,
        bucket: str,
        query: Mapping[str, str],
        read: Callable[[bytes], T],
        *,
        body: bytes = b"",
        refuse: Callable[[str], Exception] = refused,
    ) -> T:
        """Return what *read* makes of the answer; it raises UnreadableError to ask again.

        With a *body* it is a POST, and else a GET.
        Raises StoreUnavailableError after as many attempts as the terms allow, what *refuse* makes
        of the code of what will not pass (StoreRefusedError), and StoppedError.
        """
        self.failed, moved, renewed = 0, 0, False
        while True:
            login = self._service.logins.now()
            fault, answer = self._once(bucket, query, read, login, body)
            if fault is None:
                return answer[0]
            if fault.expired and not renewed:
                renewed = True
                self._service.logins.renew(login)
            elif fault.region and moved < MOVES_MAX and self._moves(fault.region):
                moved += 1
            elif not fault.passing:
                raise refuse(fault.code)
            else:
                self.failed += 1
                if self.failed >= self._service.terms.attempts_max:
                    raise unavailable(fault.code)
                self._pause(self.failed)

    def _once(
        self,
        bucket: str,
        query: Mapping[str, str],
        read: Callable[[bytes], T],
        login: Login,
        body: bytes,
    ) -> tuple[Fault | None, tuple[T, ...]]:
        self._settle()
        path = target(f"/{bucket}", query)
        headers = signed(self._where.endpoint_url + path, login, self._where.region, body)
        with self._pace.turn() as turn:
            if self._stopped.is_set():
                raise StoppedError
            try:
                reply = self._wire.ask(path, headers, body)
            except PassingError as error:
                return Fault(str(error), passing=True), ()
        fault = None if reply.status == OK else fault_of(reply)
        if fault is None:
            try:
                answer = read(reply.body)
            except UnreadableError:
                return Fault("UnreadableAnswer", passing=True), ()
            except SaidError as said:
                fault = fault_in(said.element, reply.status, reply.headers)
            else:
                self._pace.went_well()
                return None, (answer,)
        if fault.slow:
            self._pace.slow_down(turn)
        return fault, ()

    def _settle(self) -> None:
        """Go where other lanes were sent in the meantime."""
        now = self._service.whereabouts.now()
        if now.endpoint_url != self._where.endpoint_url:
            self._wire.close()
            self._wire = self._service.wire(now.endpoint_url)
        self._where = now

    def _moves(self, region: str) -> bool:
        return self._service.whereabouts.move(self._where, region)

    def _pause(self, failed: int) -> None:
        """Wait longer after each failure, and not as long as others who failed with us."""
        longest_s = min(PAUSE_MAX_S, PAUSE_FIRST_S * 2 ** (failed - 1))
        pause_s = longest_s * self._service.random.uniform(0.5, 1.0)
        (self._service.terms.sleep or self._stopped.wait)(pause_s)
        if self._stopped.is_set():
            raise StoppedError

    def cut(self) -> None:
        """End what is on its way, from any thread."""
        self._wire.cut()

    def close(self) -> None:
        """Leave the connection to others, or close it if it was cut."""
        if self._stopped.is_set():
            self._wire.close()
        else:
            self._service.give_back(self._where.endpoint_url, self._wire)
