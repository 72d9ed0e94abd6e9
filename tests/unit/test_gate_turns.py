"""One password at a time, and a flood from one address is in nobody else's way."""

import asyncio

import pytest

from retention.gate.turns import EACH_MAX, WAITING_MAX, BusyError, Turns


class Kept:
    """What was served, in order."""

    def __init__(self):
        self.turns, self.served, self.at_once = Turns(), [], 0

    async def one(self, address, name):
        async with self.turns.of(address):
            self.at_once += 1
            assert self.at_once == 1
            await asyncio.sleep(0)
            self.served.append(name)
            self.at_once -= 1


def test_one_is_served_at_a_time_in_the_order_of_one_address():
    async def story():
        kept = Kept()
        await asyncio.gather(*(kept.one("a", n) for n in range(10)))
        return kept.served

    assert asyncio.run(story()) == list(range(10))


def test_who_sends_one_waits_for_one_of_each_address_and_not_for_a_flood():
    async def story():
        kept = Kept()
        flood = [asyncio.ensure_future(kept.one("flood", n)) for n in range(EACH_MAX)]
        await asyncio.sleep(0)
        await kept.one("desk", "person")
        await asyncio.gather(*flood)
        return kept.served

    assert asyncio.run(story()).index("person") <= 2


def test_too_many_of_one_address_are_refused_and_others_are_not():
    async def story():
        kept = Kept()
        flood = [kept.one("flood", n) for n in range(EACH_MAX + 6)]
        found = await asyncio.gather(*flood, kept.one("desk", "person"), return_exceptions=True)
        return kept.served, found

    served, found = asyncio.run(story())
    assert sum(isinstance(each, BusyError) for each in found) == 5  # one was served, twenty waited
    assert "person" in served


def test_who_sends_one_is_not_sent_away_for_a_flood_from_many_addresses():
    async def story():
        kept = Kept()
        many = [f"flood-{n % 50}" for n in range(WAITING_MAX + 60)]
        flood = [asyncio.ensure_future(kept.one(each, "flood")) for each in many]
        await asyncio.sleep(0)
        await kept.one("desk", "person")
        found = await asyncio.gather(*flood, return_exceptions=True)
        assert sum(isinstance(each, BusyError) for each in found) == 60
        return kept.served

    served = asyncio.run(story())
    assert served.index("person") <= 51  # one of each address, and the one that was served
    assert len(served) == WAITING_MAX + 1


def test_who_goes_away_while_waiting_holds_nobody_up():
    async def story():
        kept = Kept()
        first = asyncio.ensure_future(kept.one("a", "first"))
        gone = [asyncio.ensure_future(kept.one(each, "gone")) for each in "bcd"]
        await asyncio.sleep(0)
        for each in gone:
            each.cancel()
        await asyncio.wait_for(asyncio.gather(first, kept.one("e", "last")), 5)
        return kept.served

    assert asyncio.run(story()) == ["first", "last"]


def test_an_error_in_a_turn_gives_it_on():
    async def fail(turns):
        async with turns.of("a"):
            await asyncio.sleep(0)
            raise ValueError

    async def story():
        kept = Kept()
        failing = asyncio.ensure_future(fail(kept.turns))
        await asyncio.sleep(0)
        await asyncio.wait_for(kept.one("b", "next"), 5)
        with pytest.raises(ValueError):
            await failing
        return kept.served

    assert asyncio.run(story()) == ["next"]
