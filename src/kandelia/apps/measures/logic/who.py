"""Who a line is for, read from eligibility.yaml: groups of facts of a profile, with three answers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kandelia.apps.measures.logic.nodes import Reader
from kandelia.apps.measures.logic.reading import WrongParameters
from kandelia.base.text import LocalText
from kandelia.sdk.documents import Mistakes, TooManyMistakes, compose

if TYPE_CHECKING:
    from kandelia.apps.measures.logic.eligibility import Profile

FILE = "eligibility.yaml"
FACTS = ("kind", "sector", "size", "local", "role")
TITLES = {
    "kind": LocalText("单位类型", "kind of organisation"),
    "sector": LocalText("行业门类", "sector"),
    "size": LocalText("规模", "size"),
    "local": LocalText("是否在本市登记", "whether it is registered in the city"),
    "role": LocalText("在产业中的角色", "its role in the industry"),
}
Group = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """For whom a line is; no groups: for anybody. A register proves `standing`, which states the fact `proves`."""

    who: tuple[Group, ...]
    text: LocalText
    standing: str = ""
    proves: str = ""

    def fits(self, profile: "Profile") -> tuple[bool | None, LocalText]:
        """Yes, no or unknown; and why not, or what is missing."""
        if not self.who:
            return True, LocalText()
        answers = [_group(group, profile) for group in self.who]
        if any(answer is True for answer, _ in answers):
            return True, LocalText()
        open_facts = dict.fromkeys(name for answer, names in answers if answer is None for name in names)
        if open_facts:
            zh, en = ("、".join(TITLES[n].zh for n in open_facts), ", ".join(TITLES[n].en for n in open_facts))
            return None, LocalText(f"需要：{zh}", f"needed: {en}")
        return False, LocalText(f"面向：{self.text.zh}", f"It is for: {self.text.en}")


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, and the words of roles, standings and code lists."""

    lines: Mapping[str, Rule]
    roles: Mapping[str, LocalText]
    standings: Mapping[str, LocalText]
    codes: Mapping[str, LocalText]


def _group(group: Group, profile: "Profile") -> tuple[bool | None, tuple[str, ...]]:
    """All facts of a group: no beats unknown beats yes."""
    found = {name: _fact(name, wanted, profile) for name, wanted in group.items()}
    if any(answer is False for answer in found.values()):
        return False, ()
    unknown = tuple(name for name, answer in found.items() if answer is None)
    return (None, unknown) if unknown else (True, ())


def _fact(name: str, wanted: tuple[str, ...], profile: "Profile") -> bool | None:
    if name == "role":
        return None if profile.roles is None else bool(profile.roles & set(wanted))
    if name == "local":
        return None if profile.local is None else ("yes" if profile.local else "no") in wanted
    value = getattr(profile, name)
    return None if not value else value in wanted


def read_rules(text: str, texts: Mapping[str, LocalText]) -> Rules:
    """The rules of the file; `texts` says who each line is for. WrongParameters names each mistake with its line."""
    reader = Reader(Mistakes(FILE))
    try:
        made = _rules(reader, compose(text, reader.mistakes), texts)
    except TooManyMistakes:
        made = None
    if reader.mistakes.found or made is None:
        raise WrongParameters(reader.mistakes.texts)
    return made


def _rules(reader: Reader, root: Any, texts: Mapping[str, LocalText]) -> Rules | None:
    keys = ("codes", "roles", "standings", "lines")
    found = reader.mapping(root, "the file", keys, keys) if root else None
    if found is None:
        return None
    words = {key: dict(_words(reader, found.values[key], key)) for key in keys[:3]}
    lines = {}
    for name, node in reader.named(found.values["lines"], "lines"):
        if name not in texts:
            reader.mistakes.add(node, f'there is no line "{name}"', "name one of the set")
        else:
            lines[name] = _rule(reader, node, texts[name], words)
    for name in sorted(set(texts) - set(lines)):
        reader.mistakes.add(found.values["lines"], f'the line "{name}" is missing', "say who it is for")
    return Rules(lines, words["roles"], words["standings"], words["codes"])


def _words(reader: Reader, node: Any, what: str) -> Any:
    return ((name, reader.local(value, f'"{name}"')) for name, value in reader.named(node, what))


def _rule(reader: Reader, node: Any, text: LocalText, words: Mapping[str, Mapping[str, LocalText]]) -> Rule:
    found = reader.mapping(node, "a line", ("who", "standing", "proves"), ("who",))
    groups = []
    for one in reader.nodes(found.values["who"], "who") if found else ():
        group = {}
        for name, values in reader.named(one, "a group"):
            wanted = reader.texts(values, name)
            if name not in FACTS:
                reader.mistakes.add(values, f'"{name}" is no fact of a profile', f"write one of {', '.join(FACTS)}")
            if name == "role" and (wrong := set(wanted) - set(words["roles"])):
                reader.mistakes.add(values, f'there is no role "{min(wrong)}"', "name one of the roles above")
            group[name] = wanted
        groups.append(group)
    standing, proves = (reader.text(found.values.get(key), key) if found else "" for key in ("standing", "proves"))
    if standing and standing not in words["standings"]:
        reader.mistakes.add(node, f'there is no standing "{standing}"', "name one of the standings above")
    if bool(standing) != bool(proves):
        reader.mistakes.add(node, "a standing and what it proves go together", "name both or neither")
    return Rule(tuple(groups), text, standing, proves)
