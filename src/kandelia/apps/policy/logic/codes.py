"""Closed lists of the policy library."""

from kandelia.base.text import LocalText

LEVELS = (
    ("state", LocalText("国家", "State")),
    ("province", LocalText("省", "Province")),
    ("city", LocalText("市", "City")),
    ("district", LocalText("区", "District")),
)
DOCUMENT_KINDS = (
    ("plan", LocalText("行动计划", "Action plan")),
    ("measures", LocalText("若干措施", "Measures")),
    ("rules", LocalText("管理办法", "Rules")),
    ("procedure", LocalText("操作规程", "Procedure")),
    ("guide", LocalText("申报指南", "Guide")),
    ("other", LocalText("其他", "Other")),
)
ITEM_KINDS = (
    ("funding", LocalText("奖补类", "Money")),
    ("relief", LocalText("减免类", "Relief")),
    ("right", LocalText("权益类", "Benefit")),
    ("standing", LocalText("资质类", "Standing")),
    ("target", LocalText("目标", "Target")),
    ("task", LocalText("任务", "Task")),
)  # the first four after 川办函〔2024〕17号
