import type { Change } from "./change-folder.ts";
import { Fault, must, mustSucceed } from "./fault.ts";
import { pause } from "./pause.ts";

/** A loaded host may take its time to start a process. */
const ARMED_WITHIN_MS = 20_000;
const PAUSE_MS = 50;

/**
 * Starts the watch over a change outside of this session, so that it lives on where Portlock, its terminal or its
 * connection dies, and waits until it says that it is there. Throws a `Fault` where it is not.
 */
export async function armWatch({ host, id, script, folder }: Change): Promise<void> {
  const hasSystemd = (await host.stat("/run/systemd/system")).ok;
  const started = hasSystemd
    ? await host.change([
        "systemd-run",
        "--collect",
        "--quiet",
        `--unit=portlock-revert-${id}`,
        "--property=KillMode=mixed",
        "--",
        "/bin/sh",
        script,
        "watch",
      ])
    : null;
  if (started === null || !started.ok || started.value.exitCode !== 0) {
    mustSucceed("setsid", await host.change(["setsid", "-f", "/bin/sh", script, "watch"]));
  }
  for (const deadline = performance.now() + ARMED_WITHIN_MS; performance.now() < deadline; await pause(PAUSE_MS)) {
    if (must(await host.readFile(`${folder}/journal.jsonl`)).includes('"what":"armed"')) return;
  }
  throw new Fault("nothing would take this change back if Portlock died: its watch does not start");
}
