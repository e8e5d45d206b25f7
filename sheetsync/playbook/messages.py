"""A customer's step → the message for it: phone script, e-mail with subject, letter; rendered in a sandbox, strictly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sheetsync.core.header import normal
from sheetsync.core.message import Draft as Draft
from sheetsync.core.message import Kind
from sheetsync.core.message import Message as Message
from sheetsync.core.model import Column, Customers, Fault
from sheetsync.core.nearest import did_you_mean
from sheetsync.core.values import MONTHS, text_of
from sheetsync.errors import SettingsError
from sheetsync.playbook.model import Playbook, Rule

KINDS: Mapping[str, Kind] = {"phone": "phone", "e-mail": "e-mail", "email": "e-mail", "letter": "letter", "note": "note"}

_PRINTED = re.compile(r"\{\{-?\s*([^{}|()\"']+?)\s*(\|[^{}]*)?-?\}\}")
_FIELD_CALL = re.compile(r"\b(?:field|has)\(\s*[\"'](.+?)[\"']\s*\)")


class MessageError(ValueError):
    """A message that can't be made: one sentence, and what to do."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.remedy = sentence, remedy


@dataclass(frozen=True, slots=True)
class Template:
    """A message template, cut into its parts: kind, subject (a template too) and body."""

    name: str
    kind: Kind
    subject: str
    body: str


def read_template(name: str, text: str) -> Template:
    """A template's parts. Its first line is Phone, E-mail, Letter or Note, then `Subject: …` where it has one, a blank line, the text.

    Raises MessageError.
    """
    head, _, body = text.replace("\r\n", "\n").strip().partition("\n\n")
    first, *rest = head.split("\n")
    kind = KINDS.get(first.strip().casefold())
    if kind is None:
        raise MessageError(f'The message {name} begins with "{first.strip()[:40]}".',
                           "Its first line has to be Phone, E-mail, Letter or Note; then a blank line.")
    subject = ""
    for line in rest:
        key, _, value = line.partition(":")
        if key.strip().casefold() != "subject" or subject:
            raise MessageError(f'The message {name} has the line "{line[:40]}" in its head.',
                               "Under the kind stands only Subject: …, then a blank line.")
        subject = value.strip()
    if kind == "e-mail" and not subject:
        raise MessageError(f"The message {name} is an e-mail without a subject.", "Write Subject: … into its second line.")
    if not body.strip():
        raise MessageError(f"The message {name} says nothing.", "Write its text behind a blank line.")
    return Template(name, kind, subject, body.strip())


def fields(text: str) -> list[str]:
    """The columns that a template names, as `{{ Column }}`, `field("Column")` or `has("Column")`, each once."""
    return list(dict.fromkeys([match[1] for match in _PRINTED.finditer(text)] + _FIELD_CALL.findall(text)))


def check_messages(playbook: Playbook) -> tuple[str, ...]:
    """What is wrong with the playbook's templates, one sentence each: their form, their Jinja, columns that there are not."""
    from jinja2 import TemplateSyntaxError

    names = {column.name for column in playbook.columns}
    out = []
    for name, text in playbook.messages.items():
        try:
            read_template(name, text)
            _environment().parse(_prepared(text))
        except MessageError as error:
            out.append(f"{error.sentence} {error.remedy}".strip())
            continue
        except TemplateSyntaxError as error:
            out.append(f"The message {name} can't be read, line {error.lineno}: {error.message}.")
            continue
        for field in fields(text):
            if field not in names and field not in _OWN:
                out.append(f'The message {name} names "{field}", which is no column of the playbook. {did_you_mean(field, names)}'.strip())
    return tuple(out)


def render(template: Template, values: Mapping[str, Any], *, to: str = "", columns: Mapping[str, Column] | None = None) -> Message:
    """The message for one customer. `values` are parsed cells by column name, `signature`, `Step` and `Rule` among them.

    Raises MessageError where a field that the template prints is missing or blank, and says which.
    """
    from jinja2 import TemplateError, UndefinedError
    from jinja2.exceptions import SecurityError

    columns = columns or {}

    def has(name: str) -> bool:
        value = values.get(name)
        return value is not None and value.__class__ is not Fault and text_of(value) != ""

    def field(name: str) -> str:
        if has(name):
            return _said(values[name], columns.get(name))
        if values.get(name).__class__ is Fault:
            raise MessageError(f"The message {template.name} needs {name}, and what stands there can't be read.",
                               "sheetsync check says what is wrong with it.")
        if name in values:
            raise MessageError(f"The message {template.name} needs {name}, which is blank.", f"Fill in {name}, or take another message.")
        raise MessageError(f"The message {template.name} needs {name}, which is no column of this sheet.",
                           did_you_mean(name, values) or f"Add the column {name}, or take another message.")

    try:
        subject, body = (_environment().from_string(_prepared(text)).render(field=field, has=has)
                         for text in (template.subject, template.body))
    except UndefinedError as error:
        raise MessageError(f"The message {template.name}: {error.message}.",
                           'Columns are named as {{ Column }} or has("Column").') from None
    except SecurityError:
        raise MessageError(f"The message {template.name} asks for something that messages may not do.", "Use columns alone.") from None
    except TemplateError as error:
        raise MessageError(f"The message {template.name} can't be read: {error.message}.", "Compare it with a shipped one.") from None
    except MessageError:
        raise
    except Exception as error:  # whatever a template computes: 1/0, "a" + 1
        raise MessageError(f"The message {template.name} can't be made ({type(error).__name__}: {error}).", "Use columns alone.") from None
    return Message(template.kind, to, " ".join(subject.split()), body.strip())


