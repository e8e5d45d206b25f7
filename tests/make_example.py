"""Makes examples/home-business/customers.xlsx: the customers of an invented bakery, in a workbook as an owner keeps one.

Run `python -m tests.make_example` to make it again. Statuses in it are meant for Friday 20 November 2026.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import xlsxwriter
from PIL import Image, ImageDraw
from xlsxwriter.chart import Chart
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from sheetsync.config import load_playbook
from tests.rules_sheet import add_rules

EXAMPLE = Path(__file__).parents[1] / "examples" / "home-business" / "customers.xlsx"
TODAY = date(2026, 11, 20)  # the day that the example is about
SAVED = datetime(2026, 11, 19, 20, 15, tzinfo=UTC)  # fixed, so that the same bytes come out every time

Value = str | float | int | date | None

# The invented names, addresses and numbers are reserved for examples: example.com/.net/.org and 555-01xx.
WHO = """
Name | Customer no | Email | Phone | City | Usual order
Susan Ortiz             | JL-101 | susan.ortiz@example.com         | +1 503 555-0101 | Portland    | Birthday and tiered cakes
Corner Table Café       | JL-102 | orders@cornertable.example.com  | +1 503 555-0102 | Portland    | Bread, 40 loaves a week
Amara Okafor            | JL-103 | amara.okafor@example.org        | +1 971 555-0103 | Beaverton   | Honey cake, party trays
Hiroshi Tanaka          | JL-104 | h.tanaka@example.net            | +1 503 555-0104 | Portland    | Milk bread, matcha rolls
Margaret Doyle          | JL-105 | margaret.doyle@example.com      | +1 503 555-0105 | Milwaukie   | Soda bread
Hoyt & Lang Architects  | JL-106 | office@hoytlang.example.com     | +1 503 555-0106 | Portland    | Monday breakfast, 25 people
Priya Raman             | JL-107 | priya.raman@example.com         | +1 971 555-0107 | Hillsboro   | Eggless cakes
Ana Silva               | JL-108 | ana.silva@@example.com          | +1 503 555-0108 | Portland    | Custard tarts, by the dozen
Walter Brandt           | JL-109 | w.brandt@example.net            | +1 503 555-0109 | Gresham     | Dark rye
Northside Yoga Studio   | JL-110 | hello@northsideyoga.example.org | +1 971 555-0110 | Portland    | Granola, 6 kg a month
Leila Haddad            | JL-111 | leila.haddad@example.com        | +1 503 555-0111 | Lake Oswego | Pistachio cakes, catering
Tomasz Kowalski         | JL-112 | t.kowalski@example.com          | +1 503 555-0112 | Tigard      | Poppy seed roll
Grace Mbeki             | JL-113 | grace.mbeki@example.org         | +1 971 555-0113 | Portland    | Office birthday cakes
Ellen Fitzgerald        | JL-114 | ellen.fitz@example.com          | +1 503 555-0114 | Milwaukie   | Scones
Daniel Kim              | JL-115 | daniel.kim@example.net          | +1 503 555-0115 | Beaverton   | Cream buns, team lunches
Rosa Delgado            | JL-116 | rosa.delgado@example.com        | +1 971 555-0116 | Portland    | Tres leches, large
Farid Rahimi            | JL-117 | farid.rahimi@example.com        | +1 503 555-0117 | Hillsboro   | Flatbread
Bluebird Montessori     | JL-118 | kitchen@bluebird.example.org    | +1 503 555-0118 | Portland    | Rolls, 120 each school day
Ingrid Solberg          | JL-119 | ingrid.solberg@example.net      | +1 971 555-0119 | Lake Oswego | Cardamom buns
Kwame Asante            | JL-120 | kwame.asante@example.com        | +1 503 555-0120 | Gresham     | Sweet bread for church
Yuki Nakamura           | JL-121 | yuki.n@example.com              | +1 971 555-0121 | Portland    | Melon buns
Carol Whitfield         | JL-122 | carol.whitfield@example.com     | +1 503 555-0122 | Tigard      | Wedding cake, 2023
Olga Petrenko           | JL-123 | olga.petrenko@example.org       | +1 503 555-0123 | Portland    | Medovik, Easter breads
Samuel Adeyemi          | JL-124 | samuel.adeyemi@example.net      | +1 971 555-0124 | Beaverton   | Sandwich loaf
Hazel Whitmore          | JL-125 | hazel.whitmore@example.com      | +1 503 555-0125 | Lake Oswego | Afternoon tea, monthly
Mei-Ling Chen           | JL-126 | meiling.chen@example.com        | +1 503 555-0126 | Portland    | Egg tarts, moon cakes
Jonas Lindqvist         | JL-126 | jonas.lindqvist@example.net     | +1 971 555-0127 | Gresham     | Crispbread
Fatima Zahra Benali     | JL-128 | fz.benali@example.com           | +1 503 555-0128 | Beaverton   | Msemen, almond pastries
George Papadakis        | JL-129 | g.papadakis@example.org         | +1 503 555-0129 | Portland    | Spinach pie
Lakeside Book Club      | JL-130 | bookclub@example.org            | +1 971 555-0130 | Lake Oswego | Coffee cake, first Tuesdays
Nadia Hussain           | JL-131 | nadia.hussain@example.com       | +1 503 555-0131 | Portland    | Celebration cakes
Peter van Dijk          | JL-132 | peter.vandijk@example.net       | +1 503 555-0132 | Milwaukie   | Raisin bread
Linh Nguyen             | JL-133 | linh.nguyen@example.com         | +1 971 555-0133 | Hillsboro   | Wedding cake, May 2027
Beatriz Costa           | JL-134 | beatriz.costa@example.com       | +1 503 555-0134 | Portland    | Cheese bread
Aiko Mori               | JL-135 | aiko.mori@example.org           | +1 503 555-01   | Portland    | Castella
Harold Jensen           | JL-136 | hjensen@example.com             | +1 503 555-0136 | Gresham     | Pies, Thanksgiving 2024
Riverbend Dental        | JL-137 | frontdesk@riverbend.example.com | +1 971 555-0137 | Tigard      | Friday pastries, 18 people
Zainab Yusuf            | JL-138 | zainab.yusuf@example.com        | +1 503 555-0138 | Portland    | Eid boxes, cupcakes
Colm Gallagher          | JL-139 | colm.g@example.net              | +1 503 555-0139 | Milwaukie   | Barmbrack
Marta Horvath           | JL-140 | marta.horvath@example.com       | +1 971 555-0140 | Portland    | Rye, 4 loaves a week
Deepak Iyer             | JL-141 | deepak.iyer@example.org         | +1 503 555-0141 | Beaverton   | Spiced biscuits
Sofia Lindgren          | JL-142 | sofia.lindgren@example.com      | +1 503 555-0142 | Lake Oswego | Princess cake, catering
Ahmed Farouk            | JL-143 | ahmed.farouk@example.com        | +1 971 555-0143 | Portland    | Semolina cake
Joyce Abernathy         | JL-144 | joyce.abernathy@example.net     | +1 503 555-0144 | Gresham     | Banana bread
Wren & Sparrow Florists | JL-145 | shop@wrensparrow.example.com    | +1 503 555-0145 | Portland    | Shortbread for gift boxes
Kenji Watanabe          | JL-146 | kenji.watanabe@example.com      | +1 971 555-0146 | Hillsboro   | Curry buns
Isabel Moreno           | JL-147 | isabel.moreno@example.org       | +1 503 555-0147 | Portland    | Birthday cakes, churros
Rachel Goldberg         | JL-148 | rachel.goldberg@example.com     | +1 503 555-0148 | Portland    | Challah, Fridays
Tariq Mahmood           | JL-149 | tariq.mahmood@example.net       | +1 971 555-0149 | Beaverton   | Naan, samosa trays
Paula Schneider         | JL-150 | paula.schneider@example.com     | +1 503 555-0150 | Tigard      | Stollen, pretzels
Oakwood Retirement Home | JL-151 | kitchen@oakwood.example.org     | +1 503 555-0151 | Lake Oswego | Soft rolls, 90 a day
Chloe Beaumont          | JL-152 | chloe.beaumont@example.com      | +1 971 555-0152 | Portland    | Croissants, weekends
Emeka Nwosu             | JL-153 | emeka.nwosu@example.com         | +1 503 555-0153 | Gresham     | Meat pies
Viktor Dimitrov         | JL-154 | viktor.dimitrov@example.net     | +1 503 555-0154 | Portland    | White bread
Hannah Lee              | JL-155 | hannah.lee@example.com          | +1 971 555-0155 | Portland    | Gallery openings, canapés
Luca Romano             | JL-156 | luca.romano@example.org         | +1 503 555-0156 | Milwaukie   | Focaccia
Naomi Cohen             | JL-157 | naomi.cohen@example.com         | +1 503 555-0157 | Lake Oswego | Babka, honey cake
Arjun Mehta             | JL-158 | arjun.mehta@example.com         | +1 971 555-0158 | Hillsboro   | Cookies for meetings
Teresa Villanueva       | JL-159 |                                 | +1 503 555-0159 | Portland    | Cinnamon rolls (market)
Oskar Berg              | JL-160 | oskar.berg@example.net          |                 | Portland    | Sourdough (market)
Camille Laurent         | JL-161 | camille.laurent@example.com     | +1 503 555-0161 | Beaverton   | Asked for a Yule log
Abena Boateng           | JL-162 | abena.boateng@example.com       | +1 971 555-0162 | Portland    | Asked for bread, her café
"""

BOOK = """
Name | Tier | Customer since | Last contact | Last review | Standing order until | Orders 2026 | Consent | Stage
Susan Ortiz             | A | 2021-03-06 | 2026-11-02 | 2025-11-28 |            | 2860.00 | yes | Active
Corner Table Café       | A | 2021-03-20 | 2026-11-09 | 2026-03-12 | 2027-06-30 | 9420.00 | yes | Active
Amara Okafor            | A | 2021-04-17 | 2026-11-12 | 2026-04-21 |            | 2310.50 | yes | Active
Hiroshi Tanaka          | B | 2021-05-08 | 2026-10-01 | 2026-05-14 |            | 1180.00 | yes | Active
Margaret Doyle          | C | 2021-05-29 | 2026-08-22 |            |            | 240.00  | yes | Active
Hoyt & Lang Architects  | A | 2021-06-19 | 2026-10-29 | 2026-06-18 | 2027-01-15 | 5760.00 | yes | Active
Priya Raman             | B | 2021-07-10 | 2026-09-18 | 2026-07-09 |            | 940.00  | yes | Active
Ana Silva               | B | 2021-08-14 | 2026-10-15 | 2026-08-20 |            | 870.00  | yes | Active
Walter Brandt           | C | 2021-09-04 | 2026-06-30 |            |            | 150.75  |     | Active
Northside Yoga Studio   | B | 2021-10-02 | 2026-10-01 | 2026-10-01 | 2027-03-31 | 1960.00 | yes | Active
Leila Haddad            | A | 2021-11-13 | 2026-10-08 | 2026-01-22 |            | 3140.00 | yes | Active
Tomasz Kowalski         | C | 2021-12-04 | 2026-09-12 |            |            | 310.00  | yes | Active
Grace Mbeki             | B | 2022-01-22 | 2026-08-14 | 2026-02-05 |            | 1020.00 | yes | Active
Ellen Fitzgerald        | C | 2022-02-19 | 2026-05-25 |            |            | 95.50   | yes | Active
Daniel Kim              | B | 2022-03-12 | 2026-11-19 | 2026-03-19 |            | 1340.00 | yes | Active
Rosa Delgado            | A | 2022-04-09 | 2026-11-16 | 2026-04-15 |            | 2480.00 | yes | Active
Farid Rahimi            | C | 2022-05-07 | 2026-07-19 |            |            | 180.00  |     | Active
Bluebird Montessori     | A | 2022-06-04 | 2026-11-06 | 2025-12-01 | 2027-06-15 | 6150.00 | yes | Active
Ingrid Solberg          | C | 2022-07-16 | 2026-10-10 |            |            | 260.00  | yes | Active
Kwame Asante            | B | 2022-08-13 | 2026-07-06 | 2026-07-06 |            | 720.00  | yes | Active
Yuki Nakamura           | C | 2022-09-10 | 2026-09-30 |            |            | 205.00  | yes | Active
Carol Whitfield         | C | 2022-10-08 | 2025-11-30 |            |            | 0.00    | no  | Active
Olga Petrenko           | B | 2022-11-12 | 2026-09-03 | 2026-01-14 |            | 1110.00 | yes | Active
Samuel Adeyemi          | C | 2022-12-03 | 2026-06-11 |            |            | 130.25  | yes | Active
Hazel Whitmore          | A | 2023-01-14 | 2026-10-02 | 2026-02-03 |            | 1990.00 | yes | Active
Mei-Ling Chen           | B | 2023-02-11 | 2026-10-20 | 2026-02-17 |            | 1480.00 | yes | Active
Jonas Lindqvist         | C | 2023-03-04 | 2026-08-08 |            |            | 220.00  | yes | Active
Fatima Zahra Benali     | B | 2023-04-01 | 2026-10-27 | 2026-04-07 |            | 905.00  | yes | Active
George Papadakis        | C | 2023-04-29 | 2025-08-19 |            |            | 0.00    | yes | Former
Lakeside Book Club      | C | 2023-05-20 | 2026-10-03 |            |            | 340.00  | yes | Active
Nadia Hussain           | A | 2023-06-17 | 2026-10-26 | 2026-06-23 |            | 2720.00 | yes | Active
Peter van Dijk          | C | 2023-07-15 | 03/04/2026 |            |            | 175.00  |     | Active
Linh Nguyen             | B | 2023-08-12 | 2026-09-15 | 2026-08-13 |            | 1650.00 | yes | Active
Beatriz Costa           | C | 2023-09-09 | 2026-07-28 |            |            | 145.00  | yes | Active
Aiko Mori               | C | 2023-10-07 | 2026-09-05 |            |            | 190.50  | yes | Active
Harold Jensen           | C | 2023-11-04 | 2024-12-12 |            |            | 0.00    | no  | Active
Riverbend Dental        | A | 2023-12-02 | 2026-11-11 | 2026-01-29 | 2027-01-31 | 4380.00 | yes | Active
Zainab Yusuf            | B | 2024-01-20 | 2026-10-12 | 2026-01-27 |            | 1230.00 | yes | Active
Colm Gallagher          | C | 2024-02-17 | 2026-06-05 |            |            | 85.00   | yes | Active
Marta Horvath           | B | 2024-03-16 | 2026-11-18 | 2026-03-24 |            | 980.00  | yes | Active
Deepak Iyer             | C | 2024-04-13 | 2026-08-29 |            |            | 230.00  | yes | Active
Sofia Lindgren          | A | 2024-05-11 | 2026-11-13 | 2026-05-20 |            | 2050.00 | yes | Active
Ahmed Farouk            | C | 2024-06-08 | 2026-10-17 |            |            | 165.00  |     | Active
Joyce Abernathy         | C | 2024-07-06 | 2026-04-14 |            |            | 70.00   | yes | Active
Wren & Sparrow Florists | B | 2024-08-03 | 2026-10-06 | 2026-08-11 | 2027-08-31 | 1740.00 | yes | Active
Kenji Watanabe          | C | 2024-09-14 | 2026-09-21 |            |            | 210.00  | yes | Active
Isabel Moreno           | B | 2024-10-12 | 2026-10-13 | 2026-10-13 |            | 1090.00 | yes | Active
Rachel Goldberg         | C | 2024-11-09 | 2026-05-19 |            |            | 120.00  | yes | Active
Tariq Mahmood           | C | 2025-01-18 | 2026-09-09 |            |            | 155.00  | yes | Active
Paula Schneider         | C | 2025-02-15 | 2026-08-04 |            |            | 200.00  | yes | Active
Oakwood Retirement Home | A | 2025-03-15 | 2026-11-17 | 2026-03-26 | 2027-03-14 | 7890.00 | yes | Active
Chloe Beaumont          | B | 2025-04-12 | 2026-08-24 | 2026-04-22 |            | 640.00  | yes | Active
Emeka Nwosu             | C | 2025-05-10 | 2026-10-30 |            |            | 260.00  | yes | Active
Viktor Dimitrov         | C | 2025-06-14 | 2025-12-20 |            |            | 35.00   | yes | Closed
Hannah Lee              | A | 2025-09-20 | 2026-10-22 | 2026-09-22 |            | 1870.00 | yes | Active
Luca Romano             | C | 2025-11-15 | 2026-09-26 |            |            | 115.00  | yes | Active
Naomi Cohen             | B | 2026-10-30 | 2026-11-06 |            |            | 540.00  | yes | Active
Arjun Mehta             | C | 2026-11-07 | 2026-11-07 |            |            | 75.00   | yes | Active
Teresa Villanueva       |   |            | 2026-10-31 |            |            | 24.00   |     | Prospect
Oskar Berg              |   |            | 2026-11-14 |            |            | 18.50   |     | Prospect
Camille Laurent         | C |            |            |            |            |         | yes | Prospect
Abena Boateng           | B |            |            |            |            |         | yes | Prospect
"""

MORE = """
Susan Ortiz             | Complaint          | Cake had the wrong inscription
Susan Ortiz             | Complaint date     | 2026-11-19
Susan Ortiz             | Notes              | Sister of Rosa Delgado
Corner Table Café       | Notes              | Delivery by 6:30, back door
Hoyt & Lang Architects  | Notes              | 30 people from January?
Priya Raman             | Notes              | No eggs, no gelatine
Northside Yoga Studio   | Notes              | Everything vegan
Leila Haddad            | Notes              | Plans her 40th in February
Daniel Kim              | Notes              | Invoice to his company
Bluebird Montessori     | Notes              | No nuts. Closed 21 Dec to 4 Jan
Carol Whitfield         | Notes              | Asked us not to write any more
Olga Petrenko           | Notes              | Easter order by mid-March
Hazel Whitmore          | Paused until       | 2027-01-11
Hazel Whitmore          | Notes              | In Leeds with family till January
Jonas Lindqvist         | Notes              | Picks up on Saturdays
George Papadakis        | Notes              | Moved to Arizona
Lakeside Book Club      | Notes              | Ask for Barbara
Linh Nguyen             | Next tasting       | 2026-11-28
Linh Nguyen             | Notes              | 110 guests, three tiers
Harold Jensen           | Notes              | No calls, no mail
Riverbend Dental        | Notes              | Fewer sweet things, more savoury
Marta Horvath           | Complaint          | Rye underbaked, twice in a row
Marta Horvath           | Complaint date     | 2026-11-17
Marta Horvath           | Complaint called   | 2026-11-18
Sofia Lindgren          | Notes              | Midsummer party every year
Wren & Sparrow Florists | Notes              | Mother's Day boxes: plan in March
Isabel Moreno           | Complaint          | Two birthday cakes came an hour late
Isabel Moreno           | Complaint date     | 2026-09-22
Isabel Moreno           | Complaint called   | 2026-09-22
Isabel Moreno           | Complaint resolved | 2026-09-25
Isabel Moreno           | Notes              | Happy again, half price refunded
Rachel Goldberg         | Notes              | Two on holidays, round ones
Paula Schneider         | Paused until       | 02/01/2027
Paula Schneider         | Notes              | On a cruise over Christmas
Oakwood Retirement Home | Notes              | Chef changed in March: Mr. Ames
Viktor Dimitrov         | Notes              | Bakes his own now
Hannah Lee              | Next tasting       | 2026-11-24
Hannah Lee              | Notes              | Gallery opening on 12 December
Arjun Mehta             | Paused until       | 2026-12-07
Arjun Mehta             | Notes              | Office is moving
Teresa Villanueva       | Notes              | Wants the Christmas list
Camille Laurent         | Notes              | Web form, 19 Nov
Abena Boateng           | Notes              | Web form, 18 Nov, opens in February
Hiroshi Tanaka          | Promise            | A loaf of the new milk bread to try
Hiroshi Tanaka          | Promise due        | 2026-11-23
Nadia Hussain           | Promise            | Sketch of the sugar flowers
Nadia Hussain           | Promise due        | 2026-10-28
Nadia Hussain           | Promise kept       | 2026-10-26
Rosa Delgado            | Wrote on           | 2026-11-19
Oakwood Retirement Home | Wrote on           | 2026-11-16
Daniel Kim              | Recap              | needed
Amara Okafor            | Recap              | sent
Ingrid Solberg          | Waiting on         | customer
Ingrid Solberg          | Waiting since      | 2026-11-17
Deepak Iyer             | Waiting on         | customer
Deepak Iyer             | Waiting since      | 2026-11-13
Isabel Moreno           | Lesson learned     | 2026-09-28
Northside Yoga Studio   | Invoice due        | 2026-11-23
Riverbend Dental        | Invoice due        | 2026-11-16
Corner Table Café       | Invoice due        | 2026-10-31
Corner Table Café       | Paid on            | 2026-10-29
Oakwood Retirement Home | Invoice due        | 2026-11-15
Oakwood Retirement Home | Paid on            | 2026-11-12
Wren & Sparrow Florists | Request            | 200 shortbreads with edible flowers
Wren & Sparrow Florists | Request date       | 2026-11-17
Bluebird Montessori     | Request            | A morning in the bakery for 14 children
Bluebird Montessori     | Request date       | 2026-11-03
Bluebird Montessori     | Request decision   | yes
Bluebird Montessori     | Request answered   | 2026-11-05
Kwame Asante            | With care          | yes
Leila Haddad            | With care          | yes
Zainab Yusuf            | Last order         | 2026-11-06
Fatima Zahra Benali     | Last order         | 2026-09-18
Fatima Zahra Benali     | Orders every       | monthly
Corner Table Café       | Last order         | 2026-11-16
Corner Table Café       | Orders every       | weekly
Northside Yoga Studio   | Last order         | 2026-11-12
Northside Yoga Studio   | Orders every       | monthly
Rosa Delgado            | Last order         | 2026-11-14
Rosa Delgado            | Orders every       | 45
Mei-Ling Chen           | Last order         | 2026-10-08
Mei-Ling Chen           | Orders every       | quarterly
Oakwood Retirement Home | Last order         | 2026-11-17
Oakwood Retirement Home | Orders every       | weekly
Teresa Villanueva       | Enquiry date       | 2026-10-31
Teresa Villanueva       | Fit                | yes
Oskar Berg              | Enquiry date       | 2026-11-14
Oskar Berg              | Fit                | yes
Camille Laurent         | Enquiry date       | 2026-11-19
Abena Boateng           | Enquiry date       | 2026-11-18
Naomi Cohen             | Welcome step       | 2
Arjun Mehta             | Welcome step       | 1
"""


# What the owner changed in the worksheet Rules, as sheetsync.toml would say it.
RULES = """
# A yearly talk is for those who order a lot.
["Annual review"]
when = { Tier = ["A", "B"] }
# People met at the market stall have no tier yet. They show as "No rule" until somebody gives them one.
["Keep in touch, everyone"]
when = { Tier = "<>" }
# Learned from two birthday cakes that came an hour late.
["Tasting: confirm the hour"]
due = "1 business day before Next appointment"
lead = "1 day"
step = "Confirm to {{ Name }} the hour of the tasting on {{ Next appointment }}"
priority = "urgent"
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """How the owner shows one column: width in characters, and how its cells look."""

    width: float
    look: str = "text"


