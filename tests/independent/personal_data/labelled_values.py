"""Makes the labelled columns that the scanner of personal data is measured on; needs Faker, and nothing of Steward.

uv run --no-project --with faker==40.63.0 python tests/independent/personal_data/labelled_values.py 2026 > FILE
"""

import json
import random
import sys
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from faker import Faker

ROWS = 30
LOCALES = {"US": "en_US", "GB": "en_GB", "DE": "de_DE", "FR": "fr_FR", "ES": "es_ES", "IT": "it_IT"}
Column = dict[str, Any]


def digits(draw: random.Random, count: int, first: str = "123456789") -> str:
    return draw.choice(first) + "".join(draw.choices("0123456789", k=count - 1))


def nhs_number(draw: random.Random) -> str:
    while True:
        nine = digits(draw, 9)
        check = -sum(int(digit) * (10 - at) for at, digit in enumerate(nine)) % 11
        if check < 10:
            return f"{nine[:3]} {nine[3:6]} {nine[6:]}{check}"


def national_insurance_number(draw: random.Random) -> str:
    prefix = draw.choice("ABCEGHJKLMNOPRSTWXYZ") + draw.choice("ABCEGHJKLMPRSTWXYZ")
    if prefix in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}:
        return national_insurance_number(draw)
    pairs = [f"{draw.randrange(100):02d}" for _ in range(3)]
    return draw.choice([" ", ""]).join([prefix, *pairs, draw.choice("ABCD")])


def steuer_id(draw: random.Random) -> str:
    """Ten digits of which one comes twice, and the check digit of ISO 7064, Mod 11,10."""
    while True:
        nine = draw.sample("0123456789", 9)
        ten = [*nine, draw.choice(nine)]
        draw.shuffle(ten)
        if ten[0] == "0":
            continue
        product = 10
        for digit in ten:
            total = (int(digit) + product) % 10 or 10
            product = total * 2 % 11
        return "".join(ten) + str((11 - product) % 10)


def social_security_number(draw: random.Random) -> str:
    area = draw.choice([*range(1, 666), *range(667, 900)])
    return f"{area:03d}-{draw.randrange(1, 100):02d}-{draw.randrange(1, 10_000):04d}"


def international(draw: random.Random) -> str:
    return f"+{draw.choice(('44 20', '49 30', '33 1', '34 91', '39 06'))} {digits(draw, 4)} {digits(draw, 4)}"


def grouped(code: str) -> str:
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def places(draw: random.Random) -> str:
    return f"{draw.uniform(-70, 70):.{draw.choice((4, 5, 6))}f}, {draw.uniform(-180, 180):.{draw.choice((4, 5, 6))}f}"


