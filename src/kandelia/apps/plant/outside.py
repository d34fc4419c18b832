"""What the app of limits shows on the plant's pages, where it is installed."""

from django.http import HttpRequest
from django.utils.safestring import SafeString

from kandelia.sdk.services import has_service, service
from kandelia.sdk.views import Viewer


def limits_part(request: HttpRequest, viewer: Viewer, machine: str = "") -> str:
    """The gravest broken limits of the plant, or of a machine, as HTML; empty without that app."""
    if not has_service("limits.part"):
        return ""
    return SafeString(service("limits.part")(request, viewer, machine))  # a template of ours, escaped there
