import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

const BASIC = { kind: "basic", hash: { scheme: "bcrypt", cost: 10 }, users: 1, file: "/etc/nginx/htpasswd" } as const;

test("the password is handed on to Ollama", () => {
  const [finding] = findingsOf(
    aProxiedHost([aSite([aLocation({ protections: [BASIC] })])]),
    "credential-forwarded-upstream",
  );
  assert.equal(finding?.severity, "low");
});

test("nothing to say where it is removed or replaced, or where no header is checked", () => {
  const quiet = [
    aLocation({ protections: [BASIC], passing: { authorization: "removed" } }),
    aLocation({ protections: [BASIC], passing: { authorization: "replaced" } }),
    aLocation({ protections: [{ kind: "client-certificate", required: true }] }),
    aLocation(),
  ];
  for (const location of quiet) {
    assert.deepEqual(findingsOf(aProxiedHost([aSite([location])]), "credential-forwarded-upstream"), []);
  }
});
