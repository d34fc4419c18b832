"""Every operator of an expression: how it is written, what it takes, gives and means; docs/reference is made of it."""

from dataclasses import dataclass

from kandelia.base.text import LocalText


@dataclass(frozen=True, slots=True)
class Operator:
    """`takes` and `gives` are words of the type check; `least` and `most` count the arguments without the window."""

    name: str
    form: str
    takes: str
    gives: str
    words: LocalText
    least: int = 2
    most: int = 2
    windowed: bool = False


def _one(name: str, form: str, takes: str, gives: str, zh: str, en: str, least: int = 2, most: int = 2) -> Operator:
    return Operator(name, form, takes, gives, LocalText(zh, en), least, most)


def _window(name: str, takes: str, gives: str, zh: str, en: str) -> Operator:
    return Operator(name, f"{name}(x, 5m)", takes, gives, LocalText(zh, en), 1, 1, windowed=True)


ARGUMENTS_MAX = 20
_ALL = (
    _one("+", "x + y", "numbers", "the wider number", "加", "sum"),
    _one("-", "x - y", "numbers", "the wider number", "减", "difference"),
    _one("*", "x * y", "numbers", "the wider number", "乘", "product"),
    _one("/", "x / y", "numbers", "float", "除；除数为零时无值", "quotient; by zero there is no value"),
    _one("^", "x ^ y", "numbers", "float", "乘方", "power"),
    _one("neg", "-x", "numbers", "same", "取负", "the negative", 1, 1),
    _one("==", "x == y", "alike", "boolean", "等于；枚举可与其标签比较", "equal; an enumeration also with its label"),
    _one("!=", "x != y", "alike", "boolean", "不等于", "not equal"),
    _one("<", "x < y", "numbers", "boolean", "小于", "less"),
    _one("<=", "x <= y", "numbers", "boolean", "小于或等于", "less or equal"),
    _one(">", "x > y", "numbers", "boolean", "大于", "greater"),
    _one(">=", "x >= y", "numbers", "boolean", "大于或等于", "greater or equal"),
    _one("and", "x and y", "booleans", "boolean", "两者皆真", "both are true"),
    _one("or", "x or y", "booleans", "boolean", "至少一真", "one at least is true"),
    _one("not", "not x", "booleans", "boolean", "取反", "is not true", 1, 1),
    _one(
        "if",
        "if(c, x, y)",
        "a boolean and two alike",
        "same",
        "c 为真取 x，否则取 y",
        "x where c is true, else y",
        3,
        3,
    ),
    _one("min", "min(x, y, …)", "numbers", "the wider number", "最小者", "the least", 2, ARGUMENTS_MAX),
    _one("max", "max(x, y, …)", "numbers", "the wider number", "最大者", "the greatest", 2, ARGUMENTS_MAX),
    _one("abs", "abs(x)", "numbers", "same", "绝对值", "without its sign", 1, 1),
    _one(
        "round",
        "round(x, 2)",
        "numbers",
        "float",
        "四舍六入五成双到若干位小数",
        "to so many decimals, half to even",
        1,
        2,
    ),
    _one(
        "clamp", "clamp(x, low, high)", "numbers", "the wider number", "限制在两界之间", "held between two bounds", 3, 3
    ),
    _one(
        "to", 'to(x, "kW")', "a number with a unit", "float", "换算为另一单位（UCUM）", "in another unit (UCUM)", 2, 2
    ),
    _window("avg", "numbers or booleans", "float", "窗口内样本的平均", "mean of the samples"),
    _window("min", "numbers", "same", "窗口内最小值", "least of the samples"),
    _window("max", "numbers", "same", "窗口内最大值", "greatest of the samples"),
    _window("sum", "numbers", "float", "窗口内样本之和", "sum of the samples"),
    _window("count", "anything", "integer", "窗口内可用样本数", "how many usable samples"),
    _window("first", "anything", "same", "窗口内第一个样本", "the first sample"),
    _window("last", "anything", "same", "窗口内最后一个样本", "the last sample"),
    _window(
        "delta",
        "numbers",
        "the wider number",
        "窗口末值减窗口前值（计数器的增量）",
        "last value less the one before the window (what a counter grew)",
    ),
    _window("rate", "numbers", "float", "delta 除以窗口秒数", "delta by the seconds of the window"),
    _window(
        "stddev", "numbers", "float", "样本标准差（总体）", "standard deviation of the samples (of the population)"
    ),
    _window(
        "time_weighted",
        "numbers or booleans",
        "float",
        "按持续时间加权的平均（阶梯插值）",
        "mean weighted by how long each value stood (steps)",
    ),
    _window("duration", "a boolean", "float", "窗口内为真的秒数", "seconds for which it was true"),
)
STATELESS = {one.name: one for one in _ALL if not one.windowed}
WINDOWED = {one.name: one for one in _ALL if one.windowed}
OPERATORS = _ALL
WINDOW = "window:"  # how a windowed operator is marked in a tree