def draft(playbook: Playbook, customers: Customers, i: int, *, step: str, rule: str, asked: str | None = None, care: bool = False) -> Draft:
    """The message of the i-th customer's next step. `asked` names another template; `care` puts the playbook's calm one before it.

    Raises MessageError where the rule has no message or a field is missing, SettingsError for a template that there is not.
    """
    name = message_name(playbook, asked) if asked is not None else _of_rule(playbook, rule)
    customer = customers.customer(i)
    address = customer.get("Email")
    values = {**customer.values, "Name": customers.labels[i], "Step": step, "Rule": rule, "signature": playbook.signature}
    to = "" if address is None or address.__class__ is Fault else text_of(address)

    def made(name: str) -> Message:
        return render(read_template(name, playbook.messages[name]), values, to=to, columns=customers.columns)

    calm = playbook.care.message if care and playbook.care is not None else None
    return Draft(made(name), made(calm) if calm is not None else None)


def message_name(playbook: Playbook, asked: str) -> str:
    """The file name of the template that a person means. Raises SettingsError with the nearest one."""
    for name in (asked, f"{asked}.md.j2"):
        if name in playbook.messages:
            return name
    short = [name.removesuffix(".md.j2") for name in playbook.messages]
    raise SettingsError(f'There is no message "{asked}" in the playbook {playbook.name}.', did_you_mean(asked, short))


def _of_rule(playbook: Playbook, rule: str) -> str:
    found: Rule | None = next((one for one in playbook.rules if one.name == rule), None)
    if found is None or found.message is None:
        raise MessageError(f'The rule "{rule}" has no message.' if rule else "There is no next step for this customer, so no message.",
                           "Take one of the others with --message NAME.")
    return found.message


_OWN = ("Step", "Rule", "signature")


def _prepared(text: str) -> str:
    """`{{ Complaint date }}`, which Jinja can't read for its space, as `{{ field("Complaint date") }}`."""

    def call(match: re.Match[str]) -> str:
        return '{{ field("' + match[1] + '")' + (" " + match[2] if match[2] else "") + " }}"

    return _PRINTED.sub(call, text)


def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Not HTML: a message is plain text, in which "&" has to stay "&".
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=False, keep_trailing_newline=True)


def _said(value: Any, column: Column | None) -> str:
    if isinstance(value, date):
        return f"{value.day} {MONTHS[value.month - 1].title()} {value.year}"
    if column is not None and column.type == "money" and isinstance(value, (int, float)):
        return f"{value:,.2f}"
    return text_of(value)


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a person may mean: the customers (0-based) that fit exactly, else the names that come near."""

    exactly: tuple[int, ...]
    near: tuple[str, ...] = ()


def find_customer(customers: Customers, who: str) -> Found:
    """Whom `who` means: by key, else by name, else by part of a name that one customer alone has; never by likeness."""
    from rapidfuzz import fuzz, process

    wanted = normal(who)
    keys: list[str] = [] if customers.key is None else [text_of(_raw(value)) for value in customers.values[customers.key]]
    for words in (keys, list(customers.labels)):
        if found := tuple(i for i, word in enumerate(words) if normal(word) == wanted):
            return Found(found)
    words = who.casefold().split()
    if found := tuple(i for i, label in enumerate(customers.labels) if set(words) <= set(label.casefold().split())):
        return Found(found)
    score: Callable[..., float] = fuzz.WRatio
    near = process.extract(who, list(dict.fromkeys(customers.labels)), scorer=score, processor=str.casefold, limit=3, score_cutoff=70)
    return Found((), tuple(name for name, _, _ in near))


def _raw(value: Any) -> Any:
    return value.raw if value.__class__ is Fault else value
