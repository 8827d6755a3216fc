// Compiles only if the types that openapi-typescript made fit what a client does with them.

import createClient from "openapi-fetch";
import type { components, paths } from "./keyward";

type Key = components["schemas"]["Key"];

const client = createClient<paths>({
  baseUrl: "http://127.0.0.1:8080/api/v1",
  headers: { Authorization: "Bearer kwp_…" },
});

export async function walk(): Promise<Key> {
  const project = { project: "default" };
  const created = await client.POST("/projects/{project}/keys", {
    params: { path: project, header: { "Idempotency-Key": "one" } },
    body: { name: "Checkout", scopes: ["read:assets"] },
  });
  if (created.error) {
    throw new Error(`${created.error.code}: ${created.error.detail}`);
  }
  const { id, key } = created.data.data;
  const listed = await client.GET("/projects/{project}/keys", {
    params: { path: project, query: { q: "Checkout", limit: 1 } },
  });
  const names: string[] = (listed.data?.value ?? []).map((one) => one.name);
  const next: string | null | undefined = listed.data?.supplemental.pagination.next;
  const path = { ...project, id };
  const rotated = await client.POST("/projects/{project}/keys/{id}/rotation", {
    params: { path },
    body: { overlap_seconds: 3600 },
  });
  const verdict = await client.POST("/keys/verify", { body: { key } });
  const revoked = await client.DELETE("/projects/{project}/keys/{id}", {
    params: { path, query: { reason: "rotated" } },
  });
  console.log(names, next, rotated.data?.data.key, verdict.data?.data.code);
  if (!revoked.data) {
    throw new Error(revoked.error.detail);
  }
  return revoked.data.data;
}
