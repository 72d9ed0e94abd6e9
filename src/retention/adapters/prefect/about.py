"""What a run is about, in its name and its tag: by the tag it is found again."""

import re

ABOUT_CHARACTERS = 12


def about(argument: str) -> str:
    """Return what a run is about, in short: a digest's head, and which share of it."""
    whole, mark, share = argument.removeprefix("sha256:").partition("#")
    plain = re.sub(r"[^A-Za-z0-9-]", "-", whole) or "all"
    return plain[:ABOUT_CHARACTERS] + re.sub(r"[^0-9#-]", "-", mark + share)


def tag_of(argument: str) -> str:
    """Return the tag of every run about *argument*."""
    return f"about:{about(argument)}"
