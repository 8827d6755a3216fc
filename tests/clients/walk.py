"""Walks from creation to revocation with the client that openapi-python-client generated."""

import os

from keyward_client import AuthenticatedClient
from keyward_client.api.keys import create_key, list_keys, revoke_key, rotate_key, verify_key
from keyward_client.models import NewKey, Problem, Rotation, VerifyBody

client = AuthenticatedClient(
    base_url=os.environ["KEYWARD_URL"] + "/api/v1", token=os.environ["KEYWARD_TOKEN"]
)


def data(answer):
    assert not isinstance(answer, Problem), answer
    return answer.data


def verdict(secret):
    return data(verify_key.sync(client=client, body=VerifyBody(key=secret))).code


body = NewKey(name="Checkout", scopes=["read:assets"])
old = data(create_key.sync("default", client=client, body=body, idempotency_key="one"))
print("created", old.name)
page = list_keys.sync("default", client=client, q="Checkout", limit=1)
print("listed", [key.name for key in page.value], page.supplemental.pagination.total)
rotation = Rotation(overlap_seconds=3600)
new = data(rotate_key.sync("default", old.id, client=client, body=rotation))
print("rotated", verdict(old.key), verdict(new.key))
revoked = data(revoke_key.sync("default", old.id, client=client, reason="rotated"))
print("revoked", revoked.state, verdict(old.key))
refused = create_key.sync("default", client=client, body=NewKey(name="", scopes=["nope"]))
print("refused", refused.code, [error.field for error in refused.errors])
