/**
 * Makes src/demo/recordings/ anew: plays the guided run's stage and keeps what `portlock record` read on its
 * server, exposed and local. It writes nothing unless the stranger fared as the replay will say.
 *
 *   sh scripts/node.sh scripts/record-demo.ts
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStage } from "../src/demo/stage/open-stage.ts";
import { findSelf } from "../src/demo/stage/self.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "src/demo/recordings");
const stage = await openStage({ ...findSelf(), entry: join(root, "src/main.ts"), home: root });

async function recordAs(host: string, wanted: string): Promise<string> {
  await stage.serve(host);
  const { outcome } = await stage.visit();
  if (outcome !== wanted) {
    throw new Error(`OLLAMA_HOST=${host}: the stranger was ${outcome}, not ${wanted}`);
  }
  return stage.record();
}

try {
  const exposed = await recordAs("0.0.0.0", "answered");
  const local = await recordAs("127.0.0.1", "refused");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "exposed.json"), exposed);
  writeFileSync(join(folder, "local.json"), local);
} finally {
  await stage.close();
}
