"""Why history could not store something, and how to mend it, in the reader's words. Pure."""

from kandelia.base.text import LocalText

WORDS: dict[str, tuple[LocalText, LocalText]] = {
    "unknown-signal": (
        LocalText("没有此测点", "no such signal"),
        LocalText("定义该测点，或改正发送方使用的编号", "define the signal, or mend the number that the sender uses"),
    ),
    "foreign-signal": (
        LocalText("测点属于其他组织", "the signal is another organisation's"),
        LocalText("检查发送方所用的令牌与编号", "look at the token and the numbers that the sender uses"),
    ),
    "time-range": (
        LocalText("时间超出可存储范围", "the time is outside what can be stored"),
        LocalText("检查发送方的时间单位", "look at the unit of time that the sender uses"),
    ),
    "future": (
        LocalText("时间超前过多", "the time lies too far ahead"),
        LocalText("校准数据源的时钟", "set the clock of the source"),
    ),
    "wrong-kind": (
        LocalText("值的类型与测点不符", "the value's type is not the signal's"),
        LocalText("修改测点类型，或改正发送方", "change the signal's type, or mend the sender"),
    ),
    "text-length": (
        LocalText("文字过长", "the text is too long"),
        LocalText("发送较短的文字", "send a shorter text"),
    ),
    "not-a-batch": (
        LocalText("消息不是采样批次", "the message is no batch of samples"),
        LocalText("检查向总线发送消息的程序", "look at the program that sends to the bus"),
    ),
    "no-organisation": (
        LocalText("消息未注明组织", "the message names no organisation"),
        LocalText("检查向总线发送消息的程序", "look at the program that sends to the bus"),
    ),
    "store-refused": (
        LocalText("历史库拒绝写入", "the store refused it"),
        LocalText("查看 history 进程的日志", "read the log of the history role"),
    ),
}


def reason_text(word: str) -> tuple[LocalText, LocalText]:
    """(what, how to mend); the word itself where it is not known, so that nothing is hidden."""
    return WORDS.get(word, (LocalText(word, word), LocalText("", "")))
