"""The life of an application: Apply, with the audit before the reserve and a notice that the clock ends."""

from kandelia.apps.applications import applying, awarding, reviewing
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import APPLY, CLOCK, SYSTEM, Deadline, State, Transition

DESK = ("acceptance", "auditor", "leader", "finance", "supervisor")
OFFICES = frozenset(DESK)
INSIDE = ("applicant", "administrator", *DESK)
WITH_EXPERT = (*INSIDE, "expert")
USUAL = LocalText(
    "平台默认期限；申报通知或当地规程另有规定的从其规定", "the platform's default; the rules of the call come first"
)
WITHIN_60 = LocalText(
    "原则上不超过60个工作日（参照川办函〔2024〕17号“快申快享”）；当地规程另有规定的从其规定",
    "in principle within 60 working days (after 川办函〔2024〕17号); local rules come first",
)


def _step(name: str, zh: str, en: str, sources: str, target: str, roles: tuple[str, ...], **more: object) -> Transition:
    return Transition(name, LocalText(zh, en), tuple(sources.split()), target, roles, **more)  # type: ignore[arg-type]


STATES = (
    State("audited", LocalText("已审计", "Audited"), owner_label=LocalText("审核中", "Under review")),
    State("expert_review", LocalText("专家评审", "Expert review"), owner_label=LocalText("审核中", "Under review")),
    State("noticed", LocalText("公示期满", "Notice over"), public=True),
)
HANDING_IN = (
    _step(
        "submit",
        "提交申报",
        "Submit",
        "draft",
        "submitted",
        ("applicant",),
        guard=applying.may_submit,
        effect=applying.freeze,
        look="main",
    ),
    _step(
        "resubmit",
        "补正后提交",
        "Submit again",
        "returned",
        "submitted",
        ("applicant",),
        guard=applying.is_complete,
        effect=applying.freeze,
        look="main",
    ),
    _step(
        "accept",
        "受理",
        "Accept",
        "submitted",
        "accepted",
        ("acceptance",),
        guard=awarding.is_impartial,
        four_eyes=True,
        look="main",
    ),
    _step(
        "withdraw",
        "撤回申报",
        "Withdraw",
        "draft submitted returned accepted",
        "withdrawn",
        ("applicant",),
        expected=False,
    ),
)
REVIEWING = (
    _step(
        "draw",
        "抽取专家",
        "Draw experts",
        "accepted",
        "expert_review",
        ("acceptance",),
        guard=reviewing.enough_candidates,
        effect=reviewing.draw_experts,
        look="main",
    ),
    _step(
        "close_review",
        "汇总评审",
        "Close the review",
        "expert_review",
        "special_audit",
        ("acceptance",),
        guard=reviewing.all_scored,
        effect=reviewing.bring_together,
        asks=("review_opinion",),
        look="main",
    ),
    _step(
        "report_audit",
        "提交审计结论",
        "Report the audit",
        "special_audit",
        "audited",
        ("auditor",),
        guard=awarding.is_impartial,
        effect=applying.take_audited,
        asks=("audited_base", "audit_opinion"),
        four_eyes=True,
        look="main",
    ),
)
AWARDING = (
    _step(
        "reserve",
        "纳入项目库",
        "Reserve",
        "audited",
        "reserved",
        ("acceptance",),
        guard=awarding.within_bound,
        asks=("proposed",),
        look="main",
    ),
    _step(
        "publish",
        "公示",
        "Publish the notice",
        "reserved",
        "publicity",
        ("acceptance",),
        guard=awarding.is_scaled,
        effect=awarding.open_notice,
        look="main",
    ),
    _step("object", "提出异议", "Object", "publicity", "objection", (SYSTEM,), expected=False),
    _step(
        "dismiss",
        "异议不成立",
        "Dismiss the objection",
        "objection",
        "publicity",
        (SYSTEM,),
        effect=awarding.extend_notice,
        expected=False,
    ),
    _step("uphold", "异议成立", "Uphold the objection", "objection", "rejected", (SYSTEM,), expected=False),
    _step("end_notice", "公示期满", "The notice is over", "publicity", "noticed", (CLOCK,), expected=False),
    _step(
        "decide",
        "决定资助",
        "Decide",
        "noticed",
        "decided",
        ("leader",),
        guard=awarding.may_decide,
        effect=awarding.note_decided,
        asks=("decided", "decision_number"),
        four_eyes=True,
        look="main",
    ),
    _step(
        "deny",
        "决定不予资助",
        "Deny",
        "audited reserved noticed",
        "rejected",
        ("leader",),
        guard=awarding.is_impartial,
        four_eyes=True,
        reason=True,
        expected=False,
        look="danger",
    ),
)
AFTERWARDS = (
    _step(
        "pay",
        "登记拨付",
        "Record the payment",
        "decided paid",
        "paid",
        ("finance",),
        guard=awarding.may_pay,
        effect=awarding.note_paid,
        asks=("instalment", "paid_on", "voucher"),
        look="main",
    ),
    _step(
        "evaluate",
        "绩效评价",
        "Evaluate",
        "paid",
        "evaluated",
        ("supervisor",),
        guard=awarding.is_impartial,
        effect=awarding.note_evaluated,
        asks=("evaluation_score", "evaluation"),
        four_eyes=True,
        look="main",
    ),
    _step(
        "recover",
        "收回资金",
        "Recover",
        "paid evaluated",
        "recovered",
        ("finance",),
        guard=awarding.may_recover,
        effect=awarding.note_recovered,
        asks=("recovered",),
        four_eyes=True,
        reason=True,
        expected=False,
        look="danger",
    ),
)
DEADLINES = (
    Deadline(
        "acceptance",
        LocalText("受理期限", "Acceptance"),
        5,
        ("submit", "resubmit"),
        ("return", "accept", "reject"),
        basis=USUAL,
    ),
    Deadline(
        "correction", LocalText("补正期限", "Correction"), 10, ("return",), ("resubmit",), then="lapse", basis=USUAL
    ),
    Deadline(
        "handling",
        LocalText("办理期限", "Handling"),
        60,
        ("submit",),
        ("decide", "deny"),
        suspended_in=("returned", "publicity", "objection"),
        basis=WITHIN_60,
    ),
    Deadline(
        awarding.NOTICE,
        LocalText("公示期", "Public notice"),
        5,
        ("publish",),
        suspended_in=("objection",),
        then="end_notice",
        basis=LocalText("申报通知所定公示工作日", "the working days of notice that the call states"),
    ),
)
APPLICATION_LIFE = APPLY.but(
    states=STATES, transitions=HANDING_IN + REVIEWING + AWARDING + AFTERWARDS, deadlines=DEADLINES
)
