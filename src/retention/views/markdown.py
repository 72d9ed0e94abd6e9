"""Text within Markdown: what could be markup is shown as it stands."""

_MARKUP = frozenset("\\`*_{}[]<>#|~")


def plain(text: str) -> str:
    """Return *text* as text in one line: nothing of it is markup."""
    escaped = "".join(f"\\{letter}" if letter in _MARKUP else letter for letter in text)
    return " ".join(escaped.splitlines())
