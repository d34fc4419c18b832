"""For load balancers and watchers: does this process answer, and can it read its records?"""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from kandelia.surfaces.web.screens import public


@public
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 and "ok"; an error page otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")
