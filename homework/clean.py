"""What strangers wrote, made fit to be printed, shown or kept: the one way out for their words."""

import hashlib
import sys
import unicodedata

MOST_LINE = 1_000  # characters of a line that is printed
MOST_LINES = 20  # of one kind, before "and N more"
# Control, format (those that turn the direction of writing too), unpaired, private and unassigned
# characters, and the separators of lines and paragraphs.
UNFIT = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
PUT = "\ufffd"  # in their place, so that no two names become one


def text(words, most=None):
    """Words on any number of lines, without what no terminal, page or file should hold."""
    words = str(words)
    if most is not None and len(words) > most:
        words = words[:most] + " ..."
    if words.isascii() and words.isprintable():
        return words
    words = words.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return "\n".join(map(_fit, words.split("\n")))


def _fit(words):
    return "".join(PUT if unicodedata.category(c) in UNFIT else c for c in words)


def _marked(words):
    """A name whose spaces are all seen: others than the plain one, and those at its ends."""
    kept = "".join(PUT if c.isspace() and c != " " else c for c in _fit(words))
    inner = kept.strip(" ")
    lead, _, rest = kept.partition(inner) if inner else ("", "", kept)
    return PUT * len(lead) + inner.replace("  ", f" {PUT}") + PUT * len(rest)


def line(words, most=MOST_LINE):
    """The same on one line."""
    words = str(words)[: most + 1]
    return " ".join(text(words, most).split())


def name(words, most):
    """A name or path on one line, as it is but for its length and for what is unfit.

    Two names stay two: one that is cut or marked keeps a digest of the whole.
    """
    whole = str(words)
    words = unicodedata.normalize("NFC", whole[: 4 * most])  # its time grows with the square
    if len(whole) <= 4 * most and len(words) <= most and (marked := _marked(words)) == words:
        return words
    is_cut = len(whole) > 4 * most or len(words) > most
    told = hashlib.sha256((whole if is_cut else words).encode("utf-8", "replace")).hexdigest()[:8]
    return f"{_marked(words[: most - 10])}...{told}" if is_cut else f"{marked}#{told}"


def say(words, error=False):
    """Print each line of ``words``, cleaned, to the output or to the errors."""
    stream = sys.stderr if error else sys.stdout
    for one in str(words).split("\n"):
        lead = one[: len(one) - len(one.lstrip(" "))][:8]  # what is set in stays set in
        print(lead + line(one), file=stream)


def say_all(lines, error=True):
    """Print some lines, and of many only how many more there are."""
    for one in lines[:MOST_LINES]:
        say(line(one), error)
    if len(lines) > MOST_LINES:
        say(f"and {len(lines) - MOST_LINES:,} more", error)
