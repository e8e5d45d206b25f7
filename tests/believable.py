"""A clean list of customers as owners in twelve countries keep it: the same one each time, with nothing wrong in it."""

from __future__ import annotations

import random
from datetime import date, timedelta

import phonenumbers

from sheetsync.core.model import Cell

TODAY = date(2026, 11, 20)
HEADER: list[Cell] = [
    "Customer no", "Name", "Email", "Phone", "Street", "City", "Tier", "Customer since", "Last contact", "Contract end", "Complaint",
    "Complaint date", "Complaint resolved", "Consent", "Stage", "Next appointment", "Birthday", "Spent", "Notes",
]
# Country: first names, family names, streets, cities, mail domains.
_COUNTRIES = {
    "US": ("Susan Tom Maria Joan John Mary-Ann DeShawn Linh", "Ortiz Smith O'Brien-Smith Garcia Ng Lee McDonald Nguyen",
           "Elm Street|Oak Avenue|Main Street", "Portland|Salem|Austin", "gmail.com|yahoo.com|outlook.com|comcast.net"),
    "GB": ("Nigel Fiona Siân Oliver Priya", "Baker Llewellyn Smith-Jones Patel Ng", "High Street|Mill Lane", "Leeds|Bath",
           "btinternet.com|hotmail.co.uk|googlemail.com"),
    "DE": ("Jörg Anja Günther Lena", "Müller Schäfer Groß van der Berg von Ahn", "Hauptstraße|Am Markt", "Köln|Bad Ems",
           "gmx.de|web.de|t-online.de"),
    "FR": ("Chloé Jean-Luc Aïcha Noël", "Lefèvre Dupont Benali L'Hermite", "rue de la Paix|avenue Foch", "Lyon|Orléans",
           "orange.fr|laposte.net|free.fr"),
    "ES": ("José María Ana Íñigo", "García López Núñez de la Cruz", "Calle Mayor|Gran Vía", "Cádiz|Sevilla",
           "hotmail.es|yahoo.es|gmail.com"),
    "IT": ("Luca Giulia Niccolò", "Rossi D'Angelo De Luca", "Via Roma|Corso Italia", "Torino|Forlì", "libero.it|tin.it"),
    "NL": ("Peter Sanne Joris", "van Dijk van der Berg de Vries 't Hooft", "Dorpsstraat|Kerkweg", "Delft|'s-Hertogenbosch",
           "ziggo.nl|kpnmail.nl"),
    "SE": ("Åsa Björn Ingrid", "Lindqvist Öberg Ström", "Storgatan|Kungsvägen", "Umeå|Örebro", "telia.com|live.se"),
    "PL": ("Łukasz Żaneta Agnieszka", "Wiśniewski Żak Nowak", "ul. Długa|ul. Polna", "Łódź|Kraków", "wp.pl|onet.pl"),
    "UA": ("Ольга Тарас Олена", "Петренко Шевченко Коваль", "вул. Садова|вул. Миру", "Київ|Львів", "ukr.net|i.ua"),
    "JP": ("裕子 健太 愛子", "中村 渡辺 森", "本町|中央", "大阪|京都", "docomo.ne.jp|ezweb.ne.jp"),
    "CN": ("小龙 小明 美玲", "李 陈 王", "人民路|中山路", "上海|广州", "163.com|qq.com"),
}
_BUSINESSES = (
    "IBM", "BMW Group", "KPMG LLP", "IKEA", "UNICEF", "Corner Table Café", "Hoyt & Lang Architects", "NORTHSIDE BAKERY GMBH",
    "A. B. Carter Ltd",
    "3M", "7-Eleven Elm Street", "Müller & Söhne KG", "O'Neill's", "HSBC UK", "Wren & Sparrow Florists", "St. Mary's School", "VW Service",
)
_NOTES = (
    "", "", "", "-", "Call after 5 pm", "TBD with her daughter", "Likes rye; no nuts", "N/A", "Moved in  2024",
    "Pays cash", "see e-mail of 3/4/2026",
)


