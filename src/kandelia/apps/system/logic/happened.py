"""What the platform's events are called, and where what they speak of is shown. Pure."""

from urllib.parse import quote, urlencode

from kandelia.base.text import LocalText

TYPES = {
    "kandelia.command": LocalText("设备命令", "Command"),
    "kandelia.connection.lost": LocalText("连接中断", "Connection lost"),
    "kandelia.connection": LocalText("连接", "Connection"),
    "kandelia.job": LocalText("任务", "Job"),
    "kandelia.limit.acknowledged": LocalText("超限已确认", "Limit acknowledged"),
    "kandelia.limit.cleared": LocalText("超限恢复", "Limit cleared"),
    "kandelia.limit.raised": LocalText("超限", "Limit exceeded"),
    "kandelia.process.answers": LocalText("进程恢复应答", "Process answers again"),
    "kandelia.process.ended": LocalText("进程退出", "Process ended"),
    "kandelia.process.silent": LocalText("进程无应答", "Process silent"),
    "kandelia.process.started": LocalText("进程恢复运行", "Process runs again"),
    "kandelia.record": LocalText("记录办理", "Record step"),
    "kandelia.samples.quarantined": LocalText("样本进入隔离区", "Samples set aside"),
    "kandelia.signal": LocalText("测点", "Signal"),
    "kandelia.thing": LocalText("设备与产线", "Things"),
}


def type_name(type: str) -> LocalText | None:
    """The words for a type, or for the family it belongs to; None for one that others made."""
    words = type.split(".")
    known = (TYPES.get(".".join(words[:length])) for length in range(len(words), 1, -1))
    return next((name for name in known if name is not None), None)


def page_of(type: str, subject: str) -> str:
    """The address that shows what an event speaks of; empty where none does."""
    family = ".".join(type.split(".")[:2])
    if not subject:
        return ""
    if family == "kandelia.connection" and "/" not in subject:
        return f"/connections/of/{quote(subject)}"
    if family == "kandelia.record" and subject.count("/") == 1:
        return f"/records/{quote(subject)}"
    if family in ("kandelia.limit", "kandelia.signal"):
        return f"/signals?{urlencode({'search': subject})}"
    return ""
