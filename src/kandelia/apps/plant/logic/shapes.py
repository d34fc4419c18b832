"""What a machine's state word means to the eye: the shape of its mark. Names follow the web frame's state marks.

A state signal is an enumeration whose labels the plant chooses; the words below are those of OMAC PackML states
(ISA-TR88.00.02) and of common machine interfaces, in English and Chinese.
"""

from collections.abc import Mapping

from kandelia.base.text import LocalText

RUNNING, IDLE, WARNING, ALARM, STOPPED, UNCERTAIN = "running", "idle", "warning", "alarm", "stopped", "uncertain"
# Looked through in this order: transitions before running, so that "starting" and "换型" are not taken for "on", "开".
WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (ALARM, ("fault", "alarm", "error", "abort", "emergency", "trip", "fail", "故障", "报警", "急停", "异常", "跳闸")),
    (WARNING, ("warn", "jam", "blocked", "starved", "hold", "held", "suspend", "警告", "堵", "缺料", "卡料", "保持")),
    (UNCERTAIN, ("start", "setup", "set-up", "warm", "heat", "clean", "maint", "manual", "reset", "change")),
    (UNCERTAIN, ("启动", "调试", "换型", "预热", "升温", "清洁", "维护", "维修", "保养", "手动", "复位")),
    (STOPPED, ("stop", "off", "shut", "停", "关", "离线")),
    (IDLE, ("idle", "ready", "standby", "wait", "complete", "unload", "空闲", "待机", "就绪", "等待", "空载", "完成")),
    (RUNNING, ("run", "execut", "produc", "load", "work", "auto", "on", "运行", "生产", "加载", "工作", "自动", "开")),
)


def shape(label: LocalText) -> str:
    """The shape for one label; `uncertain` where no word is known, so that nothing looks well by mistake."""
    text = label.en.lower()
    for name, words in WORDS:
        if any(_says(text, label.zh, word) for word in words):
            return name
    return UNCERTAIN


def _says(en: str, zh: str, word: str) -> bool:
    if not word.isascii():
        return word in zh
    return en == word if len(word) <= 3 else any(part.startswith(word) for part in (en, *en.split()))


def shapes(labels: Mapping[int, LocalText]) -> dict[int, str]:
    """Code → shape for an enumeration; the two codes of a boolean state are stopped and running."""
    if not labels:
        return {0: STOPPED, 1: RUNNING}
    return {code: shape(label) for code, label in labels.items()}
