"""Who signed in, as App Service authentication says it."""

import base64
import json


def principal(*roles: str, name: str = "ann@example.org") -> dict[str, str]:
    """The header that it adds to a request (Microsoft Learn, access user identities)."""
    claims = [{"typ": "preferred_username", "val": name}, *({"typ": "roles", "val": role} for role in roles)]
    document = json.dumps({"auth_typ": "aad", "claims": claims, "role_typ": "roles"})
    return {"x-ms-client-principal": base64.b64encode(document.encode()).decode()}