def believable_customers(count: int) -> list[list[Cell]]:
    """Header and `count` rows. Names repeat as they do in life, also within one city; nobody shares a phone or an address."""
    chance = random.Random(6)
    rows: list[list[Cell]] = [list(HEADER)]
    for number in range(1, count + 1):
        country = chance.choice(list(_COUNTRIES))
        first, family, streets, cities, domains = _COUNTRIES[country]
        given = chance.choice(first.split())
        surname = chance.choice(family.split())
        name = f"{surname} {given}" if country in ("JP", "CN") and chance.random() < 0.5 else f"{given} {surname}"
        if country in ("CN", "JP"):
            name = name.replace(" ", chance.choice(["", " "]))
        if chance.random() < 0.1:
            name = chance.choice(_BUSINESSES)
        since = TODAY - timedelta(days=chance.randrange(30, 5000))
        last = TODAY - timedelta(days=chance.randrange(0, 400))
        complained = chance.random() < 0.05
        complaint = TODAY - timedelta(days=chance.randrange(20, 200))
        closed = chance.random() < 0.05
        rows.append([
            number, name, _email(chance, number, chance.choice(domains.split("|"))), _phone(chance, country, number),
            f"{chance.choice(streets.split('|'))} {number}", chance.choice(cities.split("|")),
            chance.choice(["A", "B", "C", None]), since, last,
            chance.choice([None, since + timedelta(days=chance.randrange(365, 3000)), date(2099, 12, 31)]),
            "Late, again" if complained else None, complaint if complained else None,
            complaint + timedelta(days=chance.randrange(0, 15)) if complained else None,
            chance.choice(["yes", "no", None, True, "YES"]), "Closed" if closed else chance.choice(["Active", "Prospect", None]),
            None if closed or chance.random() < 0.9 else TODAY + timedelta(days=chance.randrange(0, 60)),
            None if chance.random() < 0.5 else date(1930, 1, 1) + timedelta(days=chance.randrange(0, 27000)),
            chance.choice([0, 12.5, 1234.5, 99, None]), chance.choice(_NOTES) or None,
        ])
    return rows


def _email(chance: random.Random, number: int, domain: str) -> Cell:
    local = chance.choice([f"kunde{number}", f"s.ortiz{number}", f"info+{number}", f"o'brien.{number}", f"N{number}_x"])
    domain = chance.choice([domain, domain, domain, f"mail{number}.example.co.uk", domain.upper()])
    if chance.random() < 0.02:
        domain = f"müller-{number}.de"
    return None if chance.random() < 0.1 else f"{local}@{domain}"


def _phone(chance: random.Random, country: str, number: int) -> Cell:
    """A valid number of the country, made from phonenumbers' own example, in one of the ways people write it."""
    if chance.random() < 0.1:
        return None
    if country == "US":
        area, office, line = 503 + number // 10_000, 200 + number % 700, f"{number % 10_000:04}"
        return chance.choice([f"({area}) {office}-{line}", f"+1 {area} {office} {line}", f"{area}-{office}-{line} x12",
                              f"1-800-{office}-CAKE" if number == 50 else f"{area}.{office}.{line}"])
    kind = phonenumbers.PhoneNumberType.MOBILE if country != "JP" else phonenumbers.PhoneNumberType.FIXED_LINE
    example = phonenumbers.example_number_for_type(country, kind)
    assert example is not None
    assert example.national_number is not None
    digits = str(example.national_number)
    own = f"{number:04}" if number < 10_000 else f"{number:06}"  # digits
    example.national_number = int(digits[: -len(own)] + own)
    form = chance.choice([phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164])
    text = phonenumbers.format_number(example, form)
    return text + chance.choice(["", "", " ext. 7"]) if form == phonenumbers.PhoneNumberFormat.INTERNATIONAL else text
