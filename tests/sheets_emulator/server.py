"""The HTTP side: one request read, checked, carried out and answered as Google's servers would."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import socket
import struct
import sys
import threading
import traceback
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tests.sheets_emulator.errors import ApiError
from tests.sheets_emulator.faults import Fault
from tests.sheets_emulator.tokens import TokenError

if TYPE_CHECKING:
    from tests.sheets_emulator.emulator import Emulator

JSON = dict[str, Any]


class Server(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1; closing it ends every connection and waits for its threads."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.closing = threading.Event()
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def close(self) -> None:
        self.closing.set()
        self.shutdown()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that hung up is no fault of ours
            self.emulator.failures.append(traceback.format_exc())


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the emulator keeps its own log."""

    def answer(self) -> None:
        """Any request, whatever its method."""
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        parts = urlsplit(self.path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        path = parts.path
        emulator = self.server.emulator
        try:
            if path == "/token":
                reply = emulator.answer_token(_client(self.headers) | dict(parse_qsl(sent.decode())), len(sent))
            elif path == "/o/oauth2/auth":
                self.redirect(emulator.answer_consent(dict(query)))
                return
            else:
                reply = emulator.answer_api(self.command, path, query, sent, self.headers)
        except Exception:
            emulator.failures.append(traceback.format_exc())
            reply = Reply(500, b"the emulator broke", "text/plain")
        if reply.fault is not None and (reply.fault.reset or reply.fault.hang):
            self.break_off(reply.fault)
            return
        self.send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815 (the names http.server looks for)

    def send(self, reply: Reply) -> None:
        """The answer, gzipped where the client takes that."""
        body = reply.body
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        if "gzip" in (self.headers.get("Accept-Encoding") or ""):
            body = gzip.compress(body, 5, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Origin, X-Origin, Referer")
        self.send_header("Content-Length", str(len(body)))
        if reply.retry_after is not None:
            self.send_header("Retry-After", str(reply.retry_after))
        if reply.seen is not None:
            reply.seen.received = len(body)
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def break_off(self, fault: Fault) -> None:
        """Closes the connection without an answer: a reset at once, or a hang first."""
        if fault.hang:
            self.server.closing.wait(fault.hang)
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
        self.server.connections.discard(self.connection)
        # The connection's own close() would wait for rfile, and say goodbye.
        socket.socket(fileno=self.connection.detach()).close()


class Reply:
    """What goes back."""

    def __init__(self, status: int, body: bytes, content_type: str = "application/json; charset=UTF-8", *,
                 fault: Fault | None = None, retry_after: int | None = None) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.fault = fault
        self.retry_after = retry_after
        self.seen: Any = None

    @staticmethod
    def of(status: int, message: Any, *, pretty: bool = True) -> Reply:
        """JSON, indented by two blanks unless prettyPrint=false."""
        if pretty:
            text = json.dumps(message, ensure_ascii=False, indent=2) + "\n"
        else:
            text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        return Reply(status, text.encode())

    @staticmethod
    def failed(fault: Fault, *, pretty: bool = True) -> Reply:
        """What a fault sends instead of an answer."""
        if isinstance(fault.error, ApiError):
            reply = Reply.of(fault.error.code, fault.error.json(), pretty=pretty)
        elif isinstance(fault.error, TokenError):
            reply = Reply.of(fault.error.code, fault.error.body)
        elif fault.html:
            page = (f"<!DOCTYPE html>\n<html lang=en>\n<title>Error {fault.html} (Server Error)!!1</title>\n<p><b>{fault.html}.</b> "
                    "<ins>That’s an error.</ins>\n<p>The server encountered a temporary error and could not complete your request."
                    "<p>Please try again in 30 seconds. <ins>That’s all we know.</ins>\n")
            reply = Reply(fault.html, page.encode(), "text/html; charset=UTF-8")
        else:
            reply = Reply(0, b"", fault=fault)
        reply.retry_after = fault.retry_after
        return reply


def _client(headers: Message) -> dict[str, str]:
    """The client that a request names by HTTP Basic, as oauthlib's do (RFC 6749 §2.3.1)."""
    kind, _, encoded = headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return {}
    client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    return {"client_id": client_id, "client_secret": secret}
