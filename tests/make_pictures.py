"""Makes the README's pictures of the shipped example: `python -m tests.make_pictures`. Needs LibreOffice, pdftoppm and Chromium.

The sheet before and after a sync, the terminal, and the page of the morning.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import warnings
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image, ImageChops
from rich.console import Console
from rich.text import Text

from tests.make_page import page_with_a_past

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "examples" / "pictures"
OWNERS = ("Name", "Phone", "Tier", "Last contact", "Complaint date", "Contract end", "Standing order until")  # those that are shown
OURS = {"↻ Status": 17, "↻ Next follow-up": 17, "↻ Next step": 52, "↻ Why": 62}  # and how wide
LAST_ROW = 26
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--hide-scrollbars"]


def sheet_picture(workbook: Path, picture: Path, folder: Path) -> None:
    """The first rows of the first worksheet, and those columns that tell the story, as LibreOffice shows them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(workbook)
    for other in book.worksheets[1:]:
        book.remove(other)
    sheet: Worksheet = book.worksheets[0]
    head = next(row for row in range(1, 20) if any(cell.value == "Name" for cell in sheet[row]))
    widths = {number: held.width for held in list(sheet.column_dimensions.values()) for number in range(held.min or 0, (held.max or 0) + 1)}
    sheet.column_dimensions.clear()  # one may stand for several columns
    for column in range(1, sheet.max_column + 1):
        header = sheet.cell(head, column).value
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = widths.get(column, 13)
        dimension.hidden = header not in OWNERS and header not in OURS
        if header in OURS:
            dimension.width = OURS[str(header)]
    for row in range(LAST_ROW + 1, sheet.max_row + 1):
        sheet.row_dimensions[row].hidden = True
    vars(sheet).update(_charts=[], _images=[])  # they stand over columns that are hidden here
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 1
    sheet.print_area = f"A1:{get_column_letter(sheet.max_column)}{LAST_ROW}"
    sheet.oddHeader, sheet.oddFooter = HeaderFooterItem(), HeaderFooterItem()
    copy = folder / "shown.xlsx"
    book.save(copy)
    subprocess.run(["soffice", "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--convert-to", "pdf", "--outdir",
                    str(folder), str(copy)], check=True, capture_output=True)
    subprocess.run(["pdftoppm", "-r", "220", "-png", "-singlefile", str(folder / "shown.pdf"), str(folder / "shown")], check=True)
    save(Image.open(folder / "shown.png"), picture)


def save(image: Image.Image, picture: Path) -> None:
    """Writes a picture without its blank margins, in as few colours as it needs."""
    image = image.convert("RGB")
    box = ImageChops.difference(image, Image.new("RGB", image.size, image.getpixel((0, 0)))).getbbox()
    if box is not None:
        image = image.crop((max(0, box[0] - 12), max(0, box[1] - 12), box[2] + 12, box[3] + 12))
    if image.width > 1500:
        image = image.resize((1500, image.height * 1500 // image.width), Image.Resampling.LANCZOS)
    image.quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)


def in_terminal(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a command shows in a terminal of 80 columns, its colours included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 80, 0, 0))
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, cwd=folder, env=environment):
        os.close(theirs)
        shown = b""
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:  # how Linux says that the other end is closed
                break
            if not block:
                break
            shown += block
    os.close(ours)
    return shown.decode("utf-8").replace("\r\n", "\n")


def terminal_picture(shown: str, picture: Path) -> None:
    """What a command printed, with its colours, as a drawing of a terminal of 80 columns."""
    console = Console(record=True, width=80, file=open(os.devnull, "w", encoding="utf-8"), force_terminal=True)  # noqa: SIM115
    console.print(Text.from_ansi(shown))
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="sheetsync sync"), flags=re.DOTALL)  # fonts from the network
    picture.write_text(drawn.replace("Fira Code, monospace", "monospace"), "utf-8")


def page_picture(page: Path, picture: Path, folder: Path) -> None:
    """The page of the morning as Chromium shows it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or "google-chrome"
    subprocess.run([program, *CHROMIUM, f"--user-data-dir={folder / 'chromium'}", "--window-size=1100,1250",
                    f"--screenshot={folder / 'page.png'}", page.as_uri()], check=True, capture_output=True)
    shown = Image.open(folder / "page.png")
    save(shown.crop((0, 0, shown.width, shown.height - 160)), picture)  # its window is lower than asked for


def main() -> None:
    """Makes all of them anew in examples/pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "SHEETSYNC_STATE_DIR": str(folder / "state"), "TERM": "xterm-256color"}
        program = [str(Path(sys.executable).parent / "sheetsync")]
        example = ROOT / "examples" / "home-business" / "customers.xlsx"
        sheet_picture(example, PICTURES / "before.png", folder)
        shown = in_terminal([*program, "demo", "demo"], folder, environment)
        workbook = folder / "demo" / "customers.xlsx"
        sheet_picture(workbook, PICTURES / "after.png", folder)
        terminal_picture(shown.partition("\nThe example is planned")[0].rstrip(), PICTURES / "terminal.svg")
        os.environ["SHEETSYNC_STATE_DIR"] = str(folder / "past-state")
        page_picture(page_with_a_past(folder / "past"), PICTURES / "morning.png", folder)


if __name__ == "__main__":
    main()
