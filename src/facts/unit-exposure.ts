import type { HostReader } from "../host/host.ts";

/**
 * How exposed systemd finds a unit by its directives: 0 (not at all) to 10 (wholly), the last line of
 * `systemd-analyze security` (systemd-analyze(1)). Null where it did not say.
 */
export async function readUnitExposure(host: Pick<HostReader, "run">, unit: string): Promise<number | null> {
  const output = await host.run(["systemd-analyze", "security", "--no-pager", "--", unit]);
  return output.ok ? parseUnitExposure(output.value.stdout) : null;
}

/** Never throws. */
export function parseUnitExposure(text: string): number | null {
  const score = /^\S* ?Overall exposure level for .*: (\d{1,2}\.\d) /m.exec(text)?.[1];
  return score === undefined ? null : Number(score);
}
