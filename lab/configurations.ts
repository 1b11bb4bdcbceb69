import type { Configuration } from "./configurations/configuration.ts";
import { DECLARED_SETTINGS } from "./configurations/declared-settings.ts";
import { FILTERS } from "./configurations/filters.ts";
import { FIREWALL_MANAGERS } from "./configurations/firewall-managers.ts";
import { FILTER_MISTAKES } from "./configurations/filter-mistakes.ts";
import { LISTEN_ADDRESSES } from "./configurations/listen-addresses.ts";
import { PROXIES } from "./configurations/proxies.ts";
import { RUNNERS } from "./configurations/runners.ts";
import { SURROUNDINGS } from "./configurations/surroundings.ts";
import { VANTAGES } from "./configurations/vantages.ts";

/** Every way people set up a model server that the truth test tries and the scenarios record. */
export const CONFIGURATIONS: readonly Configuration[] = [
  ...LISTEN_ADDRESSES,
  ...DECLARED_SETTINGS,
  ...RUNNERS,
  ...VANTAGES,
  ...SURROUNDINGS,
  ...FILTERS,
  ...FILTER_MISTAKES,
  ...FIREWALL_MANAGERS,
  ...PROXIES,
];