def positive(fakers: dict[str, Faker], draw: random.Random) -> Iterator[Column]:
    def column(kind: str, country: str, name: str, make: Callable[[], str]) -> Column:
        return {
            "kind": kind,
            "country": country,
            "column": name,
            "values": list(dict.fromkeys(make() for _ in range(ROWS))),
        }

    names = {
        "US": ("phone_number", "date_of_birth", "last_name", "street_address", "zip_code"),
        "GB": ("mobile", "dob", "customerName", "address_line_1", "postcode"),
        "DE": ("telefon", "geburtsdatum", "nachname", "strasse", "plz"),
        "FR": ("telephone", "date_naissance", "nom_complet", "adresse", "code_postal"),
        "ES": ("telefono", "fecha_nacimiento", "apellidos", "direccion", "codigo_postal"),
        "IT": ("cellulare", "data_nascita", "cognome", "indirizzo", "postal_code"),
    }  # fmt: skip
    dates = {"US": "%m/%d/%Y", "GB": "%d/%m/%Y", "DE": "%d.%m.%Y", "FR": "%d/%m/%Y", "ES": "%Y-%m-%d", "IT": "%d-%m-%Y"}
    for country, fake in fakers.items():
        phone, birth, person, street, post = names[country]
        yield column("email", country, "contact", fake.email)
        yield column("phone", country, phone, fake.phone_number)
        yield column("iban", country, "c7", fake.iban)
        yield column("payment_card", country, "c8", fake.credit_card_number)
        yield column("ip_address", country, "client", draw.choice([fake.ipv4_public, fake.ipv6]))
        yield column("mac_address", country, "device", fake.mac_address)
        yield column("coordinates", country, "position", lambda: places(draw))
        yield column(
            "date_of_birth", country, birth, lambda fake=fake, form=dates[country]: fake.date_of_birth().strftime(form)
        )
        yield column("person_name", country, person, fake.name if "nom" in person or "N" in person else fake.last_name)
        yield column("address", country, street, fake.street_address)
        yield column("postcode", country, post, fake.postcode)
        texts = {
            "email": lambda fake=fake: f"Please write to {fake.email()} about the refund.",
            "phone": lambda draw=draw: f"called back on {international(draw)}, no answer",
            "iban": lambda fake=fake: f"Transfer went to {grouped(fake.iban())} yesterday",
            "ip_address": lambda fake=fake: f"login from {fake.ipv4_public()} failed twice",
            "payment_card": lambda fake=fake: f"paid with card {fake.credit_card_number('visa16')}, refund asked",
        }  # fmt: skip
        for kind, make in texts.items():
            yield column(kind, country, "comment", make)
    unprefixed = {country: fakers[country].phone_number for country in ("GB", "DE", "FR", "ES")}
    for country, make in unprefixed.items():  # where the name says nothing: international ones alone
        yield column(
            "phone", country, "c3", lambda make=make: next(one for one in iter(make, "") if one.startswith("+"))
        )
    yield column(
        "phone", "US", "c3", lambda: f"({digits(draw, 3, '23456789')}) {digits(draw, 3, '23456789')}-{digits(draw, 4)}"
    )
    nationals: dict[str, tuple[str, Callable[[], str]]] = {
        "US": ("c1", lambda: social_security_number(draw)),
        "GB": ("c1", lambda: nhs_number(draw)),
        "GB2": ("c1", lambda: national_insurance_number(draw)),
        "DE": ("c1", lambda: steuer_id(draw)),
        "FR": ("c1", fakers["FR"].ssn),
        "ES": ("c1", fakers["ES"].nif),
        "ES2": ("c1", fakers["ES"].nie),
        "IT": ("c1", fakers["IT"].ssn),
        "PL": ("c1", Faker("pl_PL").pesel), "NL": ("c1", Faker("nl_NL").ssn), "SE": ("c1", Faker("sv_SE").ssn),
        "BE": ("c1", Faker("nl_BE").ssn), "FI": ("c1", Faker("fi_FI").ssn), "NO": ("c1", Faker("no_NO").ssn),
    }  # fmt: skip
    for country, (name, make) in nationals.items():
        yield column("national_id", country[:2], name, make)
    yield column("national_id", "DE", "note", lambda: f"Steuer-ID {steuer_id(draw)} nachgereicht")
    yield column("national_id", "US", "note", lambda: f"SSN on file: {social_security_number(draw)}")
    yield column("national_id", "GB", "note", lambda: f"NHS {nhs_number(draw)} checked")