COLUMNS: Mapping[str, Shown] = {
    "Customer no": Shown(10.5),
    "Name": Shown(24, "name"),
    "Usual order": Shown(26),
    "Email": Shown(30, "link"),
    "Phone": Shown(16.5),
    "City": Shown(12),
    "Tier": Shown(7, "centre"),
    "With care": Shown(8, "centre"),
    "Stage": Shown(10, "centre"),
    "Consent": Shown(10, "centre"),
    "Enquiry date": Shown(11.5, "date"),
    "Fit": Shown(7, "centre"),
    "Customer since": Shown(11.5, "date"),
    "Welcome step": Shown(9.5, "centre"),
    "Last contact": Shown(11.5, "date"),
    "Wrote on": Shown(11.5, "date"),
    "Recap": Shown(9, "centre"),
    "Waiting on": Shown(11, "centre"),
    "Waiting since": Shown(11.5, "date"),
    "Last review": Shown(11.5, "date"),
    "Last order": Shown(11.5, "date"),
    "Orders every": Shown(10.5, "centre"),
    "Orders 2026": Shown(12, "money"),
    "Standing order until": Shown(13, "date"),
    "Invoice due": Shown(11.5, "date"),
    "Paid on": Shown(11.5, "date"),
    "Promise": Shown(31),
    "Promise due": Shown(11.5, "date"),
    "Promise kept": Shown(11.5, "date"),
    "Request": Shown(34),
    "Request date": Shown(11.5, "date"),
    "Request decision": Shown(10, "centre"),
    "Request answered": Shown(11.5, "date"),
    "Complaint": Shown(31),
    "Complaint date": Shown(11.5, "date"),
    "Complaint called": Shown(11.5, "date"),
    "Complaint resolved": Shown(11.5, "date"),
    "Lesson learned": Shown(11.5, "date"),
    "Paused until": Shown(11.5, "date"),
    "Next tasting": Shown(11.5, "date"),
    "Notes": Shown(32),
}
# The bands above the header, by the first column of each.
GROUPS: Mapping[str, str] = {
    "Customer no": "Who", "Enquiry date": "How they came", "Last contact": "In touch", "Last order": "Orders and bills",
    "Promise": "Promised and asked for", "Complaint": "Complaints", "Paused until": "Plans",
}
TIERS = ("A", "B", "C")
STAGES = ("Prospect", "Active", "Winding down", "Former", "Closed")
HEADER_ROW = 3  # 0-based, as XlsxWriter counts: row 4 in the margin
TITLE, SUBTITLE = "Juniper Lane Bakehouse", "Our customers · cakes, bread and standing orders · Portland, Oregon"
LEGEND = (
    "Tier: A = standing order or large parties, B = orders every month or two, C = now and then, "
    "blank = met at the market stall"
)

