"""Deletes in many small requests at once: a store works through each of them one by one."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Final

from retention.adapters.s3.answers import answer_of_all, answers_to
from retention.adapters.s3.fast.asking import Asker, service
from retention.adapters.s3.fast.deletes import order_of, said_in
from retention.adapters.s3.fast.login import Login
from retention.adapters.s3.fast.pace import Pace
from retention.adapters.s3.fast.wire import Patience
from retention.domain.dataset import Answer, ObjectVersion
from retention.errors import StoreUnavailableError

REQUEST_ROWS: Final = 250  # a store takes a thousand, and works through them one by one


class _RefusalError(Exception):
    """The store refused a whole request; its text is the code."""


class FastMany:
    """Fits ``adapters.s3.destroys.Many``; lanes and pauses follow what the store can bear."""

    def __init__(
        self,
        *,
        endpoint_url: str | None,
        region: str,
        credentials: Callable[[], Login],
        lanes: int = 16,
        rows: int = REQUEST_ROWS,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 60,
        attempts_max: int = 4,
        ca_file: str | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Ask as ``FastLists`` does, in at most *lanes* at once and for *rows* at a time."""
        self._service = service(
            endpoint_url=endpoint_url,
            region=region,
            credentials=credentials,
            attempts_max=attempts_max,
            patience=Patience(connect_timeout_s, read_timeout_s),
            ca_file=ca_file,
            sleep=sleep,
        )
        self._rows = rows
        self._pace = Pace(lanes)
        self._pool = ThreadPoolExecutor(lanes, thread_name_prefix="deleting")

    def delete(
        self, bucket: str, versions: Sequence[ObjectVersion]
    ) -> Mapping[ObjectVersion, Answer]:
        """Order the end of exactly *versions*, and return the answer to each."""
        parts = [versions[n : n + self._rows] for n in range(0, len(versions), self._rows)]
        answers: dict[ObjectVersion, Answer] = {}
        for each in self._pool.map(lambda part: self._one(bucket, part), parts):
            answers.update(each)
        return answers

    def _one(self, bucket: str, asked: Sequence[ObjectVersion]) -> Mapping[ObjectVersion, Answer]:
        asker = Asker(self._service, self._pace, Event())
        try:
            said = asker.ask(
                bucket, {"delete": ""}, said_in, body=order_of(asked), refuse=_RefusalError
            )
        except StoreUnavailableError:
            return dict.fromkeys(asked, Answer.UNKNOWN)
        except _RefusalError as refusal:
            return dict.fromkeys(asked, answer_of_all(str(refusal), again=asker.failed > 0))
        finally:
            asker.close()
        return answers_to(asked, said, again=asker.failed > 0)
