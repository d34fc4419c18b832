"""Command (下发指令) as a record: what is wanted at a device, who wants it and why, and what came of it."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.guards import SYSTEM_SUBJECT
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.commands.claims import claim
from kandelia.kernel.connections.orders import COMMANDS_CHANGED, Fate
from kandelia.kernel.events import bridge
from kandelia.kernel.lives.declaration import SYSTEM, Case, Life, State, Transition
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.records.models import Entry, Record

OPERATORS = ("operator", "engineer", "administrator")
AWAITING, APPROVED, SENT, UNKNOWN = "awaiting", "approved", "sent", "unknown"


class Command(Record):
    """A command. The signal's names are kept as they were: a command outlives its signal."""

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, primary_key=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    order = models.CharField(max_length=26, unique=True)  # the idempotency id that the edge keeps to
    key = models.CharField(max_length=64, blank=True)  # of the one who asked, so that asking again makes no second
    number = models.PositiveIntegerField()  # the signal's
    signal = models.CharField(max_length=250)
    machine = models.CharField(max_length=200)
    site = models.CharField(max_length=60)
    connection = models.CharField(max_length=60)
    connection_revision = models.PositiveIntegerField(default=0)
    kind = models.PositiveSmallIntegerField(default=int(Kind.FLOAT))
    unit = models.CharField(max_length=40, blank=True)
    tolerance = models.FloatField(default=0.0)
    old = models.CharField(max_length=200, blank=True)
    old_at = models.DateTimeField(null=True, blank=True)
    wanted = models.CharField(max_length=200)
    read_back = models.CharField(max_length=200, blank=True)
    reason = models.TextField(max_length=1_000)
    requested_by = models.CharField(max_length=200, blank=True)
    second_person = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)  # from then on an edge may take it
    published_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True)
    outcome_code = models.CharField(max_length=60, blank=True)
    open = models.BooleanField(default=True)  # until it is over: what the service looks at

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "key"], name="command_key_once", condition=~models.Q(key="")
            )
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="command_open", condition=models.Q(open=True)),
            models.Index(fields=["organisation", "number", "entry"], name="command_of_signal"),
            models.Index(fields=["signal", "entry"], name="command_by_signal"),
        ]

    def __str__(self) -> str:
        return f"{self.signal} {self.wanted}"


def check(row: Any) -> None:
    """Only `requesting` makes one: it has asked all that must be asked."""
    if row._state.adding and not getattr(row, "was_checked", False):
        what = "a command is given at its signal"
        raise InvalidInput(what, "signal", "open the signal and choose Set value, or POST /api/v1/commands")


def not_expired(case: Case) -> None:
    """What has expired can no longer be approved."""
    row: Any = case.record
    if row.expires_at <= timezone.now():
        raise Conflict("it has expired", "expires_at", "give the command anew", "expired")


def approved(case: Case) -> None:
    """The service publishes it."""
    row: Any = case.record
    row.approved_at = case.at
    row.save(update_fields=["approved_at"])
    transaction.on_commit(_tell_service)


def _tell_service() -> None:
    bridge.send(COMMANDS_CHANGED, b"")


def over(case: Case) -> None:
    """Nothing is to be done for it any more."""
    row: Any = case.record
    row.open = False
    row.save(update_fields=["open"])
    Entry.objects.filter(pk=row.entry_id).update(due_at=None)
    row.entry.due_at = None


def withdraw(case: Case) -> None:
    """By a person only while no edge has taken it: the claim on the bus says so, once and for all."""
    row: Any = case.record
    if case.viewer.subject != SYSTEM_SUBJECT and row.approved_at is not None and not claim(row, Fate.WITHDRAWN):
        raise Conflict("the edge has taken it already", "state", "see what comes of it", "taken")
    over(case)


def signal_page(viewer: Any, view: RecordView) -> tuple[tuple[LocalText, str], ...]:
    """Where the value is seen."""
    return ((LocalText("测点的值与趋势", "Value and trend of the signal"), f"/signals/{view.values['number']}"),)


def _end(name: str, zh: str, en: str, look: str) -> State:
    return State(name, LocalText(zh, en), "end", look=look)  # type: ignore[arg-type]


def _told(name: str, zh: str, en: str, sources: str, target: str) -> Transition:
    """A step that the edge's word or the time makes."""
    found: tuple[str, ...] = tuple(sources.split())
    effect = None if target == SENT else over
    return Transition(name, LocalText(zh, en), found, target, (SYSTEM,), effect=effect, expected=False)


