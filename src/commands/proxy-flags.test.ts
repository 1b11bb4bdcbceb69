import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError } from "./errors.ts";
import { parseListen, parseRate, type ProxyFlags, refuseProxyContradictions, toProxyChoices } from "./proxy-flags.ts";

test("a place to listen on is a port, or an address and a port", () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ["443", ":: 443"],
    [":443", ":: 443"],
    ["*:443", ":: 443"],
    ["[::]:443", ":: 443"],
    ["0.0.0.0:443", "0.0.0.0 443"],
    ["127.0.0.1:8080", "127.0.0.1 8080"],
    ["[::1]:8080", "::1 8080"],
    ["[127.0.0.1]:80", null],
    ["::1:8080", null],
    ["example.com:80", null],
    ["127.0.0.1", null],
    ["127.0.0.1:0", null],
    ["127.0.0.1:65536", null],
    ["", null],
    ["127.1:80", null],
  ];
  for (const [text, expected] of cases) {
    const place = parseListen(text);
    assert.equal(place === null ? null : `${place.address} ${place.port}`, expected, text);
  }
  assert.deepEqual(["0", "600", "-1", "1e3", ""].map(parseRate), [0, 600, null, null, null]);
});

test("without flags it is plain HTTP on loopback alone, for one person who may not change models", () => {
  const { listen, tls, users, scopes, auth } = toProxyChoices("nginx", {});
  assert.deepEqual(
    [listen.address, tls.kind, users, scopes, auth],
    ["127.0.0.1", "none", ["owner"], ["inference", "read"], "basic"],
  );
  assert.equal(toProxyChoices("caddy", { name: "ai.example.com" }).tls.kind, "automatic");
  assert.deepEqual(toProxyChoices("caddy", { name: "ai.example.com" }).listen, { address: "::", port: 443 });
  assert.deepEqual(toProxyChoices("nginx", { auth: "portlock" }).users, []);
});

test("flags that contradict each other are refused", () => {
  const cases: readonly (readonly [ProxyFlags, string])[] = [
    [{ tlsCert: "/a" }, "flag-missing"],
    [{ tlsKey: "/a" }, "flag-missing"],
    [{ tlsSelfSigned: true, tlsCert: "/a", tlsKey: "/b" }, "flags-contradict"],
    [{ auth: "portlock", user: ["alice"] }, "flags-contradict"],
    [{ gatewayPort: 1 }, "flags-contradict"],
    [{ apply: "plan.json", name: "x" }, "flags-contradict"],
    [{ apply: "plan.json", dryRun: true }, "flags-contradict"],
  ];
  for (const [flags, code] of cases) {
    const refused = (error: unknown): boolean => error instanceof CommandError && error.trouble.code === code;
    assert.throws(() => {
      refuseProxyContradictions(flags);
      toProxyChoices("nginx", flags);
    }, refused);
  }
});
