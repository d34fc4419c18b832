"""Lives that administrative systems share. A type narrows or extends one with Life.but(); it keeps the names.

Register (登记), Apply (申报) and Publish (发布) after the archetypes of the field; Apply follows the eight words of
深工信规〔2019〕8号: 总额控制、自愿申报、专家评审、专项审计、社会公示、政府决策、绩效评价、加强监督.
"""

from kandelia.base.text import LocalText
from kandelia.kernel.lives.declaration import CLOCK, OWNER, Deadline, Duty, Life, State, Transition

APPLICANT = Duty("applicant", LocalText("申报人", "Applicant"), "owner")
ACCEPTANCE = Duty("acceptance", LocalText("受理员", "Acceptance officer"))
EXPERT = Duty("expert", LocalText("专家", "Expert"))
AUDITOR = Duty("auditor", LocalText("专项审计员", "Auditor"))
LEADER = Duty("leader", LocalText("决策领导", "Deciding leader"))
FINANCE = Duty("finance", LocalText("财务", "Finance"))
SUPERVISOR = Duty("supervisor", LocalText("监督员", "Supervisor"))
REGISTRAR = Duty("registrar", LocalText("登记员", "Registrar"))
EDITOR = Duty("editor", LocalText("编辑", "Editor"), "any")
PUBLISHER = Duty("publisher", LocalText("签发人", "Publisher"), "any")
DUTIES = (
    APPLICANT,
    ACCEPTANCE,
    EXPERT,
    AUDITOR,
    LEADER,
    FINANCE,
    SUPERVISOR,
    REGISTRAR,
    EDITOR,
    PUBLISHER,
)


def _state(name: str, zh: str, en: str, kind: str = "open", **more: object) -> State:
    return State(name, LocalText(zh, en), kind, **more)  # type: ignore[arg-type]


def _step(name: str, zh: str, en: str, sources: str, target: str, roles: tuple[str, ...], **more: object) -> Transition:
    return Transition(name, LocalText(zh, en), tuple(sources.split()), target, roles, **more)  # type: ignore[arg-type]


KEPT = Life(
    states=(
        _state(
            "active", "有效", "Active", "start", editable_by=("applicant", "registrar", "engineer", "administrator")
        ),
        _state("retired", "已停用", "Retired", "end", look="muted"),
    ),
    transitions=(
        _step(
            "retire",
            "停用",
            "Retire",
            "active",
            "retired",
            ("applicant", "registrar", "engineer", "administrator"),
            expected=False,
        ),
        _step(
            "restore",
            "恢复",
            "Restore",
            "retired",
            "active",
            ("applicant", "registrar", "engineer", "administrator"),
            expected=False,
        ),
    ),
)

REGISTER = Life(
    states=(
        _state("draft", "草稿", "Draft", "start", editable_by=("applicant", "registrar", "administrator")),
        _state("submitted", "待审核", "Submitted"),
        _state("returned", "已退回", "Returned", editable_by=("applicant", "administrator"), look="attention"),
        _state("active", "有效", "Active", editable_by=("registrar",), look="good", public=True),
        _state("suspended", "已暂停", "Suspended", look="attention"),
        _state("removed", "已注销", "Removed", "end", look="muted"),
    ),
    transitions=(
        _step("submit", "提交", "Submit", "draft returned", "submitted", ("applicant", "registrar"), look="main"),
        _step("return", "退回补正", "Return for correction", "submitted", "returned", ("registrar",), reason=True),
        _step("approve", "审核通过", "Approve", "submitted", "active", ("registrar",), four_eyes=True, look="main"),
        _step(
            "suspend",
            "暂停",
            "Suspend",
            "active",
            "suspended",
            ("registrar",),
            reason=True,
            expected=False,
            look="danger",
        ),
        _step("resume", "恢复", "Resume", "suspended", "active", ("registrar",), expected=False),
        _step(
            "remove",
            "注销",
            "Remove",
            "active suspended submitted returned",
            "removed",
            ("registrar",),
            reason=True,
            expected=False,
            look="danger",
        ),
    ),
)