LIFE = Life(
    states=(
        State("requested", LocalText("已提出", "Requested"), "start"),
        State(AWAITING, LocalText("待第二人批准", "Awaiting a second person"), look="attention"),
        State(APPROVED, LocalText("待边缘执行", "Waiting for the edge")),
        State(SENT, LocalText("已发送", "Sent"), look="attention"),
        _end("confirmed", "已确认", "Confirmed", "good"),
        _end("differs", "设备值不符", "Device holds another value", "bad"),
        _end("refused", "被拒绝", "Refused", "bad"),
        _end("expired", "已过期，未发送", "Expired, never sent", "muted"),
        _end(UNKNOWN, "结果未知", "Outcome unknown", "bad"),
        _end("withdrawn", "已撤回，未发送", "Withdrawn, never sent", "muted"),
    ),
    transitions=(
        Transition(
            "release",
            LocalText("放行", "Release"),
            ("requested",),
            APPROVED,
            (SYSTEM,),
            effect=approved,
            expected=False,
        ),
        Transition(
            "ask", LocalText("请第二人批准", "Ask a second person"), ("requested",), AWAITING, (SYSTEM,), expected=False
        ),
        Transition(
            "approve",
            LocalText("批准", "Approve"),
            (AWAITING,),
            APPROVED,
            OPERATORS,
            guard=not_expired,
            effect=approved,
            four_eyes=True,
            look="main",
        ),
        Transition(
            "decline",
            LocalText("不批准", "Decline"),
            (AWAITING,),
            "refused",
            OPERATORS,
            effect=over,
            four_eyes=True,
            reason=True,
            look="danger",
        ),
        Transition(
            "withdraw",
            LocalText("撤回", "Withdraw"),
            (AWAITING, APPROVED),
            "withdrawn",
            OPERATORS,
            effect=withdraw,
            expected=False,
            look="danger",
        ),
        _told("take", "边缘取走并发送", "Taken by the edge, sent", APPROVED, SENT),
        _told("confirm", "回读一致", "Read back as wanted", "approved sent unknown", "confirmed"),
        _told("differ", "回读不符", "Read back otherwise", "approved sent unknown", "differs"),
        _told("refuse", "拒绝", "Refused", "approved sent unknown", "refused"),
        _told("expire", "过期", "Expired", "requested awaiting approved", "expired"),
        _told("lose", "结果未知", "Outcome not known", "approved sent", UNKNOWN),
    ),
)

COMMAND = RecordType(
    name="command",
    label=LocalText("下发指令", "Command"),
    plural=LocalText("下发指令", "Commands"),
    model=Command,
    life=LIFE,
    groups=(
        Group(
            LocalText("指令", "Command"),
            (
                Field("signal", LocalText("测点", "Signal"), editable=False, weight=4),
                Field("machine", LocalText("设备", "Machine"), editable=False, weight=2),
                Field("old", LocalText("原值", "Old value"), editable=False),
                Field("wanted", LocalText("目标值", "Wanted value"), editable=False),
                Field("read_back", LocalText("回读值", "Read back"), editable=False),
                Field("unit", LocalText("单位", "Unit"), editable=False),
                Field("reason", LocalText("原因", "Reason"), editable=False, weight=1, lines=3),
                Field("requested_by", LocalText("提出人", "Requested by"), editable=False, weight=1),
                Field("second_person", LocalText("须第二人批准", "Needs a second person"), editable=False),
                Field("expires_at", LocalText("有效至", "Expires"), editable=False),
            ),
        ),
        Group(
            LocalText("结果", "Outcome"),
            (
                Field("outcome", LocalText("说明", "What was said"), editable=False, lines=2),
                Field("outcome_code", LocalText("代码", "Code"), editable=False),
                Field("approved_at", LocalText("批准", "Approved"), editable=False),
                Field("published_at", LocalText("发往边缘", "Given to the bus"), editable=False),
                Field("taken_at", LocalText("边缘取走", "Taken by the edge"), editable=False),
                Field("old_at", LocalText("原值时间", "Old value is of"), editable=False),
                Field("order", LocalText("幂等编号", "Idempotency id"), editable=False),
                Field("number", LocalText("测点编号", "Signal number"), editable=False),
                Field("connection", LocalText("连接", "Connection"), editable=False),
            ),
        ),
    ),
    title=("signal", "wanted", "unit"),
    columns=("signal", "old", "wanted", "read_back", "unit", "requested_by", "expires_at"),
    sorts=("signal",),
    filters=("signal", "number", "machine", "connection", "second_person"),
    create_by=OPERATORS,
    read_by=("viewer", *OPERATORS),
    number="CMD-{year}-{serial:06}",
    icon="send",
    group="plant",
    attachments=False,
    importable=False,
    remove=False,
    check=check,
    links=("kandelia.kernel.commands.records.command.signal_page",),
)
