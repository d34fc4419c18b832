"""The figures of a measure line as inputs of a form: from the engine's JSON Schema to plain fields. Pure."""

from collections.abc import Mapping
from typing import Any

ROWS_MAX = 100
DECIMAL = {"type": "string", "format": "decimal", "minimum": 0}
COSTS = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "title": {"zh": "费用项目", "en": "Cost items"},
            "description": {
                "zh": "同一发票或合同在别处申报时会提示重复",
                "en": "The same invoice or contract stated elsewhere is told as a warning",
            },
            "maxItems": ROWS_MAX,
            "items": {
                "type": "object",
                "required": ["name", "amount"],
                "properties": {
                    "name": {"type": "string", "maxLength": 200, "title": {"zh": "用途", "en": "What for"}},
                    "amount": {**DECIMAL, "title": {"zh": "金额（元）", "en": "Amount (yuan)"}},
                    "document": {
                        "type": "string",
                        "maxLength": 100,
                        "title": {"zh": "发票或合同号", "en": "Invoice or contract"},
                    },
                },
            },
        }
    },
}
RECEIPTS = {
    "type": "array",
    "maxItems": ROWS_MAX,
    "items": {
        "type": "object",
        "required": ["date", "amount"],
        "properties": {
            "date": {"type": "string", "format": "date", "title": {"zh": "到账日期", "en": "Received on"}},
            "amount": {**DECIMAL, "title": {"zh": "金额（元）", "en": "Amount (yuan)"}},
        },
    },
}
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "money": DECIMAL,
    "amounts": {"type": "array", "items": {"type": "string"}},
    "receipts": RECEIPTS,
    "date": {"type": "string", "format": "date"},
    "fact": {"type": "boolean"},
}


def figures(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What an applicant states for a line; findings are the reviewers', assumptions and rare inputs the bureau's."""
    properties = {
        name: {**SHAPES[one["x-kind"]], "title": one["x-title"], "description": one["x-help"]}
        for name, one in schema["properties"].items()
        if one.get("x-kind") in SHAPES and not one.get("x-when") and not name.startswith("awarded_")
    }
    return {"type": "object", "properties": properties}