PUBLISH = Life(
    states=(
        _state("draft", "草稿", "Draft", "start", editable_by=("editor", "administrator")),
        _state("review", "待签发", "In review"),
        _state("published", "已发布", "Published", public=True, look="good"),
        _state("superseded", "已被替代", "Superseded", "end", public=True, look="muted"),
        _state("withdrawn", "已撤回", "Withdrawn", "end", look="muted"),
    ),
    transitions=(
        _step("submit", "送审", "Send for review", "draft", "review", ("editor", "administrator"), look="main"),
        _step("send_back", "退回修改", "Send back", "review", "draft", ("publisher",), reason=True),
        _step("publish", "签发", "Publish", "review", "published", ("publisher",), four_eyes=True, look="main"),
        _step(
            "supersede", "标记被替代", "Mark as superseded", "published", "superseded", ("publisher",), expected=False
        ),
        _step(
            "withdraw",
            "撤回",
            "Withdraw",
            "published",
            "withdrawn",
            ("publisher",),
            reason=True,
            expected=False,
            look="danger",
        ),
    ),
)

APPLY = Life(
    states=(
        _state("draft", "草稿", "Draft", "start", editable_by=("applicant",)),
        _state("submitted", "待受理", "Submitted"),
        _state("returned", "退回补正", "Returned for correction", editable_by=("applicant",), look="attention"),
        _state("accepted", "已受理", "Accepted"),
        _state("expert_review", "专家评审", "Expert review"),
        _state("special_audit", "专项审计", "Special audit"),
        _state("reserved", "已入项目库", "Reserved"),
        _state("publicity", "公示中", "Public notice", public=True),
        _state("objection", "异议处理", "Objection", public=True, look="attention"),
        _state("decided", "已决定", "Decided", look="good"),
        _state("paid", "已拨付", "Paid", look="good"),
        _state("evaluated", "已评价", "Evaluated"),
        _state("closed", "已办结", "Closed", "end", look="muted"),
        _state("withdrawn", "已撤回", "Withdrawn", "end", look="muted"),
        _state("rejected", "不予支持", "Rejected", "end", look="bad"),
        _state("lapsed", "逾期失效", "Lapsed", "end", look="muted"),
        _state("recovered", "已收回", "Recovered", "end", look="bad"),
    ),
    transitions=(
        _step("submit", "提交申报", "Submit", "draft returned", "submitted", ("applicant",), look="main"),
        _step("return", "退回补正", "Return for correction", "submitted", "returned", ("acceptance",), reason=True),
        _step("accept", "受理", "Accept", "submitted", "accepted", ("acceptance",), four_eyes=True, look="main"),
        _step("reject", "不予受理", "Refuse", "submitted", "rejected", ("acceptance",), reason=True, look="danger"),
        _step("draw", "抽取专家", "Draw experts", "accepted", "expert_review", ("acceptance",), look="main"),
        _step(
            "close_review",
            "汇总评审",
            "Close the review",
            "expert_review",
            "special_audit",
            ("acceptance",),
            look="main",
        ),
        _step(
            "report_audit", "提交审计结论", "Report the audit", "special_audit", "reserved", ("auditor",), look="main"
        ),
        _step("publish", "公示", "Publish the notice", "reserved", "publicity", ("acceptance",), look="main"),
        _step("object", "提出异议", "Object", "publicity", "objection", ("supervisor",), reason=True, expected=False),
        _step("dismiss", "异议不成立", "Dismiss the objection", "objection", "publicity", ("supervisor",), reason=True),
        _step("uphold", "异议成立", "Uphold the objection", "objection", "rejected", ("supervisor",), reason=True),
        _step("decide", "决定资助", "Decide", "publicity", "decided", ("leader",), four_eyes=True, look="main"),
        _step(
            "deny",
            "决定不予资助",
            "Deny",
            "publicity",
            "rejected",
            ("leader",),
            four_eyes=True,
            reason=True,
            look="danger",
        ),
        _step("pay", "登记拨付", "Record the payment", "decided", "paid", ("finance",), four_eyes=True, look="main"),
        _step("evaluate", "绩效评价", "Evaluate", "paid", "evaluated", ("supervisor",), look="main"),
        _step("close", "办结", "Close", "evaluated", "closed", ("supervisor",), look="main"),
        _step(
            "recover",
            "收回资金",
            "Recover",
            "paid evaluated",
            "recovered",
            ("finance",),
            reason=True,
            expected=False,
            look="danger",
        ),
        _step(
            "withdraw",
            "撤回申报",
            "Withdraw",
            "draft submitted returned accepted",
            "withdrawn",
            (OWNER,),
            expected=False,
        ),
        _step("lapse", "逾期失效", "Lapse", "returned", "lapsed", (CLOCK,), expected=False),
    ),
    deadlines=(
        Deadline("correction", LocalText("补正期限", "Correction"), 10, ("return",), ("submit",), then="lapse"),
    ),
)
