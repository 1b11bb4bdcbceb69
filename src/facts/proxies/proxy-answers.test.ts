import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReadRequest, RequestOutcome } from "../../host/host.ts";
import { aLocation, aListener, aProxy, aSite } from "../../judge/testing/proxied-host.ts";
import { toWanted } from "../../servers/catalogue.ts";
import { aHost } from "../../judge/testing/a-host.ts";
import { openWrittenHost } from "../written-host.fixture.ts";
import { gatherProxyAnswers } from "./proxy-answers.ts";

async function gather(answer: (request: ReadRequest) => RequestOutcome): Promise<{
  readonly asked: readonly ReadRequest[];
  readonly answers: Awaited<ReturnType<typeof gatherProxyAnswers>>;
}> {
  const asked: ReadRequest[] = [];
  const host = openWrittenHost({
    answer: async (request) => {
      asked.push(request);
      return answer(request);
    },
  });
  const { facts } = aHost().listens("0.0.0.0", 443);
  const sites = [
    aSite([aLocation()], { names: ["ai.example.com"], isDefault: false, listeners: [aListener("0.0.0.0", 443, true)] }),
  ];
  const [network] = facts.networks;
  assert.ok(network !== undefined && facts.listeners.ok);
  const { containers } = facts;
  const around = { proxies: [aProxy(sites)], listeners: facts.listeners.value, hostname: "gpu-1", network, containers };
  return { answers: await gatherProxyAnswers(host, toWanted(), around), asked };
}

const answered = (status: number, body: string): RequestOutcome => ({
  kind: "answered",
  answer: { status, headers: { server: "nginx", "set-cookie": "session=1" }, body, truncated: false },
});

test("asked over TLS by the site's name; of a model server the body is kept, of headers what tells", async () => {
  const { asked, answers } = await gather(({ path }) => answered(200, path === "/" ? "Ollama is running" : "{}"));
  const [request] = asked;
  assert.deepEqual(request, {
    method: "GET",
    address: "127.0.0.1",
    port: 443,
    path: "/",
    tls: true,
    hostHeader: "ai.example.com",
    serverName: "ai.example.com",
  });
  const outcome = answers[0]?.outcome;
  assert.ok(outcome?.kind === "answered");
  assert.deepEqual([outcome.answer.body, outcome.answer.headers], ["Ollama is running", { server: "nginx" }]);
});

test("what somebody else answers is nobody's business", async () => {
  const { answers } = await gather(() => answered(200, "<html>my diary</html>"));
  assert.ok(answers.length > 0);
  assert.ok(!JSON.stringify(answers).includes("diary"));
});
