"""What the name of a column tells of personal data in it, in the languages of the identifiers that are known."""

import re
import unicodedata

from steward.events import PersonalKind

_WORDS: dict[PersonalKind, tuple[str, ...]] = {
    "email": ("email", "e mail", "mail address", "mailadresse", "courriel", "correo", "correo electronico"),
    "phone": (
        "phone", "telephone", "mobile", "mobile number", "cellphone", "cell phone", "msisdn", "fax", "telefon",
        "telefonnummer", "handy", "handynummer", "mobilnummer", "telefono", "movil", "cellulare", "telefoon", "tel",
        "whatsapp",
    ),
    "national_id": (
        "ssn", "social security", "national id", "national insurance", "nino", "nhs", "nhs number", "tax id",
        "steuer id", "steuerid",
        "steueridnr", "idnr", "personalausweis", "nir", "numero securite sociale", "secu", "dni", "nie",
        "codice fiscale", "codicefiscale", "bsn", "pesel", "personnummer", "rijksregisternummer", "numero national",
        "passport", "passport number", "passport no", "driving licence", "drivers license", "identity number",
    ),
    "payment_card": (
        "card number", "credit card", "debit card", "card no", "cardnumber", "creditcard", "kreditkarte",
        "carte bancaire",
        "tarjeta", "pan",
    ),
    "iban": ("iban", "bank account", "account number", "kontonummer"),
    "ip_address": ("ip", "ip address", "ipaddress", "ip addr", "ipv4", "ipv6", "adresse ip", "direccion ip"),
    "mac_address": ("mac", "mac address", "macaddress", "mac addr"),
    "date_of_birth": (
        "dob", "date of birth", "birth date", "birthdate", "birthday", "birth day", "born", "born on", "geburtsdatum",
        "geburtstag", "date naissance", "date de naissance", "fecha nacimiento", "fecha de nacimiento", "data nascita",
        "data di nascita", "geboortedatum", "data urodzenia", "fodelsedatum",
    ),
    "person_name": (
        "first name", "firstname", "last name", "lastname", "surname", "given name", "family name", "middle name",
        "full name", "fullname", "maiden name", "forename", "customer name", "client name", "patient name",
        "person name", "passenger name", "employee name", "cardholder", "card holder", "account holder", "vorname",
        "nachname", "familienname",
        "prenom", "nom famille", "nom de famille", "nom complet", "nombre completo", "apellido", "apellidos", "cognome",
        "nome completo", "voornaam", "achternaam", "imie", "nazwisko", "fornamn", "efternamn",
    ),
    "address": (
        "address", "street", "street address", "home address", "postal address", "address line", "adresse", "anschrift",
        "strasse", "hausnummer", "rue", "direccion", "calle", "domicilio", "indirizzo", "via", "adres", "straat",
    ),
    "postcode": (
        "zip", "zip code", "zipcode", "postcode", "post code", "postal code", "postalcode", "plz", "postleitzahl",
        "code postal", "codigo postal", "codice postale", "kod pocztowy", "postnummer",
    ),
}  # fmt: skip
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words}
_LATITUDES = frozenset({"lat", "latitude", "breitengrad", "latitud", "latitudine"})
_LONGITUDES = frozenset({"lon", "lng", "long", "longitude", "laengengrad", "langengrad", "longitud", "longitudine"})
_ABOUT_THE_VALUE = frozenset(
    {"type", "count", "valid", "verified", "flag", "length", "is", "has", "num", "n", "changed", "country", "domain",
     "score", "days", "age", "status", "provider", "brand", "network", "match"}
)  # fmt: skip
"""Words that make a column say something about such a value: `email_verified`, `phone_type`."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN = re.compile(r"[^a-z]+")


def words_of(column: str) -> tuple[str, ...]:
    """The words of a name in lower case, without accents, digits and signs.

    >>> words_of("customerFirstName_2"), words_of("Prénom")
    (('customer', 'first', 'name'), ('prenom',))
    """
    spaced = _CAMEL.sub(" ", column).lower().replace("ß", "ss")
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(sign))
    return tuple(word for word in _BETWEEN.split(plain) if word)


def kind_of_name(column: str) -> PersonalKind | None:
    """The kind of personal data that a column's name promises; None where it promises none.

    The longest words that are known decide, the last of them where several are as long: `email_address` is an e-mail
    address, and `ip_address` no postal one.

    >>> [kind_of_name(name) for name in ("customer_email", "EmailAddress", "zip", "email_verified", "name", "trip")]
    ['email', 'email', 'postcode', None, None, None]
    """
    words = words_of(column)
    if not _ABOUT_THE_VALUE.isdisjoint(words):
        return None
    for length in (3, 2, 1):
        for start in range(len(words) - length, -1, -1):
            kind = _KINDS.get(" ".join(words[start : start + length]))
            if kind == "address" and "email" in words:
                return "email"
            if kind:
                return kind
    return None


def is_latitude(column: str) -> bool:
    """Whether a name says that its column holds latitudes."""
    return not _LATITUDES.isdisjoint(words_of(column))


def is_longitude(column: str) -> bool:
    """Whether a name says that its column holds longitudes."""
    return not _LONGITUDES.isdisjoint(words_of(column))
