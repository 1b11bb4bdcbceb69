import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../judge.ts";
import { aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

const sites = [aSite([aLocation({ to: [] })])];

test("a proxy whose files may not be read may lead anywhere: the server is not called local", () => {
  const declared = { ok: false, why: "denied", from: "/etc/nginx/nginx.conf" } as const;
  const { verdict, missing } = judge(aProxiedHost(sites, { declared }).facts);
  assert.equal(verdict, "unknown");
  assert.deepEqual(missing, [{ fact: "proxies", why: "denied", from: "/etc/nginx/nginx.conf", detail: "nginx" }]);
});

test("so may a part of its files; one that is not there leads nowhere", () => {
  const withPart = (text: string): ReturnType<typeof judge> => {
    const value = { files: [], sites, unclear: [{ file: "/etc/nginx/conf.d/x.conf", line: null, text }] };
    return judge(aProxiedHost(sites, { declared: { ok: true, value, from: "/etc/nginx/nginx.conf" } }).facts);
  };
  assert.deepEqual([withPart("denied").verdict, withPart("absent").verdict], ["unknown", "local"]);
  assert.deepEqual(withPart("content_by_lua_block").missing, [
    { fact: "proxies", why: "unparsed", from: "/etc/nginx/conf.d/x.conf", detail: "content_by_lua_block" },
  ]);
});

test("what a proxy runs with counts, whatever may be read of its files; one that does not run counts for nothing", () => {
  const declared = { ok: false, why: "denied", from: "/etc/caddy/Caddyfile" } as const;
  const running = {
    ok: true,
    value: { files: [], sites, unclear: [] },
    from: "GET http://127.0.0.1:2019/config/",
  } as const;
  assert.equal(judge(aProxiedHost(sites, { declared, running }).facts).verdict, "local");
  assert.equal(judge(aProxiedHost(sites, { declared, pid: null }).facts).verdict, "local");
});

test("a host without proxies, and a recording of an older version, miss nothing", () => {
  const { proxies: _proxies, ...older } = aProxiedHost(sites).facts;
  assert.deepEqual([judge(older).verdict, judge(older).missing], ["local", []]);
  const none = { ...older, proxies: { ok: false, why: "absent", from: "/usr/sbin/nginx" } } as const;
  assert.equal(judge(none).verdict, "local");
});
