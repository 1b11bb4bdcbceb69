/** What a trace says of a packet is what becomes of a connection that is really tried from that place. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { CHECKOUT_INSIDE, PORTLOCK_ENVIRONMENT } from "./audit.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { HOST, NEIGHBOUR, OUTSIDER } from "./topology.ts";

const skipAll = missingRequirement() ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
after(() => lab?.close());

const PORTS = [11_434, 8080];
/** Verdict of a trace, by whether a connection came about. */
const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  true: ["admitted", "undecidable"],
  false: ["stopped", "undecidable"],
};

for (const id of [
  "all-addresses",
  "ufw-for-the-lan",
  "ufw-for-one-colleague",
  "ufw-all-but-one",
  "legacy-drop",
  "redirected-port",
  "docker-published",
  "docker-user-drop",
]) {
  const configuration = CONFIGURATIONS.find((each) => each.id === id);
  const skip = missingRequirement(...(configuration?.needs ?? [])) ?? false;
  test(`a trace on ${id} agrees with connections`, { skip, timeout: 120_000 }, async () => {
    assert.ok(lab && configuration);
    const host = await lab.host(configuration.host ?? {});
    await configuration.set(host);
    for (const [place, addresses] of [
      [host.neighbour, NEIGHBOUR],
      [host.outsider, OUTSIDER],
    ] as const) {
      for (const family of ["ipv4", "ipv6"] as const) {
        for (const port of PORTS) {
          const { kind: tried } = await place.connect(HOST[family], port, { timeoutMs: 400 });
          const to = family === "ipv4" ? `${HOST.ipv4}:${port}` : `[${HOST.ipv6}]:${port}`;
          const argv = ["trace", "--json", "--from", addresses[family], "--to", to];
          const { stdout, stderr } = await host.attempt(["sh", `${CHECKOUT_INSIDE}/bin/portlock`, ...argv], {
            env: PORTLOCK_ENVIRONMENT,
          });
          assert.equal(stderr, "");
          const { verdict, arrival } = JSON.parse(stdout);
          const what = `${place.name} to ${to}: ${verdict}, and really ${tried}`;
          // Nobody listens there: a refusal says that the packet was let in, and a socket that it was not.
          const isLetIn = tried === "connected" || tried === "refused";
          assert.ok(VERDICTS[String(isLetIn)]?.includes(verdict), what);
          if (tried === "connected") assert.notEqual(arrival?.listens.kind, "nobody", what);
        }
      }
    }
    host.close();
  });
}
