"""sheetsync draft: the message for one customer's next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sheetsync.cli.handler import handled, say
from sheetsync.cli.options import (
    AsJson,
    ConfigPath,
    PlaybookName,
    SheetName,
    TodayDate,
    preview,
    resolve,
    terminal_width,
)

if TYPE_CHECKING:
    from sheetsync.core.model import Report
    from sheetsync.playbook.messages import Draft
    from sheetsync.playbook.model import Playbook


@handled
def draft(
    words: Annotated[
        list[str],
        typer.Argument(metavar="[WORKBOOK] WHO", help="The workbook (left out: source in sheetsync.toml), and the customer's key or name."),
    ],
    sheet: SheetName = None,
    playbook: PlaybookName = None,
    config: ConfigPath = None,
    today: TodayDate = None,
    message: Annotated[
        str | None, typer.Option("--message", metavar="NAME", help="Another message than that of the next step.")
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Put the message into the clipboard, too.")] = False,
    mailto: Annotated[bool, typer.Option("--mailto", help="Open it in the mail program, with To, subject and text filled in.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the message for a customer's next step: a phone script, an e-mail or a letter.

    Example: sheetsync draft customers.xlsx "Susan Ortiz"
    """
    from sheetsync.deliver import to_clipboard, to_mail_program, to_terminal
    from sheetsync.errors import Refused
    from sheetsync.playbook.worksheet import with_worksheet

    workbook, who = _split(words)
    asked = resolve(workbook, sheet, playbook, config, today)
    report = preview(asked, quiet=as_json)
    found = _draft(report, with_worksheet(asked.settings.playbook, report.customers.table), who, message)
    if mailto and found.message.kind != "e-mail":
        raise Refused(f"The message is a {found.message.kind if found.message.kind != 'phone' else 'phone script'}, not an e-mail.",
                      "Leave --mailto out, or name an e-mail with --message.")
    if mailto and not found.message.to:
        raise Refused(f"{who} has no e-mail address that can be read.", "Fill in Email, or leave --mailto out.")
    to_terminal(_json(found) if as_json else _text(found))
    if copy:
        to_clipboard(found.message.body)
        say("Copied.")
    if mailto:
        to_mail_program(found.message.mailto)


def _split(words: list[str]) -> tuple[str | None, str]:
    """The workbook, where the first word is one, and whom: "customers.xlsx Susan Ortiz" needs no quotes."""
    from sheetsync.config import names_a_source
    from sheetsync.errors import SettingsError

    first = words[0]
    if names_a_source(first):
        if len(words) == 1:
            raise SettingsError("No customer was named.",
                                'Name one behind the workbook, such as: sheetsync draft customers.xlsx "Susan Ortiz"')
        return first, " ".join(words[1:])
    return None, " ".join(words)


def _draft(report: Report, playbook: Playbook, who: str, message: str | None) -> Draft:
    from sheetsync.errors import Refused
    from sheetsync.playbook.engine import cared
    from sheetsync.playbook.messages import MessageError, draft, find_customer

    customers = report.customers
    found = find_customer(customers, who)
    if not found.exactly:
        near = f"Did you mean {' or '.join(found.near)}?" if found.near else "Name the customer's key or name as it stands in the sheet."
        raise Refused(f'There is no customer "{who}" in {report.source}.', near)
    if len(found.exactly) > 1:
        named = [f"{customers.labels[i]} (row {customers.row(i)}{_key(report, i)})" for i in found.exactly[:5]]
        more = f" and {len(found.exactly) - 5} more" if len(found.exactly) > 5 else ""
        raise Refused(f'"{who}" could be {", ".join(named)}{more}.', f"Name the {customers.key or 'whole name'} instead.")
    [i] = found.exactly
    follow_up = report.follow_ups[i]
    try:
        return draft(playbook, customers, i, step=follow_up.step, rule=follow_up.rule, asked=message,
                     care=i in cared(customers, playbook, report.today))
    except MessageError as error:
        status = "" if follow_up.step else f" The row's status is {report.status.word(follow_up.status)}."
        raise Refused(f"{customers.labels[i]}: {error.sentence}{status}", error.remedy) from None


def _key(report: Report, i: int) -> str:
    from sheetsync.core.values import text_of

    customers = report.customers
    if customers.key is None:
        return ""
    value = customers.values[customers.key][i]
    return f", {customers.header(customers.key)} {text_of(value)}" if isinstance(value, (str, int, float)) else ""


def _text(found: Draft) -> str:
    from sheetsync.outputs.text import wrap

    width = terminal_width()
    said = {"phone": "Phone script", "e-mail": "E-mail", "letter": "Letter", "note": "Note"}
    lines: list[str] = []
    for message in (found.before, found.message):
        if message is None:
            continue
        lines += ["", "─" * width, ""] if lines else []
        lines.append(said[message.kind] + (f" to {message.to}" if message.kind == "e-mail" and message.to else ""))
        lines += wrap(f"Subject: {message.subject}", width) if message.subject else []
        for line in ["", *message.body.splitlines()]:
            lines += wrap(line, width) or [""]
    return "\n".join(lines)


def _json(found: Draft) -> str:
    import json

    message, before = found.message, found.before
    return json.dumps({
        "version": 1, "kind": message.kind, "to": message.to, "subject": message.subject, "body": message.body,
        "before": None if before is None else before.body, "mailto": message.mailto if message.kind == "e-mail" else None,
    }, ensure_ascii=False)
