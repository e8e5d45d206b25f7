"""Google Sheets on loopback: a real HTTP server that speaks the Sheets API v4, and a token endpoint, for tests.

Start, make a book, point a client at it::

    with Emulator() as google:
        book = google.book("Customers", rows=[["Name", "Last contact"], ["Ada", date(2026, 1, 5)]])
        google.url                              # stands for https://sheets.googleapis.com
        google.service_account_file(tmp_path)   # a generated key; its token_uri is loopback. The book is shared with it
        book.id, book.link, book.tab_link("Sheet1")

Leaving the block raises AssertionError where any request broke Google's discovery document (schema, unknown field, int32, enum,
field mask, query parameter, fields that exclude one another). Such a request is answered with 400. A test that means to break it
calls `google.forgive()`, which returns the sentences and forgets them.

Books. `google.book(title, rows, tab=, locale=, time_zone=, row_count=, column_count=, sheet_id=, shared=)`. Values are plain Python:
text, numbers, booleans, None, date and datetime (serials with a date format), CellError, `Formula("=B2*2", result=8)`, and
`Formula("=ARRAYFORMULA(…)", spills=((1,), (2,)))`, whose other cells show values that nobody entered.

Looking: `book.values()` (dates are dates, blanks at the end left out), `book.value("B2")`, `book.cell("B2")` (all of CellData),
`book.state()` (everything about the tab, to be compared).

The owner's edits, rows counted as in the margin, columns as letters, on the first tab, or on `book.tab("Name")`:
`type`, `type_rows`, `clear`, `format`, `format_dates`, `note`, `choices`, `checkboxes`, `insert_rows`, `delete_rows`, `move_rows`,
`insert_columns`, `delete_columns`, `move_columns`, `hide_rows`, `sort`, `resize`, `freeze`, `rename_tab`, `protect`, `unprotect`, `merge`,
`unmerge`, `make_table`, `filter`, `unfilter`, `colour_rule`; of the book: `add_tab`, `delete_tab`, `share`, `unshare`, `do(request…)`.
`book.column("Name")` is the letter of the column under that header. `book.office_file = True` makes it an .xlsx kept in Drive,
`book.deleted = True` a 404.

Between a client's requests::

    google.after("GET", lambda book: book.sort("Name"))          # the owner sorts once the read was answered
    google.before("POST", lambda book: book.insert_rows(2))      # … or just before the write is carried out
    google.fail("POST", overloaded(after_commit=True))           # carried out, but the client hears 503
    google.fail("GET", quota(), times=3)                         # a burst of 429
    google.fail("TOKEN", token_refused("invalid_grant", "Invalid JWT Signature."))

Every one takes `times` and `skip`; "*" is any method of the API. Faults: `quota`, `overloaded`, `reset`, `hang`, `html_page`,
`rejected_token`, `api_off`, `token_refused`. `google.calm()` forgets what hasn't happened yet, `google.pending` counts it.

Accounts. `google.account` is the address books are shared with; `book.share(email, "viewer")`. Files:
`google.service_account_file(folder, name)`, `google.oauth_client_file(folder)` (its auth_uri redirects back at once, as if the owner
pressed Allow), `google.authorized_user_file(folder)` (google-auth's from_authorized_user_file ignores the token_uri that it names).
`google.token("spreadsheets.readonly")` is a token by hand. `google.accounts` has `clock_offset` (seconds that Google's clock is
ahead), `lifetime`, `revoke(email)`, and `person(email).deleted = True`.

The log: `google.requests` are Seen(method, path, query, body, sent, size, received, status, email, scopes, committed, headers);
`google.reads`, `google.writes`, `google.token_requests`; `google.forget()` empties it.

What it does not do: formulas are not worked out, beyond arithmetic on plain numbers; their references follow the cells, their results
stay what a test gave them.
Conditional formats paint (effectiveFormat) by text, number and blank conditions only; banding and a table's colours paint nothing.

What nobody could check on the real service, and how it is here: a value written under a merge is dropped; `{"stringValue": ""}` makes
the cell blank; strict data validation and a column's type refuse no value; a number format below the header of a typed column is refused,
in words of our own; deleting a table takes its cells along; a colour is rounded down to 8 bits with a tolerance of 0.0001 of a step.
"""

from tests.sheets_emulator.cells import Formula
from tests.sheets_emulator.emulator import Emulator, Seen
from tests.sheets_emulator.faults import (
    Fault,
    api_off,
    hang,
    html_page,
    overloaded,
    quota,
    rejected_token,
    reset,
    token_refused,
)
from tests.sheets_emulator.owner import OWNER, Book

__all__ = [
    "OWNER", "Book", "Emulator", "Fault", "Formula", "Seen", "api_off", "hang", "html_page", "overloaded", "quota", "rejected_token",
    "reset", "token_refused",
]