def negative(fakers: dict[str, Faker], draw: random.Random) -> Iterator[Column]:
    """What looks like personal data and is none."""
    fake = fakers["US"]
    makers: dict[str, Callable[[], str]] = {
        "order": lambda: digits(draw, draw.choice((8, 9, 10))),
        "nine": lambda: digits(draw, 9), "ten": lambda: digits(draw, 10), "eleven": lambda: digits(draw, 11),
        "reference": lambda: "4" + digits(draw, 15), "tracking": lambda: digits(draw, 15),
        "epoch": lambda: str(draw.randrange(1_300_000_000, 1_790_000_000)),
        "epoch_ms": lambda: str(draw.randrange(1_300_000_000_000, 1_790_000_000_000)),
        "row_key": lambda: str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "digest": lambda: f"{draw.getrandbits(160):040x}", "trace": lambda: f"{draw.getrandbits(64):016x}",
        "temperature": lambda: f"{draw.uniform(-20, 45):.1f}", "score": lambda: repr(draw.random()),
        "latitude_of_airport": lambda: f"{draw.uniform(25, 60):.4f}",
        "weights": lambda: f"{draw.random():.4f}, {draw.random():.4f}",
        "flight": lambda: f"{draw.choice(('UA', 'AA', 'B6'))}{draw.randrange(1, 9999)}",
        "tailnum": lambda: f"N{draw.randrange(100, 999)}{draw.choice('ABC')}{draw.choice('QRS')}",
        "time": lambda: fake.date_time().isoformat() + "Z", "day": fake.date,
        "day_de": lambda: fake.date(pattern="%d.%m.%Y"), "minute": lambda: fake.time("%H:%M:%S"),
        "interval": lambda: f"{fake.time('%H:%M')}-{fake.time('%H:%M')}",
        "release": lambda: f"{draw.randrange(20)}.{draw.randrange(30)}.{draw.randrange(9)}.{draw.randrange(9)}",
        "build": lambda: f"10.0.{draw.randrange(10000, 20000)}.{draw.randrange(999)}",
        "price": lambda: f"{draw.randrange(1, 999)},{draw.randrange(1000):03d}.{draw.randrange(100):02d}",
        "sku": lambda: f"AB-{digits(draw, 4)}-{digits(draw, 4)}",
        "part": lambda: f"{digits(draw, 3)}-{digits(draw, 4)}",
        "article": lambda: f"{digits(draw, 3)}.{digits(draw, 3)}.{digits(draw, 2)}", "ean": fake.ean13,
        "isbn": fake.isbn13, "company": fake.company, "city": fake.city, "job": fake.job, "colour": fake.color_name,
        "hex_colour": fake.hex_color, "sentence": fake.sentence,
        "price_text": lambda: f"{draw.randrange(1, 90)} USD per month",
        "path": lambda: f"s3://bucket-{draw.randrange(99)}/inbox/{fake.date()}/part-{draw.randrange(10000):05d}.parquet",
        "role": lambda: f"arn:aws:iam::{digits(draw, 12)}:role/{fake.word()}", "image": lambda: f"{fake.word()}@2x.png",
        "url": lambda: f"https://example.com/{fake.slug()}?id={draw.randrange(10**6)}",
        "user_agent": fake.user_agent, "currency": fake.currency_code,
        "email_verified": lambda: draw.choice(("yes", "no")),
        "country": fake.country, "airport_name": lambda: f"{fake.city()} Intl",
        "share": lambda: f"{draw.randrange(100)}%",
        "vector": lambda: str([round(draw.gauss(0, 1), 4) for _ in range(4)]),
        "ticket": lambda: f"Order {digits(draw, 8)} shipped in {draw.randrange(2, 9)} days, parcel {digits(draw, 12)}",
        "measure": lambda: f"{draw.uniform(0, 1e6):.3f}", "duration": lambda: f"{draw.randrange(500)} min",
        "account": lambda: f"ACC{digits(draw, 7)}",
        "plate_like": lambda: f"{fake.lexify('??').upper()}{digits(draw, 4)}",
    }  # fmt: skip
    for name, make in makers.items():
        yield {"kind": None, "country": "", "column": name, "values": list(dict.fromkeys(make() for _ in range(ROWS)))}


def labelled(seed: int) -> list[Column]:
    """All columns, the same for the same seed and version of Faker."""
    draw = random.Random(seed)  # noqa: S311 - made-up values
    fakers = {country: Faker(locale) for country, locale in LOCALES.items()}
    Faker.seed(seed)
    return [*positive(fakers, draw), *negative(fakers, draw)]


if __name__ == "__main__":
    print("[" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in labelled(int(sys.argv[1]))) + "]")
