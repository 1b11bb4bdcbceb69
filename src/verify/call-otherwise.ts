import type { HostReader } from "../host/host.ts";
import { askDoor, type Recogniser } from "./asker.ts";
import { conclude } from "./conclude.ts";
import type { CalledOtherwise } from "./proofs.ts";

/** A site that is to demand a credential. */
export interface NamedSite {
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  /** Host name it is called by; null: by any. */
  readonly name: string | null;
}

export interface OtherwiseSettings {
  readonly host: HostReader;
  readonly recogniser: Recogniser;
  readonly now: () => Date;
}

/** RFC 2606 keeps `.example` free. Ollama itself takes `localhost` from whoever hands the caller's Host on to it. */
const OTHER_NAMES = ["portlock-no-such-name.example", "localhost"] as const;

/**
 * Calls the socket of a site by names that are not the site's own, and by its address: whatever stands there for names
 * that nobody told lets nobody without a credential at a model server either.
 */
export async function callOtherwise(
  { host, recogniser, now }: OtherwiseSettings,
  { address, port, tls, name }: NamedSite,
): Promise<readonly CalledOtherwise[]> {
  const names = [...(name === null ? [] : [null]), ...OTHER_NAMES].filter((each) => each === null || each !== name);
  const called: CalledOtherwise[] = [];
  for (const other of names) {
    const at = now().toISOString();
    const door = { address, port, tls, ...(other === null ? {} : { name: other }) };
    const { outcome, verdict } = conclude(await askDoor(host, door, recogniser.questionsFor("ollama")), recogniser);
    called.push({ at, name: other, outcome, agrees: verdict !== "open" });
  }
  return called;
}
