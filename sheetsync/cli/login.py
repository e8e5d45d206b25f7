"""sheetsync login: sign in to Google, with a service account's key or in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sheetsync.cli.handler import handled, say
from sheetsync.cli.options import terminal_width


@handled
def login(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="The key of a service account, or the client file of a desktop app (both JSON). "
                       "Left out: the file of the last time."),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser; without it the address is shown.")] = True,
    wait: Annotated[int, typer.Option("--wait", metavar="MINUTES", min=1, help="Wait so long for the sign-in in the browser.")] = 5,
) -> None:
    """Sign in to Google, once. For a service account, say with which address to share the sheet.

    Example: sheetsync login key.json
    """
    from sheetsync.backends.google import auth
    from sheetsync.config import state_folder
    from sheetsync.deliver import to_terminal
    from sheetsync.outputs.text import wrap

    folder = state_folder()
    path = file.expanduser() if file is not None else auth.last_file(folder)
    width = terminal_width()
    if auth.client_of(auth.read_key_file(path)) is not None:
        say("Sign in with the Google account that owns the sheet, and press Allow.")
        auth.sign_in_with_browser(path, folder, open_browser=browser, seconds=60 * wait, told="Open this address in a browser: {url}")
        told = ("You are signed in. Your sheets need no sharing. If the sign-in runs out after 7 days, your app is in testing mode: "
                "publish it in the Google Cloud console (OAuth consent screen, Publish app).")
        to_terminal("\n".join(wrap(told, width)))
        return
    identity = auth.from_file(path, [auth.WRITE])
    if not identity.is_service:
        to_terminal("\n".join(wrap(f"{path.name} is a sign-in already; name it in sheetsync.toml: [google] credentials.", width)))
        return
    auth.try_out(identity)
    auth.remember_key(folder, path)
    to_terminal("\n".join(wrap("Google takes the key. Now open the sheet, press Share, and add this address as Editor:", width)))
    to_terminal(f"\n{identity.who}\n")
    to_terminal("\n".join(wrap("Then: sheetsync sync LINK, with the sheet's link from the browser's address bar.", width)))
