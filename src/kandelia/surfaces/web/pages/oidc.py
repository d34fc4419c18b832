"""What is asked of an OpenID Connect provider, by Authlib; loaded only where one is set (9 MB, half a second)."""

import logging
from functools import cache
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from joserfc.errors import JoseError
from requests import RequestException

from kandelia.base.errors import Unavailable
from kandelia.kernel.credentials.contracts import Foreigner

ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
WAIT_S = 10
LEEWAY_S = 120  # clocks differ
GROUPS_MAX = 1_000
GONE_WRONG = (AuthlibBaseError, JoseError, RequestException, RuntimeError, ValueError, KeyError, TypeError)
log = logging.getLogger("kandelia.web")


def to_provider(request: HttpRequest, back_to: str) -> HttpResponse:
    """Off to the provider, with a state, a nonce and a code challenge that this session alone knows."""
    try:
        return client().authorize_redirect(request, back_to)  # type: ignore[no-any-return]
    except GONE_WRONG as error:
        raise _away(error) from error


def who_came(request: HttpRequest) -> Foreigner:
    """Who came back, checked: signature, issuer, audience, times, nonce and state. Unavailable for anything else."""
    try:
        return _foreigner(request)
    except GONE_WRONG as error:
        raise _away(error) from error


def sign_out_address(back_to: str) -> str:
    """Where the provider ends its own session (RP-Initiated Logout 1.0); it asks the person first."""
    try:
        found = client().create_logout_url(back_to, client_id=settings.PLATFORM.oidc.client_id)
        return str(found["url"])
    except GONE_WRONG as error:
        raise _away(error) from error


@cache
def client() -> Any:
    """One client for the process: it keeps the provider's document and keys, and asks again for a key it lacks."""
    oidc = settings.PLATFORM.oidc
    kept: dict[str, Any] = {"scope": " ".join(oidc.scopes), "code_challenge_method": "S256", "default_timeout": WAIT_S}
    if oidc.authority:
        kept["verify"] = oidc.authority
    return OAuth().register(
        "provider",
        client_id=oidc.client_id,
        client_secret=oidc.client_secret or None,
        server_metadata_url=oidc.issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs=kept,
    )


def _foreigner(request: HttpRequest) -> Foreigner:
    oidc, document = settings.PLATFORM.oidc, _document()
    token = client().authorize_access_token(request, leeway=LEEWAY_S)
    claims = dict(token["userinfo"])
    if document.get("userinfo_endpoint"):
        more = client().userinfo(token=token)
        if more.get("sub") != claims["sub"]:  # OpenID Connect Core, 5.3.2
            raise ValueError("the provider speaks of somebody else")
        claims = {**more, **claims}
    groups = claims.get(oidc.groups_claim)
    return Foreigner(
        oidc.issuer,
        str(claims["sub"]),
        name=str(claims.get(oidc.name_claim) or ""),
        called=str(claims.get("name") or ""),
        email=str(claims.get("email") or ""),
        groups=tuple(str(one) for one in groups[:GROUPS_MAX]) if isinstance(groups, list) else (),
    )


def _document() -> dict[str, Any]:
    """The provider's document, its issuer as set, its algorithms those that sign with a key of the provider's own."""
    document: dict[str, Any] = client().load_server_metadata()
    wanted = settings.PLATFORM.oidc.issuer
    if document.get("issuer") != wanted:  # OpenID Connect Discovery, 4.3
        raise ValueError(f"the provider calls itself {document.get('issuer')!r}, not {wanted!r}")
    offered = document.get("id_token_signing_alg_values_supported", ["RS256"])
    document["id_token_signing_alg_values_supported"] = [one for one in offered if one in ALGORITHMS]
    return document


def _away(error: Exception) -> Unavailable:
    log.warning("sign-in by the provider failed: %s: %s", type(error).__name__, error)
    return Unavailable("the provider gives no valid answer", "sign-in", "try again", "provider-away")
