"""Promise: every mistake of a policy file is told with its line and how to mend it."""

import pytest

from kandelia.apps.policy.logic.reading import read
from kandelia.base.errors import InvalidInput

GOOD = """document: {key: a, title: 甲, kind: rules, level: city}
clauses:
  - label: "1"
    items:
      - {key: x, title: 乙, kind: funding, parameters: [{name: cap, value: 1000, unit: CNY}]}
"""


def test_a_good_file_is_read() -> None:
    document = read(GOOD, "good.yaml")
    assert document.key == "a" and document.clauses[0].items[0].parameters[0].clause == "1"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("kind: rules", "knid: rules", 1, 'write "kind"'),
        ("title: 甲, ", "", 1, 'lacks "title"'),
        ("kind: funding", "kind: money", 5, "no such kind"),
        ("value: 1000", "value: much", 5, "no number"),
        ("level: city", "level: city, valid_from: soon", 1, "no day"),
        ('label: "1"', f'label: "1"\n    quote: {"长" * 301}', 4, "quotation is long"),
        ("clauses:", "clauses: 5\nlines: [", 2, "not YAML"),
    ],
)
def test_a_mistake_names_its_line(old: str, new: str, line: int, words: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read(GOOD.replace(old, new, 1), "bad.yaml")
    assert words in raised.value.what and "of bad.yaml" in raised.value.what
