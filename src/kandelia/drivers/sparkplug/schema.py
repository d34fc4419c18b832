"""The payload's protobuf messages, made from the specification's own field tables at import: no generated code.

Sparkplug 3.0.0, chapter 6.4 (Sparkplug B payloads); fields by name, number and type, proto2. Checked against an edge
node that others wrote (tests/edge/test_sparkplug_npm.py).
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "kandelia.sparkplug"
_TYPES = {
    "double": 1,
    "float": 2,
    "uint64": 4,
    "bool": 8,
    "string": 9,
    "bytes": 12,
    "uint32": 13,
}
_MESSAGE, _OPTIONAL, _REPEATED = 11, 1, 3
# message → lines "name number type"; "*" repeats, "|" is one of the message's values
_TABLES = {
    "Payload": """
        timestamp 1 uint64
        metrics 2 *Metric
        seq 3 uint64
        uuid 4 string
        body 5 bytes""",
    "Metric": """
        name 1 string
        alias 2 uint64
        timestamp 3 uint64
        datatype 4 uint32
        is_historical 5 bool
        is_transient 6 bool
        is_null 7 bool
        metadata 8 MetaData
        properties 9 PropertySet
        int_value 10 |uint32
        long_value 11 |uint64
        float_value 12 |float
        double_value 13 |double
        boolean_value 14 |bool
        string_value 15 |string
        bytes_value 16 |bytes
        dataset_value 17 |DataSet
        template_value 18 |Template""",
    "MetaData": """
        is_multi_part 1 bool
        content_type 2 string
        size 3 uint64
        seq 4 uint64
        file_name 5 string
        file_type 6 string
        md5 7 string
        description 8 string""",
    "PropertySet": """
        keys 1 *string
        values 2 *PropertyValue""",
    "PropertyValue": """
        type 1 uint32
        is_null 2 bool
        int_value 3 |uint32
        long_value 4 |uint64
        float_value 5 |float
        double_value 6 |double
        boolean_value 7 |bool
        string_value 8 |string""",
    "DataSet": """
        num_of_columns 1 uint64
        columns 2 *string
        types 3 *uint32""",
    "Template": """
        version 1 string
        metrics 2 *Metric
        template_ref 4 string
        is_definition 5 bool""",
}


def _file() -> Any:
    file: Any = descriptor_pb2.FileDescriptorProto(name="kandelia/sparkplug.proto", package=_PACKAGE, syntax="proto2")
    for message, table in _TABLES.items():
        made = file.message_type.add(name=message)
        for line in table.strip().splitlines():
            name, number, kind = line.split()
            field = made.field.add(name=name, number=int(number), label=_OPTIONAL)
            if kind.startswith("*"):
                field.label = _REPEATED
            if kind.startswith("|"):
                if not made.oneof_decl:
                    made.oneof_decl.add(name="value")
                field.oneof_index = 0
            plain = kind.lstrip("*|")
            if plain in _TYPES:
                field.type = _TYPES[plain]
            else:
                field.type, field.type_name = _MESSAGE, f".{_PACKAGE}.{plain}"
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_file())
Payload: Any = message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))
