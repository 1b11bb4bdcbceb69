import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

const BASIC = { kind: "basic", hash: { scheme: "bcrypt", cost: 10 }, users: 1, file: "/etc/nginx/htpasswd" } as const;

const exact = (text: string, refuses = false): ReturnType<typeof aLocation> =>
  aLocation({ paths: { kind: "exact", text }, protections: refuses ? [{ kind: "refuses" }] : [BASIC] });

test("every path is handed on: what manages models is named", () => {
  const [finding] = findingsOf(
    aProxiedHost([aSite([aLocation({ protections: [BASIC] })])]),
    "every-user-manages-models",
  );
  assert.equal(finding?.severity, "medium");
  assert.equal(finding?.data.by, "no-path-policy");
  assert.ok(finding?.data.paths.includes("POST /api/pull"));
  assert.ok(finding?.data.paths.includes("DELETE /api/delete"));
});

test("a deny-list that names all of them is passed by other spellings", () => {
  const denied = ["/api/pull", "/api/create", "/api/copy", "/api/delete", "/api/signout"].map((path) =>
    exact(path, true),
  );
  const rest = aLocation({ protections: [BASIC] });
  const prefixes = ["/api/blobs/", "/api/user/"].map((text) =>
    aLocation({ paths: { kind: "prefix", text }, protections: [{ kind: "refuses" }] }),
  );
  const [finding] = findingsOf(aProxiedHost([aSite([...denied, ...prefixes, rest])]), "every-user-manages-models");
  assert.equal(finding?.severity, "low");
  assert.equal(finding?.data.by, "deny-list");
});

test("exactly the paths that people need: nothing to say", () => {
  const site = aSite([exact("/api/chat"), exact("/api/generate"), aLocation({ to: [] })]);
  assert.deepEqual(findingsOf(aProxiedHost([site]), "every-user-manages-models"), []);
});

test("who is asked for nothing is told of elsewhere", () => {
  assert.deepEqual(findingsOf(aProxiedHost([aSite([aLocation()])]), "every-user-manages-models"), []);
});
