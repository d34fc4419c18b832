"""The one question every facade asks first."""

from kandelia.base.errors import NotAllowed
from kandelia.kernel.access.contracts import RIGHTS, Reach, Right, Role, Viewer

SYSTEM_SUBJECT = "system"


def require(viewer: Viewer, right: Right) -> None:
    """NotAllowed unless the right holds everywhere: whatever knows no places keeps out who holds it only at some."""
    if not viewer.may(right):
        raise _refusal(viewer, right, "here" if viewer.may_somewhere(right) else "")


def require_at(viewer: Viewer, right: Right, path: str, line: str = "") -> None:
    """NotAllowed unless the right holds at a thing (a path; `line` is the key of the line that a machine stands on)."""
    if not viewer.may_at(right, path, line):
        raise _refusal(viewer, right, f'at "{path[:200]}"')


def reach_of(viewer: Viewer, right: Right) -> Reach | None:
    """Where the right holds (None: everywhere); NotAllowed where it holds nowhere."""
    reach = viewer.reach(right)
    if reach is not None and not reach:
        raise _refusal(viewer, right, "")
    return reach


def _refusal(viewer: Viewer, right: Right, where: str) -> NotAllowed:
    holders = ", ".join(role.value for role in Role if right in RIGHTS[role])
    return NotAllowed(
        f"the role {viewer.role.value} may not {right.value}{' ' * bool(where)}{where}",
        viewer.organisation,
        f"ask an administrator for one of these roles: {holders}",
        "not-allowed",
    )


def system_viewer(organisation: str) -> Viewer:
    """The platform itself, at work for an organisation (jobs, CLI, imports)."""
    return Viewer(organisation, SYSTEM_SUBJECT, SYSTEM_SUBJECT, Role.ADMINISTRATOR)
