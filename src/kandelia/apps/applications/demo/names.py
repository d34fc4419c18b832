"""Invented firms of the demonstration: marked 演示, with codes in a row that nobody has. Pure."""

import random
from dataclasses import dataclass

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015
PREFIX = "9199990"  # no registration office has the administrative code 999900
DISTRICTS = ("演示东区", "演示西区", "演示南区", "演示北区", "演示中区")
PLACES = ("红树", "海湾", "南岭", "北辰", "东岸", "西丽", "梧桐", "前海", "大鹏", "凤凰")
TRADES = (
    ("精密制造", "C"),
    ("电子科技", "C"),
    ("智能装备", "C"),
    ("新能源装备", "C"),
    ("工业软件", "I"),
    ("云平台", "I"),
    ("网络科技", "I"),
    ("检测技术", "M"),
    ("汽车零部件", "C"),
    ("先进材料", "C"),
)
SIZES = ("large", "medium", "small", "small", "small", "micro")


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm as the register takes it; `account` is the organisation that its people sign in under."""

    account: str
    uscc: str
    name: str
    sector: str
    size: str
    district: str


def firm(n: int, chance: random.Random) -> Firm:
    """The n-th firm; the same for the same seed."""
    trade, sector = chance.choice(TRADES)
    name = f"演示{chance.choice(PLACES)}{trade}有限公司{n + 1:04}"
    return Firm(f"demo-{n + 1:04}", code(n), name, sector, chance.choice(SIZES), chance.choice(DISTRICTS))


def code(n: int) -> str:
    """A unified social credit code that fits its check character."""
    body = f"{PREFIX}0MADE{n:05}"
    total = sum(LETTERS.index(one) * pow(3, place, 31) for place, one in enumerate(body))
    return body + LETTERS[(31 - total % 31) % 31]
