"""What deputies are told, in both languages."""

from kandelia.base.text import LocalText
from kandelia.kernel.notices.kinds import Kind

DELEGATED, RETURNED = "delegated", "returned"
KINDS = (
    Kind(
        DELEGATED,
        LocalText("我代行职责", "I stand in"),
        LocalText("{first} 至 {last}，您代行{by}的职责", "You stand in for {by} from {first} to {last}"),
    ),
    Kind(
        RETURNED,
        LocalText("代行结束", "Standing in ended"),
        LocalText("您不再代行{by}的职责", "You no longer stand in for {by}"),
        mailed=False,
    ),
)