GREEN, PALE, BAND, LINE, BROWN, GREY = "#3F6B57", "#E6EFEA", "#F6F9F7", "#C9D6CF", "#8A5A2B", "#6B6B6B"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONEY = re.compile(r"\d+\.\d{2}")
_COUNT = re.compile(r"\d+")

Formats = Callable[..., Format]


def customers() -> list[dict[str, Value]]:
    """The customers in the sheet's order, each with a value or None for every header of COLUMNS."""
    book = {row["Name"]: row for row in _table(BOOK)}
    out: dict[str, dict[str, Value]] = {}
    for who in _table(WHO):
        out[who["Name"]] = dict.fromkeys(COLUMNS) | {
            header: _value(text) for header, text in (who | book.pop(who["Name"])).items()
        }
    for line in MORE.strip().splitlines():
        name, header, text = (part.strip() for part in line.split("|"))
        if header not in COLUMNS:
            raise KeyError(header)
        out[name][header] = _value(text)
    if book:
        raise KeyError(", ".join(book))
    for row in out.values():
        if row["Customer since"] is not None and row["Welcome step"] is None:
            row["Welcome step"] = 4  # customers of old have had their welcome
    return list(out.values())


def _table(text: str) -> list[dict[str, str]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def _value(text: str) -> Value:
    if _DATE.fullmatch(text):
        return date.fromisoformat(text)
    if _MONEY.fullmatch(text):
        return float(text)
    if _COUNT.fullmatch(text):
        return int(text)
    return text or None


def make(path: Path) -> None:
    """Writes the workbook to `path`; the same bytes each time."""
    rows = customers()
    with xlsxwriter.Workbook(str(path)) as workbook:
        workbook.set_properties({"title": "Customers", "author": "Juniper Lane Bakehouse", "created": SAVED})
        workbook.set_size(28_000, 15_000)
        formats = _formats(workbook)
        sheet = workbook.add_worksheet("Customers")
        dashboard = workbook.add_worksheet("Dashboard")
        lists = workbook.add_worksheet("Lists")
        for name, range_ in (("Tiers", "$A$2:$A$4"), ("YesNo", "$B$2:$B$3"), ("Stages", "$C$2:$C$6")):
            workbook.define_name(name, f"=Lists!{range_}")
        workbook.define_name("OrdersThisYear", f"=Customers!{_column('Orders 2026', len(rows))}")
        _fill_customers(sheet, formats, rows)
        _fill_dashboard(workbook, dashboard, formats, rows)
        _fill_lists(lists, formats)
        add_rules(workbook, load_playbook("home-business", overlay={"rules": tomllib.loads(RULES)}), colour=GREEN, pale=PALE)


def _formats(workbook: Workbook) -> Formats:
    """A function that gives one format per set of properties, so that equal cells share one."""
    made: dict[tuple[tuple[str, object], ...], Format] = {}

    def format_of(**properties: object) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in made:
            made[key] = workbook.add_format({"font_name": "Calibri", "font_size": 10, "valign": "vcenter"} | properties)
        return made[key]

    return format_of


_LOOKS: Mapping[str, Mapping[str, object]] = {
    "text": {},
    "name": {"bold": True},
    "link": {"font_color": "#2F5D8A", "underline": 1},
    "centre": {"align": "center"},
    "date": {"num_format": "d mmm yyyy", "align": "center"},
    "money": {"num_format": "$#,##0.00_)"},
}


def _fill_customers(sheet: Worksheet, formats: Formats, rows: Sequence[Mapping[str, Value]]) -> None:
    first, last, right = HEADER_ROW + 1, HEADER_ROW + len(rows), len(COLUMNS) - 1
    at = {header: position for position, header in enumerate(COLUMNS)}
    sheet.set_row(0, 36)
    sheet.set_row(1, 18)
    sheet.set_row(2, 18)
    sheet.set_row(HEADER_ROW, 32)
    sheet.set_default_row(17)
    sheet.merge_range(0, 1, 0, right, TITLE, formats(font_size=22, bold=True, font_color="#FFFFFF", bg_color=GREEN, indent=1))
    sheet.merge_range(1, 1, 1, right, SUBTITLE, formats(italic=True, font_color=GREEN, bg_color=PALE, indent=1))
    sheet.write_blank(0, 0, None, formats(bg_color=GREEN))
    sheet.write_blank(1, 0, None, formats(bg_color=PALE))
    sheet.insert_image(
        0, 0, "logo.png",
        {"image_data": BytesIO(_logo()), "x_offset": 12, "y_offset": 3, "x_scale": 0.25, "y_scale": 0.25, "object_position": 2,
         "description": "Logo: a loaf of bread under a juniper twig"},
    )
    starts = [at[header] for header in GROUPS]
    for (header, title), end in zip(GROUPS.items(), [*starts[1:], right + 1], strict=True):
        band_of = formats(bold=True, font_color=BROWN, bg_color="#FBE7C6" if starts.index(at[header]) % 2 else "#FDF3E0", indent=1,
                          left=1, left_color=LINE)
        sheet.write_string(2, at[header], title, band_of)
        for position in range(at[header] + 1, end):
            sheet.write_blank(2, position, None, formats(bg_color="#FBE7C6" if starts.index(at[header]) % 2 else "#FDF3E0"))
    head = formats(bold=True, font_color="#FFFFFF", bg_color=GREEN, border=1, border_color=LINE, text_wrap=True, align="center")
    for header, shown in COLUMNS.items():
        sheet.set_column(at[header], at[header], shown.width)
        sheet.write_string(HEADER_ROW, at[header], header, head)
    for number, row in enumerate(rows):
        band = {"bg_color": BAND} if number % 2 else {}
        for header, shown in COLUMNS.items():
            look = formats(border=1, border_color=LINE, **band, **_LOOKS[shown.look])
            _write(sheet, first + number, at[header], row[header], look, link=shown.look == "link")

    total = last + 2  # after a blank row, so that it is no customer
    bold = formats(bold=True, top=2, top_color=GREEN, num_format="$#,##0.00_)")
    sheet.write_string(total, at["Name"], "Total", formats(bold=True, top=2, top_color=GREEN))
    orders = f"{_letter('Orders 2026')}{first + 1}:{_letter('Orders 2026')}{last + 1}"
    sheet.write_formula(total, at["Orders 2026"], f"=SUBTOTAL(109,{orders})", bold, _orders(rows))
    sheet.write_string(total + 2, 0, LEGEND, formats(italic=True, font_color=GREY))

    sheet.autofilter(HEADER_ROW, 0, last, right)
    sheet.freeze_panes(HEADER_ROW + 1, 2)
    for header, name in (("Tier", "Tiers"), ("Consent", "YesNo"), ("Stage", "Stages")):
        sheet.data_validation(first, at[header], last, at[header], {
            "validate": "list", "source": f"={name}", "error_title": header,
            "error_message": "Please choose from the list (worksheet Lists).",
        })
    sheet.data_validation(first, at["Customer since"], last, at["Customer since"], {
        "validate": "date", "criteria": ">=", "value": date(2021, 1, 1), "error_type": "warning",
        "input_title": "Customer since", "input_message": "The day of the first order",
    })
    sheet.conditional_format(first, at["Orders 2026"], last, at["Orders 2026"], {
        "type": "data_bar", "bar_color": "#9CC5B0", "bar_solid": True, "data_bar_2010": True,
    })
    sheet.conditional_format(first, at["Tier"], last, at["Tier"], {
        "type": "cell", "criteria": "==", "value": '"A"',
        "format": formats(bold=True, font_color=BROWN, bg_color="#FBE7C6"),
    })
    open_complaint = f'=AND(${_letter("Complaint")}{first + 1}<>"",${_letter("Complaint resolved")}{first + 1}="")'
    sheet.conditional_format(first, at["Complaint"], last, at["Complaint"], {
        "type": "formula", "criteria": open_complaint, "format": formats(bold=True, font_color="#B03A2E"),
    })
    sheet.write_comment(first, at["Complaint"], "It said Happy 30th, they are married 13 years. Our mistake on the phone.", {
        "author": "Juniper Lane", "x_scale": 1.6, "y_scale": 0.7, "font_size": 9,
    })
    # What lies right of the table is left free, but printed too: no print area, three pages wide.
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.5)
    sheet.fit_to_pages(3, 0)
    sheet.repeat_rows(HEADER_ROW)
    sheet.repeat_columns(0, 1)
    sheet.set_footer("&L&A&RPage &P of &N")
    sheet.set_selection(first, 1, first, 1)


