"""Two workers at once, of whom one moves at a time: in an order that a seed draws."""

from threading import Condition, Thread, current_thread

STUCK_AFTER_S = 60


class Turns:
    """Passes the turn on whenever a worker is about to use a port, or has used it."""

    def __init__(self, chance):
        self._chance, self._turn = chance, Condition()
        self._workers, self._whose = [], None

    def run(self, *works):
        """Do all of *works*, each in a worker of its own; return what each raised, or None."""
        raised = [None] * len(works)

        def work(number):
            self._await()
            try:
                works[number]()
            except BaseException as error:  # noqa: BLE001  # handed to whoever started it
                raised[number] = error
            finally:
                self._leave()

        threads = [Thread(target=work, args=[n], daemon=True) for n in range(len(works))]
        self._workers = list(threads)
        self._whose = self._chance.choice(threads)
        for each in threads:
            each.start()
        for each in threads:
            each.join(STUCK_AFTER_S)
            assert not each.is_alive(), "two workers wait for one another"
        return raised

    def pass_on(self):
        """Let any worker move, perhaps the same; whoever is none of them goes on."""
        with self._turn:
            if current_thread() not in self._workers:
                return
            self._whose = self._chance.choice(self._workers)
            self._turn.notify_all()
        self._await()

    def _await(self):
        with self._turn:
            mine = self._turn.wait_for(lambda: self._whose is current_thread(), STUCK_AFTER_S)
            assert mine, "nobody passes the turn on"

    def _leave(self):
        with self._turn:
            self._workers.remove(current_thread())
            self._whose = self._chance.choice(self._workers) if self._workers else None
            self._turn.notify_all()
