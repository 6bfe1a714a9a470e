"""Foreign text made safe to show: what a terminal or a reader could be fooled by becomes a visible escape."""

import re


def visible(text: str, keep: str = "") -> str:
    """The text with every unprintable character, save those in `keep`, as an escape such as `\\x1b` or `\\u202e`.

    Unprintable are control and format characters (terminal escapes, line breaks, direction overrides, zero-width
    characters), lone surrogates, private and unassigned code points, and every separator but the plain space.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def shown(text: str, limit: int = 300) -> str:
    """The text as one printable line of about `limit` characters; what was cut is told by the full length."""
    start = visible(text[:limit])
    if len(text) <= limit and len(start) <= limit * 2:
        return start
    return f"{start[:limit]}… ({len(text):,} characters)"


def fitted(text: str, width: int) -> str:
    """The text within `width` characters, cut in the middle: first its long paths, since their ends tell most."""
    line = visible(text if len(text) <= 20 * width else f"{text[: 10 * width]}…{text[-10 * width :]}")
    if len(line) > width:
        line = _PATH.sub(_shorter, line)
    if len(line) <= width:
        return line
    end = (width - 1) // 3
    return f"{line[: width - 1 - end]}…{line[len(line) - end :]}" if width > 3 else line[:width]


def clipped(text: str, width: int) -> str:
    """The text within `width` characters: its long paths cut in the middle, and what is then too much at a word's end.

    A sentence tells most at its beginning; one that lacks its middle says something else.
    """
    line = visible(text[: 20 * width])
    if len(line) > width:
        line = _PATH.sub(_shorter, line)
    if len(line) <= width and len(text) <= 20 * width:
        return line
    start = line[: max(width - 1, 0)]
    space = start.rfind(" ")
    if line[len(start) : len(start) + 1] != " " and space > width // 2:
        start = start[:space]
    return f"{start.rstrip(' ,;:(')}…"


_PATH = re.compile(r"(?:/[^/\s\"',;:]+){4,}")


def _shorter(path: re.Match[str]) -> str:
    steps = path[0].split("/")
    return f"/{steps[1]}/…/{steps[-1]}"


_VARIABLE = re.compile(r"\$\{(\w+):\?\}")


def of_your_own(command: str) -> str:
    """What has to be set before a command by hand is typed; empty where nothing has to."""
    names = [name for name in dict.fromkeys(_VARIABLE.findall(command)) if f"{name}=$(" not in command]
    if not names:
        return ""
    objects = "an object" if len(names) == 1 else "objects"
    return f"set {' and '.join(names)} to {objects} of your own: the scenario deleted what it had made"


def proof(kills: int, real_exchanges: int) -> str:
    """What proves a check, in words; empty where nothing does yet."""
    told = []
    if kills:
        told.append(f"finds {kills} planted {'fault' if kills == 1 else 'faults'}")
    if real_exchanges:
        noun = "exchange" if real_exchanges == 1 else "exchanges"
        told.append(f"leaves {real_exchanges:,} recorded {noun} of the real API alone")
    return ", ".join(told)


def duration(seconds: float) -> str:
    """A time in seconds or, where it is long, minutes."""
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
