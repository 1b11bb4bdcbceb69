import assert from "node:assert/strict";
import { test } from "node:test";
import { openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement() ?? false;

test("this checkout's portlock runs inside a host, as root and as nobody", { skip }, async () => {
  const lab = openLab();
  try {
    const host = await lab.host({ systemd: true, hostname: "gpu-3" });
    await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0", "Environment=API_TOKEN=swordfish"] });
    const asRoot = await host.audit();
    assert.equal(asRoot.report.host.name, "gpu-3");
    assert.deepEqual(
      asRoot.report.servers.map((server) => [server.kind, server.listeners.map((listener) => listener.port)]),
      [["ollama", [11434]]],
    );
    assert.equal(asRoot.report.verdict, "exposed");
    const asNobody = await host.audit({ as: "nobody" });
    assert.notDeepEqual(asNobody.report.missing, []);
    const recording = await host.record();
    assert.match(recording, /"gpu-3"/);
    assert.doesNotMatch(recording, /swordfish/);
  } finally {
    lab.close();
  }
});
