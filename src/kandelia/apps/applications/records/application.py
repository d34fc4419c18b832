"""Application (资助申报): from the draft through review, audit, notice and decision to payment and evaluation."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from kandelia.apps.applications import store
from kandelia.apps.applications.life import APPLICATION_LIFE, DESK, INSIDE, OFFICES, WITH_EXPERT
from kandelia.apps.applications.logic.overlaps import read_items
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText, Said
from kandelia.sdk.record_types import Field, Group, Print, Record, RecordType, Reference
from kandelia.sdk.records import access
from kandelia.sdk.services import service

SHEETS = "kandelia.apps.applications.sheets"


def _money(**more: Any) -> Any:
    bounds = [MinValueValidator(0)]
    return models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True, validators=bounds, **more)


class Application(Record):
    """`line`, `uscc`, `sector`, `size` and `district` are taken from call and register; amounts are yuan."""

    call = Reference("call")
    applicant = Reference("organisation", null=True, blank=True)
    project = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    asked = models.DecimalField(max_digits=16, decimal_places=2, validators=[MinValueValidator(1)])
    begins_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    contact_name = models.CharField(max_length=60, blank=True)
    contact_phone = models.CharField(max_length=30, blank=True)
    account = models.CharField(max_length=40, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    inputs = models.JSONField(default=dict, blank=True)
    cost_items = models.JSONField(default=dict, blank=True)
    line = models.CharField(max_length=10, blank=True, default="")
    uscc = models.CharField(max_length=18, blank=True)
    sector = models.CharField(max_length=2, blank=True, default="")
    size = models.CharField(max_length=10, blank=True, default="")
    district = models.CharField(max_length=60, blank=True)
    submitted_on = models.DateField(null=True, blank=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    bound = _money()
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    spread = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    spread_alarm = models.BooleanField(default=False)
    findings = models.JSONField(default=dict, blank=True)
    review_opinion = models.TextField(blank=True)
    audited_base = _money()
    audit_opinion = models.TextField(blank=True)
    proposed = _money()
    scaled = _money()
    notice_from = models.DateField(null=True, blank=True)
    notice_to = models.DateField(null=True, blank=True)
    decided = _money()
    decision_number = models.CharField(max_length=60, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    instalment = _money()
    paid = _money()
    paid_on = models.DateField(null=True, blank=True)
    voucher = models.CharField(max_length=60, blank=True)
    recovered = _money()
    evaluation_score = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    evaluation = models.TextField(blank=True)
    evaluated_on = models.DateField(null=True, blank=True)
    invented = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["asked", "entry"], name="application_asked"),
            models.Index(fields=["line", "entry"], name="application_line"),
            models.Index(fields=["call", "entry"], name="application_call"),
            models.Index(fields=["applicant", "line"], name="application_applicant"),
            models.Index(fields=["submitted_on", "line"], name="application_submitted"),
        ]


def narrow(viewer: Any, rows: Any) -> Any:
    """Nobody else sees a draft; who is nothing but an expert sees what was drawn for them."""
    if viewer.subject == "system":
        return rows
    seen = Q(submitted_on__isnull=False)
    if not viewer.duties & OFFICES and viewer.role.value != "administrator":
        sheets = store.rows("score").filter(person_id=viewer.person or 0, entry__state__in=("assigned", "given"))
        seen &= Q(entry_id__in=sheets.values("application_id"))
    return rows.filter(Q(entry__organisation_id=viewer.organisation) | seen)


def derive(row: Any) -> None:
    """What follows from the call and from the applicant's entry in the register, as long as it is not handed in."""
    if row.submitted_on is not None:
        return
    row.line = store.call(row.call_id).line
    if row.applicant_id is None:
        own = service("registers.profile_of")(access.system_viewer(row.entry.organisation_id))
        row.applicant_id = own.id if own else None
    profile = service("registers.profile")(row.applicant_id) if row.applicant_id else None
    if profile is None or profile.account != row.entry.organisation_id:
        mend = Said("请先在企业库登记本单位", "enter your organisation in the register first")
        raise InvalidInput(
            Said("这不是本单位在企业库中的登记", "this is not your organisation's entry in the register"),
            "applicant",
            mend,
            "applicant",
        )
    row.uscc, row.sector, row.size, row.district = profile.uscc, profile.sector, profile.size, profile.district


