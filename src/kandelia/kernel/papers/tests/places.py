"""A bureau over two firms, and who works there."""

from typing import Any

from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import RecordView

FIRM = Viewer("firm", "person:1", "Wang", Role.OPERATOR)
OTHER = Viewer("other", "person:2", "Li", Role.ADMINISTRATOR)
DESK = Viewer("bureau", "person:3", "Zhao", Role.VIEWER, duties=frozenset({"registrar"}))
READER = Viewer("bureau", "person:4", "Qian", Role.VIEWER)


def make_places() -> None:
    bureau = Organisation.objects.create(id="bureau", name_zh="示范局")
    for id in ("firm", "other"):
        Organisation.objects.create(id=id, name_zh=f"{id}公司", parent=bureau)


def laboratory(number: str = "L-1", viewer: Viewer = FIRM, **more: Any) -> RecordView:
    values = {"number": number, "name": f"第 {number} 实验室", "kind": "metal", **more}
    return facade.create(viewer, "laboratory", values)
