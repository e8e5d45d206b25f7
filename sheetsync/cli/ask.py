"""Questions at a terminal: asked until the answer is one of those that are possible. An end of input is an answer too: stop."""

from __future__ import annotations

from collections.abc import Sequence


def choose(question: str, options: Sequence[str], *, default: int | None = None, none: str = "") -> int | None:
    """Which of the options, shown with numbers from 1; None for `none`, which is offered as 0. Enter takes the default.

    `default` counts from 0; None means `none` where that is offered, else that there is none. Raises KeyboardInterrupt at the end of input.
    """
    from sheetsync.cli.options import terminal_width
    from sheetsync.deliver import to_terminal
    from sheetsync.outputs.text import wrap

    lines = []
    for number, option in enumerate(options, 1):
        first, *more = wrap(option, terminal_width() - 6)
        lines += [f"  {number:>2}  {first}", *(f"      {line}" for line in more)]
    if none:
        lines.append(f"   0  {none}")
    to_terminal("\n".join(lines))
    preset = "" if default is None and not none else f" [{0 if default is None else default + 1}]"
    while True:
        text = answer(f"{question}{preset}: ")
        if not text and preset:
            return default
        if text == "0" and none:
            return None
        if text.isascii() and text.isdigit() and 1 <= int(text) <= len(options):
            return int(text) - 1


def letter(question: str, letters: str) -> str:
    """The first letter of an answer, one of `letters`; Enter takes the first of them."""
    while True:
        text = answer(f"{question} ").casefold()
        if not text:
            return letters[0]
        if text[0] in letters:
            return text[0]


def answer(question: str) -> str:
    """What is typed, without spaces around it. Raises KeyboardInterrupt at the end of input."""
    try:
        return input(question).strip()
    except EOFError:
        raise KeyboardInterrupt from None
