import type { Connection } from "./docker-network-options.ts";
import type { Option } from "./option.ts";

/** How a container is made that is as another one, but for what is closed. */
export interface NewContainer {
  readonly options: readonly Option[];
  readonly image: string;
  readonly words: readonly string[];
  readonly connections: readonly Connection[];
  /** Names of the variables that a file must hand on; empty where the image has them all. */
  readonly environment: readonly string[];
  readonly labels: readonly string[];
  /** Variables that the file must not hand on. */
  readonly without: readonly string[];
}

/** Or the names of the settings that cannot be given to a new one. */
export type Translation =
  | { readonly ok: true; readonly made: NewContainer }
  | { readonly ok: false; readonly settings: readonly string[] };