def _write(sheet: Worksheet, row: int, column: int, value: Value, look: Format, *, link: bool) -> None:
    if value is None:
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, look)
    elif isinstance(value, (float, int)):
        sheet.write_number(row, column, value, look)
    elif link and value.count("@") == 1:
        sheet.write_url(row, column, f"mailto:{value}", look, value)
    else:
        sheet.write_string(row, column, value, look)


def _fill_dashboard(workbook: Workbook, sheet: Worksheet, formats: Formats, rows: Sequence[Mapping[str, Value]]) -> None:
    head = formats(bold=True, font_color="#FFFFFF", bg_color=GREEN, border=1, border_color=LINE)
    cell = formats(border=1, border_color=LINE)
    money = formats(border=1, border_color=LINE, num_format="$#,##0.00_)")
    share = formats(border=1, border_color=LINE, num_format="0.0%")
    tier, orders = f"Customers!{_column('Tier', len(rows))}", "OrdersThisYear"
    contact, complaint = f"Customers!{_column('Last contact', len(rows))}", f"Customers!{_column('Complaint', len(rows))}"
    resolved = f"Customers!{_column('Complaint resolved', len(rows))}"
    whole = _orders(rows)

    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 3, 15)
    sheet.set_row(0, 30)
    title = formats(font_size=18, bold=True, font_color="#FFFFFF", bg_color=GREEN, indent=1)
    sheet.merge_range(0, 0, 0, 12, "Dashboard", title)
    for column, text in enumerate(("Tier", "Customers", "Orders 2026", "Share of orders")):
        sheet.write_string(2, column, text, head)
    for place, name in enumerate(TIERS):
        row = 3 + place
        count, money_of = sum(r["Tier"] == name for r in rows), _orders([r for r in rows if r["Tier"] == name])
        sheet.write_string(row, 0, name, cell)
        sheet.write_formula(row, 1, f"=COUNTIF({tier},A{row + 1})", cell, count)
        sheet.write_formula(row, 2, f"=SUMIF({tier},A{row + 1},{orders})", money, money_of)
        sheet.write_formula(row, 3, f"=C{row + 1}/C$7", share, money_of / whole)
    names = f"Customers!{_column('Name', len(rows))}"
    bold = formats(border=1, border_color=LINE, bold=True, bg_color=PALE)
    sheet.write_string(6, 0, "All, with the market stall", bold)
    sheet.write_formula(6, 1, f"=COUNTA({names})", bold, len(rows))
    sheet.write_formula(6, 2, f"=SUM({orders})", formats(border=1, border_color=LINE, bold=True, bg_color=PALE,
                                                         num_format="$#,##0.00_)"), whole)
    sheet.write_formula(6, 3, "=C7/C$7", formats(border=1, border_color=LINE, bold=True, bg_color=PALE, num_format="0.0%"), 1)

    contacts = [value for row in rows if isinstance(value := row["Last contact"], date)]
    still_open = sum(row["Complaint"] is not None and row["Complaint resolved"] is None for row in rows)
    sheet.write_string(8, 0, "Newest contact", cell)
    sheet.write_formula(8, 1, f"=MAX({contact})", formats(border=1, border_color=LINE, num_format="d mmm yyyy", align="right"),
                        (max(contacts) - date(1899, 12, 30)).days)
    sheet.write_string(9, 0, "Open complaints", cell)
    sheet.write_formula(9, 1, f'=COUNTIFS({complaint},"?*",{resolved},"")', cell, still_open)

    columns = _chart(workbook, "column", "Orders 2026 by tier", 2)
    columns.set_legend({"none": True})
    columns.set_size({"width": 512, "height": 340})
    columns.set_y_axis({"num_format": "$#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E0E0E0"}}})
    sheet.insert_chart("F3", columns, {"object_position": 2, "description": "Orders of this year by tier"})
    doughnut = _chart(workbook, "doughnut", "Customers by tier", 1)
    doughnut.set_size({"width": 531, "height": 300})
    sheet.insert_chart("A12", doughnut, {"object_position": 2, "description": "Customers by tier"})
    sheet.set_landscape()
    sheet.fit_to_pages(1, 1)


