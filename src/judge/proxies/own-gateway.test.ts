/** Portlock's own gateway before an Ollama, as the facts tell it from its command line. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherGateway } from "../../facts/proxies/portlock/gather-gateway.ts";
import type { Proxy } from "../../facts/proxies/proxy.ts";
import type { ProxyAnswer } from "../../facts/proxies/proxy-answer.ts";
import type { HostReader } from "../../host/host.ts";
import { judge } from "../judge.ts";
import { aProxiedHost, aProxyAnswer } from "../testing/proxied-host.ts";
import { routesOf, toText, verdictsOf } from "../testing/routes-as-text.ts";

async function readGateway(flags: string): Promise<Proxy> {
  const words = `/usr/bin/node /usr/lib/node_modules/portlock/dist/main.js gateway run ${flags}`.split(" ");
  const running = {
    kind: "portlock",
    pid: 500,
    executable: "/usr/bin/node",
    user: null,
    startedAt: null,
    workers: [],
    root: "",
  } as const;
  const none: Partial<HostReader> = {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has no file, so that nothing is read
  return gatherGateway(none as HostReader, { ...running, words });
}

const OLLAMA = "--upstream=http://127.0.0.1:11434";
const IN_THE_CLEAR = `--listen=0.0.0.0:80 ${OLLAMA}`;
const OVER_TLS = `${IN_THE_CLEAR} --tls-self-signed`;

async function aHostBehind(flags: string, answers: readonly ProxyAnswer[], ollamaOn?: string) {
  const { declared } = await readGateway(flags);
  const more = ollamaOn === undefined ? {} : { ollamaOn };
  return aProxiedHost([], { kind: "portlock", declared, changedSinceLoaded: null, answers, ...more });
}

const REFUSED = aProxyAnswer(401, { tls: true });

test("guarded, once somebody without a key was refused", async () => {
  const host = await aHostBehind(OVER_TLS, [REFUSED]);
  assert.deepEqual(verdictsOf(host), ["ollama guarded"]);
  const through = routesOf(host).filter(({ hops }) => hops.some(({ kind }) => kind === "proxy"));
  assert.equal(through[0] && toText(through[0]), "internet eth0 192.168.1.10:80 guarded: demands-credential");
  assert.deepEqual(through[0]?.hops, [
    { kind: "proxy", name: "portlock", serverNames: [], paths: [], to: "127.0.0.1:11434" },
  ]);
  const barrier = through[0]?.barriers.find(({ kind }) => kind === "authentication");
  assert.match(barrier?.evidence?.text ?? "", /401/);
});

test("a command line alone proves nothing: not asked, it is not known", async () => {
  assert.deepEqual(verdictsOf(await aHostBehind(OVER_TLS, [])), ["ollama unknown"]);
});

test("whoever only calls himself a gateway and serves everybody is found open", async () => {
  const host = await aHostBehind(OVER_TLS, [aProxyAnswer(200, { tls: true })]);
  assert.deepEqual(verdictsOf(host), ["ollama exposed"]);
  assert.ok(judge(host.facts).findings.some(({ rule }) => rule === "proxy-without-auth"));
});

test("a certificate that each client must have is a credential too", async () => {
  assert.deepEqual(verdictsOf(await aHostBehind(`${OVER_TLS} --client-ca=/etc/ca.pem`, [])), ["ollama guarded"]);
});

const ABOUT_PROXIES = /prox|password|every-user|credential|host-check/;

const FINDINGS: readonly (readonly [
  what: string,
  flags: string,
  ollamaOn: string | undefined,
  rules: readonly string[],
])[] = [
  ["over TLS, before an Ollama on loopback", OVER_TLS, undefined, []],
  ["in the clear", IN_THE_CLEAR, undefined, ["proxy-auth-without-tls"]],
  ["beside an Ollama that is open", OVER_TLS, "0.0.0.0", ["open-beside-proxy"]],
];

for (const [what, flags, ollamaOn, rules] of FINDINGS) {
  test(`what is found of it ${what}`, async () => {
    const host = await aHostBehind(flags, [{ ...REFUSED, tls: flags === OVER_TLS }], ollamaOn);
    const found = judge(host.facts)
      .findings.map(({ rule }) => rule)
      .filter((rule) => ABOUT_PROXIES.test(rule));
    assert.deepEqual(found, rules);
  });
}
