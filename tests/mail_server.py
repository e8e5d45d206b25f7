"""A real mail server on loopback (aiosmtpd), and some that behave badly."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Mailbox:
    """What a mail server took."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Takes a mail, or refuses it."""
        if self.answer.startswith("2"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answer


class _Controller(Controller):
    """A controller on any free port."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(mailbox: Mailbox, *, password: str | None = None) -> Iterator[int]:
    """Its port, while it runs. With a password, it takes mails of the user anna with that one alone."""

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"anna", (password or "").encode()), handled=False)

    guarded: dict[str, Any] = {} if password is None else {
        "authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    controller = _Controller(mailbox, hostname="127.0.0.1", port=0, **guarded)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")  # on loopback it is meant
        controller.start()
        try:
            yield controller.port
        finally:
            controller.stop()


@contextmanager
def silent_server(*, dribble: bool = False) -> Iterator[int]:
    """The port of a server that takes connections and never says a whole word; one that dribbles says a letter now and then."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        open_: list[socket.socket] = []

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                open_.append(connection)
                while dribble and not over.wait(0.1):
                    try:
                        connection.sendall(b"2")
                    except OSError:
                        break

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            for connection in open_:
                connection.close()


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
