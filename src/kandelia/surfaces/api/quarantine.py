"""What history could not store: listed, and shown with its rows."""

from dataclasses import asdict
from typing import Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Router

from kandelia.base.pages import PAGE_ROWS
from kandelia.kernel.signals import quarantined
from kandelia.surfaces.api import schemas
from kandelia.surfaces.api.answering import viewer_of

PARQUET = "application/vnd.apache.parquet"
router = Router(tags=["quarantine"])
ANSWERS: Any = {200: None}


@router.get("", response=dict[str, Any])
def list_quarantine(
    request: HttpRequest, after: schemas.Cursor = "", limit: schemas.Limit = PAGE_ROWS
) -> dict[str, Any]:
    """Documents behind a cursor, oldest first: when, from which stream, why, how many rows. Needs `configure`."""
    page = quarantined.list_quarantine(viewer_of(request), after=after, limit=limit)
    return {"items": [asdict(document) for document in page.items], "next": page.next}


@router.get("/{number}", response=ANSWERS)
def show(request: HttpRequest, number: int, format: Literal["json", "parquet"] = "json") -> HttpResponseBase:
    """One document with its rows; as Parquet exactly as they came, so that they can be mended and loaded again."""
    document, table = quarantined.quarantined(viewer_of(request), number)
    if format == "parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        answer = HttpResponse(sink.getvalue().to_pybytes(), content_type=PARQUET)
        answer["Content-Disposition"] = f'attachment; filename="quarantine-{number}.parquet"'
        return answer
    content = orjson.dumps({**asdict(document), "samples": list(quarantined.plain_rows(table))})
    return HttpResponse(content, content_type="application/json")