def check(row: Any) -> None:
    """Costs can be read, days are in order, and a bureau does not apply to itself."""
    read_items(row.cost_items)
    if row.begins_on and row.ends_on and row.ends_on < row.begins_on:
        raise InvalidInput(
            Said("结束日早于开始日", "it ends before it begins"),
            "ends_on",
            Said("请填写更晚的日期", "give a later day"),
            "bad-value",
        )
    for name in ("answers", "inputs"):
        if not isinstance(getattr(row, name), dict):
            raise InvalidInput(
                Said("这不是 JSON 对象", "this is no JSON object"),
                name,
                Said('请按 {"…": …} 填写', 'write {"…": …}'),
                "bad-value",
            )
    if row.entry.organisation_id == row.entry.handler_id:
        raise InvalidInput(
            Said("主管部门不能向自己申报", "a bureau does not apply to itself"),
            "organisation",
            Said("请以企业身份申报", "ask as a firm"),
            "own-interest",
        )
    if store.call(row.call_id).entry.organisation_id != row.entry.handler_id:
        raise InvalidInput(
            Said("这是其他主管部门的通知", "this is another bureau's call"),
            "call",
            Said("请选择本级主管部门的通知", "choose one of your own bureau"),
            "bad-value",
        )


def keep_costs(row: Any) -> None:
    """Rows of cost beside the form."""
    store.keep_costs(row, read_items(row.cost_items))


def _field(name: str, zh: str, en: str, **more: Any) -> Field:
    return Field(name, LocalText(zh, en), **more)


def _made(name: str, zh: str, en: str, **more: Any) -> Field:
    return _field(name, zh, en, editable=False, **more)


