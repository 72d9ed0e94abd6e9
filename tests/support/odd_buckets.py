"""Buckets of many keys that are hard to list right, written by many hands at once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice, product

LETTERS = (
    " ",
    "+",
    "%",
    "&",
    "<",
    '"',
    "'",
    "/",
    "\\",
    "\n",
    "\t",
    "~",
    ".",
    "æ",
    "e\u0301",
    "\U0001f600",
)
WORDS = ("%2F", "%41", "+", "&amp;", "a")
WRITERS = 10  # as many as boto3 keeps connections


def odd_keys(number, prefix):
    """Return so many keys, each its own mixture of odd letters."""
    mixtures = product(WORDS, LETTERS, LETTERS, ("", *LETTERS))
    step = len(WORDS) * len(LETTERS) ** 2 * (len(LETTERS) + 1) // number
    return [prefix + "".join(each) for each in islice(mixtures, 0, step * number, max(step, 1))]


def fill(bucket, keys, *, versions_max):
    """Write each key up to so many times, hide some of them, and return all that is there."""

    def write(numbered):
        number, key = numbered
        found = [bucket.put(key, str(n).encode()) for n in range(1 + number % versions_max)]
        if number % 3 == 0:
            found.append(bucket.hide(key))
            if number % 2 == 0:
                found.append(bucket.put(key, b"shown again"))
        if number % 50 == 0:
            found.append(bucket.start_upload(key))
        return found

    with ThreadPoolExecutor(WRITERS) as pool:
        return [version for found in pool.map(write, enumerate(keys)) for version in found]
