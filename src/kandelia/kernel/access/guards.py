"""The one question every facade asks first."""

from kandelia.base.errors import NotAllowed
from kandelia.kernel.access.contracts import RIGHTS, Right, Role, Viewer

SYSTEM_SUBJECT = "system"


def require(viewer: Viewer, right: Right) -> None:
    """NotAllowed unless the viewer's role holds the right."""
    if not viewer.may(right):
        holders = ", ".join(role.value for role in Role if right in RIGHTS[role])
        raise NotAllowed(
            f"the role {viewer.role.value} may not {right.value}",
            viewer.organisation,
            f"ask an administrator for one of these roles: {holders}",
            "not-allowed",
        )


def system_viewer(organisation: str) -> Viewer:
    """The platform itself, at work for an organisation (jobs, CLI, imports)."""
    return Viewer(organisation, SYSTEM_SUBJECT, SYSTEM_SUBJECT, Role.ADMINISTRATOR)
