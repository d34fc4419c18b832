"""How a node is written in a signal's address, and how that is found again after the server has restarted.

OPC 10000-6, 5.1.12 (NodeId and ExpandedNodeId as strings): `i=2258`, `ns=2;s=Line1.Temp`,
`nsu=urn:example:line;s=Line1.Temp`. The form with `nsu` survives a server that numbers its namespaces anew.
"""

import re
from collections.abc import Sequence

from asyncua import ua

from kandelia.sdk.drivers import InvalidInput

ADDRESS_CHARACTERS_MAX = 4_096
_FORM = re.compile(r"(?:(?P<scope>ns=\d{1,5}|nsu=.*?);)?(?P<kind>[isgb])=(?P<id>.*)", re.DOTALL)
_MEND = "write it like ns=2;s=Line1.Temp or nsu=urn:example:line;s=Line1.Temp"


def resolve(address: str, namespaces: Sequence[str]) -> ua.NodeId:
    """The node id at a server whose NamespaceArray is `namespaces`; InvalidInput says what is wrong with it."""
    found = _FORM.fullmatch(address.strip())
    if found is None or len(address) > ADDRESS_CHARACTERS_MAX:
        raise InvalidInput("this is not an OPC UA node id", where=address[:80], mend=_MEND, code="invalid-address")
    index = _index(found["scope"] or "", namespaces)
    try:
        return ua.NodeId.from_string(f"ns={index};{found['kind']}={found['id']}")
    except (ua.UaError, ValueError) as error:
        raise InvalidInput(
            f"this is not an OPC UA node id ({error})"[:200], where=address[:80], mend=_MEND, code="invalid-address"
        ) from error


def _index(scope: str, namespaces: Sequence[str]) -> int:
    if not scope:
        return 0
    if scope.startswith("ns="):
        return int(scope[3:])
    uri = scope[4:].replace("%3B", ";").replace("%25", "%")
    if uri not in namespaces:
        raise InvalidInput(
            f"the server knows no namespace {uri[:120]}",
            mend=f"it knows {', '.join(namespaces)[:300]}",
            code="unknown-namespace",
        )
    return list(namespaces).index(uri)


def write(node: ua.NodeId, namespaces: Sequence[str]) -> str:
    """The address of a node, with its namespace written out (index 0 excepted, which never moves)."""
    plain: str = ua.NodeId(node.Identifier, 0, node.NodeIdType).to_string().removeprefix("ns=0;")
    if node.NamespaceIndex == 0:
        return plain
    if node.NamespaceIndex >= len(namespaces):
        return f"ns={node.NamespaceIndex};{plain}"
    uri = namespaces[node.NamespaceIndex].replace("%", "%25").replace(";", "%3B")
    return f"nsu={uri};{plain}"
