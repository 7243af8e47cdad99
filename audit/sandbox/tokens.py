"""Who asks: the local service principal, the tokens that it is given, and the documents that lead clients there.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.certificates import PUBLIC_HOSTS

CLIENT = "0a0d17e5-c11e-4a70-8a0d-17e5c11e0001"
"""The service principal of the local Azure: its application and, since it needs no other, its object id."""
_LIFE = 3600 * 8


def secret(folder: Path) -> str:
    """Return the service principal's secret, made at the first start and readable by its owner alone."""
    path = folder / "client-secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text()


def metadata(call: Call) -> Reply:
    """Answer `/metadata/endpoints`: one cloud since 2022-09-01, before that a list of clouds."""
    host = call.base.removeprefix("https://")
    # Where it stands in for the public cloud, it names that cloud's other hosts, which its proxy leads here, too.
    login, graph = (f"https://{name}" for name in PUBLIC_HOSTS[1:]) if host in PUBLIC_HOSTS else (call.base, call.base)
    cloud = {
        "name": "LocalAzure",
        "portal": call.base,
        "authentication": {
            "loginEndpoint": login,
            "audiences": [call.base, f"{call.base}/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": call.base,
        "graph": graph,
        "graphAudience": graph,
        "microsoftGraphResourceId": graph,
        "gallery": call.base,
        "batch": call.base,
        "media": call.base,
        "sqlManagement": call.base,
        "sqlGateway": f"{call.base}/sql",
        "blob": f"{call.base}/blob",
        "suffixes": {
            "storage": host,
            "keyVaultDns": f"vault.{host}",
            "sqlServerHostname": f"database.{host}",
            "acrLoginServer": f"registry.{host}",
        },
    }
    single = call.query.get("api-version", "") >= "2022-09-01"
    return Reply(200, cloud if single else [cloud])


def openid(call: Call, tenant: str) -> Reply:
    """Answer a tenant's OpenID configuration; every address in it opens with the host that was asked."""
    root = f"{call.base}/{tenant}"
    document = {
        "issuer": f"{root}/v2.0",
        "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
        "token_endpoint": f"{root}/oauth2/v2.0/token",
        "jwks_uri": f"{root}/discovery/v2.0/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "tenant_region_scope": None,
        "cloud_instance_name": call.base.removeprefix("https://"),
    }
    return Reply(200, document)


def discovery(call: Call) -> Reply:
    """Answer the instance discovery of a login host, which names itself as the only one."""
    host = call.base.removeprefix("https://")
    document = {
        "tenant_discovery_endpoint": f"{call.base}/common/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }
    return Reply(200, document)


def issue(form: Mapping[str, str], tenant: str, key: str) -> Reply:
    """Answer a request for a token by client credentials; a wrong id or secret is refused as Entra refuses it."""
    if form.get("grant_type") != "client_credentials":
        return _no("unsupported_grant_type", "AADSTS70003: the local Azure knows client credentials alone.")
    if form.get("client_id", "").lower() != CLIENT:
        return _no("unauthorized_client", f"AADSTS700016: Application '{form.get('client_id')}' was not found.")
    if not hmac.compare_digest(form.get("client_secret", "").encode(), key.encode()):
        return _no("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
    now = int(time.time())
    audience = (form.get("scope") or form.get("resource") or "").removesuffix("/.default")
    claims = {
        "aud": audience,
        "tid": tenant,
        "oid": CLIENT,
        "appid": CLIENT,
        "iat": now,
        "nbf": now,
        "exp": now + _LIFE,
    }
    token = {
        "token_type": "Bearer",
        "expires_in": _LIFE,
        "ext_expires_in": _LIFE,
        "expires_on": str(now + _LIFE),
        "resource": audience,
        "access_token": _signed(claims, key),
    }
    return Reply(200, token)


def demand(call: Call, key: str) -> None:
    """Raise 401 unless the call bears a token of this Azure that is still valid; whom it was made for is not asked."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if not token:
        raise _unauthorised(call, "Authentication failed. The 'Authorization' header is missing.")
    if scheme.lower() != "bearer" or not _valid(token, key):
        raise _unauthorised(call, "The access token is invalid or has expired.")


def audience(call: Call) -> str:
    """Return whom the token of a call was made for; `demand` has looked at it before."""
    payload = call.headers.get("authorization", "").partition(".")[2].partition(".")[0]
    return str(_decoded(payload)["aud"])


def _unauthorised(call: Call, message: str) -> Refusal:
    realm = f'Bearer authorization_uri="{call.base}/{call.store.tenant}", error="invalid_token"'
    return Refusal(401, "AuthenticationFailed", message, {"WWW-Authenticate": realm})


def _no(error: str, message: str, status: int = 400) -> Reply:
    return Reply(status, {"error": error, "error_description": message, "error_codes": []})


def _signed(claims: Mapping[str, Any], key: str) -> str:
    """Make a JSON web token, whose claims clients read: https://www.rfc-editor.org/rfc/rfc7519."""
    text = f"{_encoded({'typ': 'JWT', 'alg': 'HS256'})}.{_encoded(claims)}"
    return f"{text}.{_signature(text, key)}"


def _valid(token: str, key: str) -> bool:
    text, _, signature = token.rpartition(".")
    # A token holds text of any kind that a client sent: it is compared as bytes.
    if not hmac.compare_digest(signature.encode(), _signature(text, key).encode()):
        return False
    return bool(_decoded(text.partition(".")[2])["exp"] > time.time())


def _decoded(payload: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _signature(text: str, key: str) -> str:
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