def _chart(workbook: Workbook, kind: str, title: str, column: int) -> Chart:
    chart = workbook.add_chart({"type": kind})
    if chart is None:
        raise ValueError(kind)
    colours = [{"fill": {"color": colour}} for colour in (GREEN, "#D9A441", "#9CC5B0")]
    chart.add_series({
        "name": ["Dashboard", 2, column],
        "categories": ["Dashboard", 3, 0, 5, 0],
        "values": ["Dashboard", 3, column, 5, column],
        "points": colours, "gap": 60,
    })
    chart.set_title({"name": title, "name_font": {"size": 12, "color": GREEN}})
    return chart


def _fill_lists(sheet: Worksheet, formats: Formats) -> None:
    head, cell = formats(bold=True, font_color="#FFFFFF", bg_color=GREEN), formats()
    for column, (title, words) in enumerate((("Tier", TIERS), ("Consent", ("yes", "no")), ("Stage", STAGES))):
        sheet.write_string(0, column, title, head)
        for row, word in enumerate(words, 1):
            sheet.write_string(row, column, word, cell)
    sheet.set_column(0, 2, 14)


def _letter(header: str) -> str:
    return str(xl_col_to_name(list(COLUMNS).index(header)))


def _column(header: str, count: int) -> str:
    """The absolute range of one column's customers."""
    letter, first = _letter(header), HEADER_ROW + 2
    return f"${letter}${first}:${letter}${first + count - 1}"


