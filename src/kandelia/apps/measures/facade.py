"""What other rooms, the command line, the API and the pages ask of the measures: list, schema, compute, compare.

The texts are public, so no viewer is asked for. Everything is a function of its arguments and the parameter set.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from kandelia.apps.measures.contracts import Result
from kandelia.apps.measures.logic import engine, listing
from kandelia.apps.measures.logic.declarations import Line, Measures
from kandelia.apps.measures.logic.drafts import Case, CaseDifference, differences, read_draft
from kandelia.apps.measures.logic.eligibility import Offer, Profile, read_profile
from kandelia.apps.measures.logic.eligibility import offers as offers_of
from kandelia.apps.measures.logic.schema import schema as schema_of
from kandelia.apps.measures.logic.table import COMMITMENTS_HEAD, HEAD, commitments_table, markdown
from kandelia.apps.measures.logic.table import table as rows_of
from kandelia.apps.measures.logic.who import Rules
from kandelia.apps.measures.store import current
from kandelia.apps.measures.store import rules as rules_in_use


def measures() -> Measures:
    """The parameter set in use."""
    return current()


def line(name: str) -> Line:
    """A funding line, such as M5; NotFound names those there are."""
    return engine.line_of(current(), name)


def compute(name: str, given: Any, as_of: date) -> Result:
    """The upper bound of a line for an input that fits its schema, as of a day; InvalidInput names the field."""
    return engine.compute(current(), name, given, as_of)


def schema(name: str, language: str = "en") -> dict[str, Any]:
    """The JSON Schema of a line's input."""
    return schema_of(current(), line(name), language)


def documents() -> dict[str, Any]:
    """Every line, commitment, open point and overlap, as programs get them."""
    return listing.documents(current())


def table() -> str:
    """The Markdown tables of all lines, and of the measures without an amount."""
    lines = markdown(HEAD, rows_of(current()))
    return f"{lines}\n{markdown(COMMITMENTS_HEAD, commitments_table(current()))}"


def compare(draft: str, file: str, cases: Iterable[Case]) -> list[CaseDifference]:
    """Cases under the set in use and under a draft (text of its file); WrongParameters for a draft with mistakes."""
    return differences(current(), read_draft(current(), draft, file), cases)


CODES: dict[str, tuple[str, ...]] = {
    "kind": ("enterprise", "institution", "association", "agency"),
    "sector": tuple("ABCDEFGHIJKLMNOPQRST"),
    "size": ("large", "medium", "small", "micro"),
}


def rules() -> Rules:
    """Who each line is for."""
    return rules_in_use()


def offers(profile: Profile, stated: Mapping[str, Mapping[str, Any]], as_of: date) -> tuple[Offer, ...]:
    """Every line for a firm, the best chances first."""
    return offers_of(current(), rules_in_use(), profile, stated, as_of)


def profile_from(given: Mapping[str, Any]) -> Profile:
    """A profile as programs send it; InvalidInput names what is wrong."""
    return read_profile(given, rules_in_use(), CODES)
