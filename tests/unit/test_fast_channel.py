"""From many lanes to one consumer: bounded, and an error comes across once."""

from threading import Event, Thread

import pytest

from retention.adapters.s3.fast.channel import Channel, Lane
from retention.adapters.s3.fast.trouble import StoppedError


def test_items_come_in_their_order_and_then_the_end():
    channel = Channel(lanes=1, most=3)
    with Lane(channel):
        for item in (1, 2, 3):
            channel.put(item)
    assert [channel.get() for _ in range(5)] == [1, 2, 3, None, None]


def test_no_more_wait_than_there_is_room_for():
    channel, given = Channel(lanes=1, most=2), []

    def give():
        with Lane(channel):
            for item in range(100):
                channel.put(item)
                given.append(item)

    giving = Thread(target=give)
    giving.start()
    for item in range(100):
        assert channel.get() == item
        assert len(given) <= item + 1 + 3
    giving.join(60)
    assert channel.get() is None


def test_it_ends_when_the_last_lane_does():
    channel, first, second = Channel(lanes=2, most=9), Event(), Event()

    def give(item, when):
        with Lane(channel):
            when.wait(60)
            channel.put(item)

    threads = [Thread(target=give, args=each) for each in ((1, first), (2, second))]
    for thread in threads:
        thread.start()
    first.set()
    assert channel.get() == 1
    second.set()
    assert [channel.get(), channel.get()] == [2, None]


def test_an_error_comes_before_what_waits_and_whoever_gives_is_let_go():
    channel = Channel(lanes=2, most=1)
    channel.put("waits")
    with Lane(channel):
        raise LookupError
    with pytest.raises(LookupError):
        channel.get()
    channel.close()
    with pytest.raises(StoppedError):
        channel.put("nobody takes it")


def test_to_be_stopped_is_no_error():
    channel = Channel(lanes=1, most=1)
    with Lane(channel):
        raise StoppedError
    assert channel.get() is None