def _orders(rows: Sequence[Mapping[str, Value]]) -> float:
    return sum(value for row in rows if isinstance(value := row["Orders 2026"], float))


def _logo() -> bytes:
    """A loaf under a juniper twig as PNG, 208 pixels square: shapes only, since text would depend on installed fonts."""
    big = 832  # drawn four times as large, so that the edges come out smooth
    image = Image.new("RGBA", (big, big), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, big - 8, big - 8), fill="#FFF8EC", outline="#D9A441", width=28)
    draw.ellipse((156, 380, 676, 680), fill="#C98A45")
    draw.rectangle((150, 590, 682, 690), fill="#FFF8EC")
    draw.rounded_rectangle((176, 520, 656, 620), 44, fill="#C98A45")
    for x in (276, 396, 516):
        draw.line((x, 520, x + 54, 436), fill="#FBE7C6", width=26)
    draw.line((300, 316, 560, 196), fill="#3F6B57", width=18)
    for step in range(6):
        x, y = 316 + step * 44, 308 - step * 20
        draw.line((x, y, x - 16, y - 82), fill="#3F6B57", width=16)
        draw.line((x, y, x + 64, y + 34), fill="#3F6B57", width=16)
    for x, y in ((380, 330), (478, 286), (556, 248)):
        draw.ellipse((x - 26, y - 26, x + 26, y + 26), fill="#4A5A8A")
    small = image.resize((208, 208), Image.Resampling.LANCZOS)
    out = BytesIO()
    small.save(out, "PNG", compress_level=9)
    return out.getvalue()


if __name__ == "__main__":
    make(EXAMPLE)