PRINTS = (
    Print(
        "notice",
        LocalText("拟资助项目公示", "Notice of the intended award"),
        "notice",
        LocalText(
            "你单位申报的“{project}”（编号 {code}，条目 {line}）经受理、专家评审和专项审计，拟资助 {proposed}。\n"
            "公示期自 {notice_from} 至 {notice_to}。对拟资助项目有异议的，请在公示期内提出。",
            "Your application “{project}” (number {code}, line {line}) has passed acceptance, expert review and "
            "special audit. The intended award is {proposed}.\n"
            "The notice stands from {notice_from} to {notice_to}; whoever objects does so within these days.",
        ),
        states=("publicity", "objection", "noticed"),
    ),
    Print(
        "decision",
        LocalText("资助决定书", "Decision of award"),
        "decision",
        LocalText(
            "决定文号：{decision_number}\n"
            "你单位申报的“{project}”（编号 {code}，条目 {line}）经审核和公示，决定资助 {decided}。\n"
            "依据：计算上限 {bound}，公示金额 {proposed}。决定日期：{decided_on}。\n"
            "请按申报内容使用资金，并接受绩效评价和监督。",
            "Number of the decision: {decision_number}\n"
            "Your application “{project}” (number {code}, line {line}) has been examined and noticed; {decided} are "
            "awarded.\n"
            "Basis: upper bound {bound}, notice {proposed}. Decided on {decided_on}.\n"
            "The money is spent as applied for, and is subject to evaluation and supervision.",
        ),
        states=("decided", "paid", "evaluated", "closed"),
    ),
)
APPLICATION = RecordType(
    name="application",
    label=LocalText("资助申报", "Application"),
    plural=LocalText("资助申报", "Applications"),
    model=Application,
    life=APPLICATION_LIFE,
    groups=(
        Group(
            LocalText("项目", "Project"),
            (
                _field("call", "申报通知", "Call"),
                _field("applicant", "申报单位", "Applicant", required=False),
                _field("project", "项目名称", "Project", weight=4),
                _made("line", "政策条目", "Measure line", weight=2),
                _field("summary", "项目简介", "Summary", lines=6, seen_by=WITH_EXPERT),
                _field("begins_on", "开始日期", "Begins", seen_by=WITH_EXPERT),
                _field("ends_on", "完成日期", "Ends", seen_by=WITH_EXPERT),
                _made("invented", "演示数据", "Demonstration data"),
            ),
        ),
        Group(
            LocalText("申报内容", "What is handed in"),
            (
                _field("asked", "申请金额", "Asked", unit="CNY", seen_by=WITH_EXPERT),
                _field("cost_items", "费用明细", "Cost items", seen_by=WITH_EXPERT, schema=f"{SHEETS}.costs"),
                _field(
                    "inputs", "政策计算数据", "Figures of the measure", seen_by=WITH_EXPERT, schema=f"{SHEETS}.figures"
                ),
                _field("answers", "专项申报表", "Form of the call", seen_by=WITH_EXPERT, schema=f"{SHEETS}.answers"),
                _made("submitted_on", "提交日期", "Handed in", seen_by=WITH_EXPERT),
                _made("snapshot_sha256", "冻结数据摘要", "Hash of the frozen data", seen_by=INSIDE),
            ),
        ),
        Group(
            LocalText("联系与账户", "Contact and account"),
            (
                _field(
                    "contact_name",
                    "联系人",
                    "Contact",
                    personal="name",
                    seen_by=INSIDE,
                    unmasked_for=("applicant", "acceptance"),
                ),
                _field(
                    "contact_phone",
                    "联系电话",
                    "Phone",
                    personal="phone",
                    seen_by=INSIDE,
                    unmasked_for=("applicant", "acceptance"),
                ),
                _field(
                    "account",
                    "收款账号",
                    "Account",
                    personal="account",
                    seen_by=INSIDE,
                    unmasked_for=("applicant", "finance"),
                ),
            ),
        ),
        Group(
            LocalText("评审与审计", "Review and audit"),
            (
                _made("bound", "计算上限", "Upper bound", unit="CNY", seen_by=INSIDE),
                _made("score", "专家平均分", "Mean score", seen_by=DESK),
                _made("spread", "分差", "Spread", seen_by=DESK),
                _made("spread_alarm", "分差预警", "Spread alarm", seen_by=DESK),
                _made("findings", "评审认定", "Findings", seen_by=DESK),
                _made("review_opinion", "评审汇总意见", "Opinion of the panel", seen_by=DESK, lines=4, required=False),
                _made("audited_base", "审计核定基数", "Audited base", unit="CNY", seen_by=INSIDE, required=False),
                _made("audit_opinion", "审计意见", "Opinion of the auditor", seen_by=DESK, lines=4, required=True),
            ),
        ),
        Group(
            LocalText("公示与决定", "Notice and decision"),
            (
                _made("proposed", "拟资助金额", "Proposed", unit="CNY", required=True),
                _made("scaled", "压减后金额", "Scaled", unit="CNY"),
                _made("notice_from", "公示开始", "Notice from"),
                _made("notice_to", "公示截止", "Notice until"),
                _made("decided", "决定金额", "Decided", unit="CNY", required=True),
                _made("decision_number", "决定文号", "Number of the decision", required=True),
                _made("decided_on", "决定日期", "Decided on"),
            ),
        ),
        Group(
            LocalText("拨付与绩效", "Payment and performance"),
            (
                _made("instalment", "本次拨付", "This payment", unit="CNY", required=True, seen_by=INSIDE),
                _made("paid_on", "拨付日期", "Paid on", required=True, seen_by=INSIDE),
                _made("voucher", "凭证号", "Voucher", required=True, seen_by=INSIDE),
                _made("paid", "累计拨付", "Paid", unit="CNY", seen_by=INSIDE),
                _made("recovered", "收回金额", "Recovered", unit="CNY", required=True, seen_by=INSIDE),
                _made("evaluation_score", "绩效评分", "Performance (0–100)", required=True, seen_by=INSIDE),
                _made("evaluation", "绩效评价", "Evaluation", lines=4, required=True, seen_by=INSIDE),
                _made("evaluated_on", "评价日期", "Evaluated on", seen_by=INSIDE),
            ),
        ),
        Group(
            LocalText("单位信息（冻结）", "Organisation, as frozen"),
            (
                _made("uscc", "统一社会信用代码", "Unified social credit code"),
                _made("sector", "行业门类", "Sector"),
                _made("size", "规模", "Size"),
                _made("district", "区", "District"),
            ),
        ),
    ),
    title=("project",),
    columns=("project", "applicant", "line", "asked", "bound", "decided"),
    sorts=("asked", "line"),
    filters=("line", "sector", "size", "call", "asked", "submitted_on", "spread_alarm"),
    amounts=("asked", "bound", "decided", "paid"),
    create_by=("applicant",),
    read_by=WITH_EXPERT,
    handler="root",
    number="ZZ-{year}-{serial:05}",
    icon="hand-coins",
    importable=False,
    retention_days=3_650,
    narrow=narrow,
    derive=derive,
    check=check,
    saved=keep_costs,
    prints=PRINTS,
    page_parts=("kandelia.apps.applications.parts.bound", "kandelia.apps.applications.parts.overlaps"),
    links=("kandelia.apps.applications.parts.links",),
)
