"""Tables of strangers with known truth: other languages, other columns, other dirt. All people and firms are invented.

Nothing here knows how linking works. A world of parties is drawn (households share a family name and an address), then
every party is written down several times by clerks who mistype, forget, abbreviate and hear of moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from config.link_models import LinkModel, Reading, load_column_names
from dedupe.anytable.linking import Linked, Rows, link_rows
from dedupe.anytable.profiles import profile
from dedupe.anytable.proposing import Proposal, propose


def _words(text: str) -> list[str]:
    return text.split()


GERMAN = _words("""
Anna Maria Ursula Monika Petra Sabine Karin Renate Helga Andrea Claudia Birgit Susanne Gisela Ingrid Erika
Christa Heike Brigitte Gabriele Jürgen Günther Klaus Peter Michael Thomas Wolfgang Andreas Werner Hans Manfred
Uwe Stefan Bernd Rainer Frank Horst Dieter Jörg Ralf Martin Holger Axel Björn Sören Lukas Jonas Felix Paul Emil
""")
SPANISH = _words("""
María Carmen Josefa Isabel Dolores Ana Pilar Laura Cristina Marta Lucía Elena Teresa Rosa Raquel Sara Paula
Beatriz Julia Rocío Antonio José Manuel Francisco David Juan Javier Daniel Jesús Carlos Alejandro Miguel Rafael
Pedro Ángel Pablo Sergio Fernando Jorge Luis Alberto Álvaro Diego Adrián Raúl Enrique Ramón Vicente Andrés Íñigo
""")
ENGLISH = _words("""
Mary Elizabeth Sarah Jane Ann Alice Emma Florence Edith Ethel Margaret Hannah Martha Ellen Charlotte Harriet
Lucy Eliza Agnes Ruth William John George Thomas James Henry Charles Joseph Robert Samuel Albert Edward
Frederick Walter Arthur Richard Alfred Ernest Percy Harold Benjamin Daniel David Edwin Francis Hugh Isaac Jacob
Job Silas
""")
HEADS = _words("""
Al Bar Ber Bran Dor El Fal Gar Gras Hal Hol Jan Kal Kem Lan Lin Mar Mol Nor Os Pol Ren Ros Sal Sten Tor Ul Ver
Wal Wen
""")
TAILS = _words("""
bach berg dorf feld hardt hoff ing kamp lein mann meyer ner rich ser stein thal ting vogt weg wig son ton ham
ley well
""")
TRADES = _words("""
Bau Elektro Transport Holz Metall Garten Druck Reise Möbel Auto Textil Farben Pumpen Solar Logistik Consult
Media Food
""")
OCCUPATIONS = _words("""
labourer weaver miner carpenter blacksmith servant farmer clerk tailor shoemaker mason baker butcher carter
painter teacher surgeon solicitor brewer saddler cooper wheelwright gardener dyer printer
""")


@dataclass(frozen=True)
class Stranger:
    """A table and whose records they are."""

    rows: list[dict[str, str | None]]
    truth: list[int]

    @property
    def table(self) -> pa.Table:
        columns = {name: pa.array([row[name] for row in self.rows], type=pa.string()) for name in self.rows[0]}
        return pa.table(columns)

    def f1(self, group: Sequence[object]) -> tuple[float, float, float]:
        """Precision, recall and F1 over pairs of records that a grouping puts together."""
        together = Counter(zip(self.truth, group, strict=True))
        right, claimed, real = (
            sum(count * (count - 1) // 2 for count in counts.values())
            for counts in (together, Counter(group), Counter(self.truth))
        )
        precision, recall = right / max(claimed, 1), right / real
        return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)

    def exact(self, *names: str) -> list[object]:
        """The grouping an honest first try makes: equal in these columns, missing ones apart."""
        keys = [tuple((row[name] or "").casefold() for name in names) for row in self.rows]
        return [key if all(key) else place for place, key in enumerate(keys)]


class Clerk:
    """Writes values down, and not always right."""

    def __init__(self, draw: np.random.Generator, *, errors: float) -> None:
        self.draw, self.errors = draw, errors

    def chance(self, share: float) -> bool:
        return bool(self.draw.random() < share)

    def one(self, things: Sequence[str], *, skew: float = 1.0) -> str:
        """One of them, the first ones more often."""
        weights = 1 / np.arange(1, len(things) + 1) ** skew
        return things[int(self.draw.choice(len(things), p=weights / weights.sum()))]

    def digits(self, length: int) -> str:
        return "".join(str(digit) for digit in self.draw.integers(0, 10, length))

    def typed(self, text: str) -> str:
        """The text, now and then with a letter too many, too few, wrong, or two swapped."""
        if len(text) < 3 or not self.chance(self.errors):
            return text
        at, kind = int(self.draw.integers(1, len(text) - 1)), int(self.draw.integers(4))
        letter = self.digits(1) if text[at].isdigit() else "aeinrstlmo"[int(self.draw.integers(10))]
        return (
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at:],
            text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :],
        )[kind]

    def kept(self, text: str, *, missing: float) -> str | None:
        return None if self.chance(missing) else self.typed(text)


def family_names(draw: np.random.Generator, many: int) -> list[str]:
    names = [head + tail for head in HEADS for tail in TAILS]
    return [names[place] for place in draw.permutation(len(names))[:many]]


@dataclass
class Person:
    given: str
    family: str
    other_family: str
    born: tuple[int, int, int]
    phone: str
    number: str
    home: tuple[str, str, str, str]
    """Street, house, postal code, place."""


def world(clerk: Clerk, households: int, given: Sequence[str]) -> list[Person]:
    families, places = family_names(clerk.draw, 400), family_names(clerk.draw, 60)
    streets = [f"{name}weg" for name in family_names(clerk.draw, 120)]
    people = []
    for _ in range(households):
        home, family = _home(clerk, streets, places), clerk.one(families, skew=0.6)
        phone = "0" + clerk.digits(9)
        for _ in range(int(clerk.draw.integers(1, 5))):
            born = (
                int(clerk.draw.integers(1930, 2000)),
                int(clerk.draw.integers(1, 13)),
                int(clerk.draw.integers(1, 29)),
            )
            own = "0" + clerk.digits(9) if clerk.chance(0.5) else phone
            other = clerk.one(families, skew=0.6)
            people.append(Person(clerk.one(given, skew=0.5), family, other, born, own, clerk.digits(9), home))
    return people


def _home(clerk: Clerk, streets: Sequence[str], places: Sequence[str]) -> tuple[str, str, str, str]:
    place = clerk.one(places)
    postal = f"{10000 + 37 * places.index(place)}"
    return clerk.one(streets, skew=0.4), str(clerk.draw.integers(1, 90)), postal, place


def sightings(clerk: Clerk) -> int:
    return int(clerk.draw.choice([1, 2, 3, 4], p=[0.4, 0.35, 0.15, 0.1]))


def german(seed: int, households: int, *, errors: float = 0.12) -> Stranger:
    """Customers in German, no number of any register, dates as 24.12.1960, telephones in three dresses."""
    clerk = Clerk(np.random.default_rng(seed), errors=errors)
    rows, truth = [], []
    people = world(clerk, households, GERMAN)
    for number, person in enumerate(people):
        for _ in range(sightings(clerk)):
            street, house, postal, place = (
                person.home if clerk.chance(0.88) else people[clerk.draw.integers(len(people))].home
            )
            year, month, day = person.born
            phone = clerk.kept(person.phone, missing=0.4)
            rows.append(
                {
                    "Kunden-Nr": f"K{len(rows):06d}",
                    "Vorname": clerk.kept(person.given, missing=0.02),
                    "Nachname": clerk.kept(person.family.upper() if clerk.chance(0.3) else person.family, missing=0.01),
                    "Geburtsdatum": clerk.kept(f"{day:02d}.{month:02d}.{year}", missing=0.2),
                    "Straße": clerk.kept(f"{street} {house}", missing=0.05),
                    "PLZ": clerk.kept(postal, missing=0.03),
                    "Ort": clerk.kept(place, missing=0.03),
                    "Telefon": phone and (f"+49 {phone[1:]}" if clerk.chance(0.3) else phone),
                    "erfasst am": f"{clerk.draw.integers(1, 29):02d}.05.2004",
                }
            )
            truth.append(number)
    return Stranger(rows, truth)


def spanish(seed: int, households: int, *, errors: float = 0.12) -> Stranger:
    """Patients in Spanish: two family names, identity numbers on two of three, one address line."""
    clerk = Clerk(np.random.default_rng(seed), errors=errors)
    rows, truth = [], []
    people = world(clerk, households, SPANISH)
    for number, person in enumerate(people):
        for _ in range(sightings(clerk)):
            street, house, postal, place = (
                person.home if clerk.chance(0.85) else people[clerk.draw.integers(len(people))].home
            )
            year, month, day = person.born
            given = person.given if clerk.chance(0.9) else person.given[0] + "."
            rows.append(
                {
                    "expediente": f"{len(rows):07d}",
                    "nombre": clerk.kept(given, missing=0.01),
                    "primer_apellido": clerk.kept(person.family, missing=0.01),
                    "segundo_apellido": clerk.kept(person.other_family, missing=0.3),
                    "dni": clerk.kept(person.number, missing=0.35),
                    "fecha_nacimiento": clerk.kept(f"{day}/{month}/{year}", missing=0.25),
                    "direccion": clerk.kept(f"Calle {street}, {house}", missing=0.05),
                    "cp": clerk.kept(postal, missing=0.03),
                    "municipio": clerk.kept(place, missing=0.03),
                }
            )
            truth.append(number)
    return Stranger(rows, truth)


def historical(seed: int, people: int, *, errors: float = 0.15) -> Stranger:
    """Persons of a long century, seen for decades at changing addresses: no number, no full date, many records each."""
    clerk = Clerk(np.random.default_rng(seed), errors=errors)
    families = family_names(clerk.draw, 300)
    parishes = family_names(clerk.draw, 150)
    rows, truth = [], []
    for number in range(people):
        given, middle = clerk.one(ENGLISH, skew=0.6), clerk.one(ENGLISH, skew=0.6)
        family, born = clerk.one(families, skew=0.5), int(clerk.draw.integers(1800, 1880))
        parish, trade = clerk.one(parishes, skew=0.4), clerk.one(OCCUPATIONS, skew=0.6)
        residence = clerk.one(parishes, skew=0.4)
        for _ in range(int(clerk.draw.integers(2, 9))):
            if clerk.chance(0.3):
                residence = clerk.one(parishes, skew=0.4)
            if clerk.chance(0.1):
                trade = clerk.one(OCCUPATIONS, skew=0.6)
            name = f"{given} {middle} {family}" if clerk.chance(0.4) else f"{given} {family}"
            name = f"{family}, {given}" if clerk.chance(0.1) else name
            name = f"{given[0]}. {family}" if clerk.chance(0.08) else name
            age = int(clerk.draw.choice([0, -1, 1, 2, -3], p=[0.75, 0.1, 0.1, 0.03, 0.02]))
            rows.append(
                {
                    "full_name": clerk.kept(name, missing=0.0),
                    "birth_year": clerk.kept(str(born + age), missing=0.1) if clerk.chance(0.98) else None,
                    "birth_place": clerk.kept(parish, missing=0.15),
                    "occupation": clerk.kept(trade, missing=0.25),
                    "residence": clerk.kept(residence, missing=0.1),
                }
            )
            truth.append(number)
    return Stranger(rows, truth)


def firms(seed: int, many: int, *, errors: float = 0.1) -> Stranger:
    """Suppliers in German: names shortened and turned around, tax numbers on half of them, one telephone for all."""
    clerk = Clerk(np.random.default_rng(seed), errors=errors)
    families, places = family_names(clerk.draw, 300), family_names(clerk.draw, 50)
    streets = [f"{name}straße" for name in family_names(clerk.draw, 100)]
    rows, truth = [], []
    for number in range(many):
        own, trade, form = (
            clerk.one(families, skew=0.4),
            clerk.one(TRADES, skew=0.5),
            clerk.one(["GmbH", "KG", "AG"]),
        )
        street, house, postal, place = _home(clerk, streets, places)
        tax, phone = "DE" + clerk.digits(9), "0" + clerk.digits(8)
        for _ in range(sightings(clerk)):
            names = (
                f"{own} {trade} {form}",
                f"{trade} {own} {form}",
                f"{own} {trade}",
                f"{own} {form}",
                f"{own.upper()} {trade} {form}",
            )
            rows.append(
                {
                    "Firma": clerk.kept(names[int(clerk.draw.choice(5, p=[0.5, 0.1, 0.2, 0.05, 0.15]))], missing=0.0),
                    "USt-IdNr": clerk.kept(tax, missing=0.5),
                    "Anschrift": clerk.kept(f"{street} {house}", missing=0.08),
                    "PLZ": clerk.kept(postal, missing=0.05),
                    "Ort": clerk.kept(place, missing=0.05),
                    "Tel.": clerk.kept(phone, missing=0.5),
                }
            )
            truth.append(number)
    return Stranger(rows, truth)


def documents(seed: int, people: int) -> Stranger:
    """Nothing but a passport number and a name."""
    clerk = Clerk(np.random.default_rng(seed), errors=0.1)
    families = family_names(clerk.draw, 300)
    rows, truth = [], []
    for number in range(people):
        name, passport = f"{clerk.one(ENGLISH)} {clerk.one(families, skew=0.5)}", "AB" + clerk.digits(7)
        for _ in range(sightings(clerk)):
            rows.append({"passport_no": clerk.kept(passport, missing=0.03), "name": clerk.kept(name, missing=0.03)})
            truth.append(number)
    return Stranger(rows, truth)


MAKERS: dict[str, Callable[..., Stranger]] = {
    "german": german,
    "spanish": spanish,
    "historical": historical,
    "firms": firms,
    "documents": documents,
}


@pytest.fixture(scope="session")
def stranger() -> Callable[..., Stranger]:
    """Make a stranger's table by name, seed and size."""

    def make(name: str, *arguments: int, **settings: float) -> Stranger:
        return MAKERS[name](*arguments, **settings)

    return make


