"""Text within Markdown: what could be markup is shown as it stands; faults are sentences."""

_MARKUP = frozenset("\\`*_{}[]<>#|~")


def plain(text: str) -> str:
    """Return *text* as text in one line: nothing of it is markup."""
    escaped = "".join(f"\\{letter}" if letter in _MARKUP else letter for letter in text)
    return " ".join(escaped.splitlines())


def sentences(what: str, hint: str) -> str:
    """Return what is wrong and what to do, as two sentences."""
    end = "" if hint.endswith(("?", ".")) else "."
    return f"{what[:1].upper()}{what[1:]}. {hint[:1].upper()}{hint[1:]}{end}"
