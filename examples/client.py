"""Walks through the management API: create, list over several pages, rotate, revoke.

Needs `requests`, and in the environment KEYWARD_URL and KEYWARD_TOKEN, a personal token that may
keys:read, keys:create and keys:revoke.
"""

import os

import requests

BASE = os.environ["KEYWARD_URL"] + "/api/v1"
# The keys of the project `default`.
KEYS = "/projects/default/keys"


def main():
    api = requests.Session()
    api.headers["Authorization"] = "Bearer " + os.environ["KEYWARD_TOKEN"]

    keys = [create(api, f"Service {number}") for number in range(7)]
    print(f"created {len(keys)} keys")

    pages = list(pages_of(api, q="Service", limit=3))
    assert [key["id"] for page in pages for key in page] == [key["id"] for key in keys]
    print(f"listed {sum(map(len, pages))} keys on {len(pages)} pages")

    old = keys[0]
    rotation = f"{KEYS}/{old['id']}/rotation"
    successor = call(api, "POST", rotation, json={"overlap_seconds": 3600})
    assert verdict(old["key"]) == verdict(successor["key"]) == "VALID"
    print(f"rotated key {old['id']}: both work")

    call(api, "DELETE", f"{KEYS}/{old['id']}", params={"reason": "rotated"})
    print(f"revoked key {old['id']}: {verdict(old['key'])}")
    print(f"its successor goes on: {verdict(successor['key'])}")


def create(api, name):
    """A new key. The secret, `key`, is in this answer alone."""
    # With its own key, a call that is sent again creates nothing twice.
    headers = {"Idempotency-Key": name}
    body = {"name": name, "scopes": ["read:assets"]}
    return call(api, "POST", KEYS, json=body, headers=headers)


def pages_of(api, **query):
    """The pages of a list, oldest first."""
    query["sort"] = "created_at"
    while True:
        page = answer(api.get(BASE + KEYS, params=query))
        yield page["value"]
        after = page["supplemental"]["pagination"]["next"]
        if after is None:
            return
        query["after"] = after


def verdict(secret):
    """What Keyward says of a key. Needs no token."""
    return answer(requests.post(BASE + "/keys/verify", json={"key": secret}))["data"]["code"]


def call(api, method, path, **kwargs):
    return answer(api.request(method, BASE + path, **kwargs))["data"]


def answer(response):
    if not response.ok:
        problem = response.json()
        raise SystemExit(f"{problem['code']}: {problem['detail']}")
    return response.json()


if __name__ == "__main__":
    main()