@pytest.fixture(scope="session")
def proposed() -> Callable[[pa.Table], Proposal]:
    """What is proposed for a table, nobody having looked at it."""

    def run(table: pa.Table) -> Proposal:
        names = load_column_names()
        nulls, firm_words = frozenset(Reading().nulls), frozenset(names.firm_words)
        profiles = [
            profile(name, table[name].to_pylist(), nulls=nulls, firm_words=firm_words) for name in table.schema.names
        ]
        return propose(profiles, names=names)

    return run


@pytest.fixture(scope="session")
def model_for(proposed) -> Callable[..., LinkModel]:
    """The proposed model, with settings of one's own."""

    def make(table: pa.Table, **settings: object) -> LinkModel:
        proposal = proposed(table)
        columns = {role: list(columns) for role, columns in proposal.roles.items()}
        kind = {"party_kind": proposal.party_kind, "date_order": proposal.date_order}
        return LinkModel.model_validate({"columns": columns, **kind, **settings})

    return make


@pytest.fixture(scope="session")
def link() -> Callable[..., Linked]:
    """Link a table by a model."""

    def run(table: pa.Table, model: LinkModel, **settings: object) -> Linked:
        count = table.num_rows
        files = settings.pop("files", np.zeros(count, dtype=np.int32))
        keys = settings.pop("keys", [f"{place:06d}" for place in range(count)])
        asked = {"party_kind": model.party_kind, "scope": "within", "seed": 7, **settings}
        return link_rows(Rows(table, keys, files), model=model, tell=lambda message: None, **asked)

    return run


@pytest.fixture(scope="session")
def groups() -> Callable[[Linked], list[int]]:
    """The cluster of each row."""

    def of_rows(linked: Linked) -> list[int]:
        found = np.empty(len(linked.rows), dtype=np.int64)
        found[linked.rows] = linked.group
        return found.tolist()

    return of_rows


@pytest.fixture(scope="session")
def strangers_frame() -> Callable[..., tuple[pa.Table, Stranger]]:
    """FEBRL frames as one table of text, with the truth their record ids tell."""

    def make(*frames) -> tuple[pa.Table, Stranger]:
        rows = [row for frame in frames for row in frame.reset_index().astype("string").to_dict("records")]
        columns = {
            name: pa.array([value if isinstance(value := row[name], str) else None for row in rows], type=pa.string())
            for name in rows[0]
        }
        truth = [int(row["rec_id"].split("-")[1]) for row in rows]
        return pa.table(columns), Stranger([], truth)

    return make
