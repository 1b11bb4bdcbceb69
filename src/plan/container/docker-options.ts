import { toHostOptions } from "./docker-host-options.ts";
import { toMountOptions } from "./docker-mount-options.ts";
import { toNetworkOptions } from "./docker-network-options.ts";
import { toProcessOptions } from "./docker-process-options.ts";
import type { Translation } from "./new-container.ts";
import { option } from "./option.ts";
import { closeBindings, toPublishOptions } from "./published.ts";
import type { ContainerSite } from "./site.ts";

/**
 * What `docker create` must be told so that a container is as the one that was inspected, but for what is closed.
 * A setting that is not known here is never left out: its name is handed back instead.
 */
export function translateDocker({ input, container, inspected, ports, variable }: ContainerSite): Translation {
  const { host, process, environment, labels } = inspected;
  const hostname = input.facts.identity.ok ? input.facts.identity.value.hostname : "";
  const published = closeBindings(host.settings.PortBindings ?? {}, ports);
  const ran = toProcessOptions(inspected, { id: container.id, hostname });
  const placed = toHostOptions(host.settings);
  const mounted = toMountOptions(inspected);
  const joined = toNetworkOptions(inspected, container.id);
  const without = variable === null ? [] : [variable.name];
  const handedOn = environment.own.filter((name) => !without.includes(name));
  const unknown = [
    ...host.unknown,
    ...process.unknown,
    ...[ran, placed, mounted, joined].flatMap((each) => each.unknown),
    ...(published === null ? ["PortBindings"] : []),
    ...(handedOn.length > 0 && !environment.fitsFile ? ["Env"] : []),
    ...(labels.own.length > 0 && !labels.fitsFile ? ["Labels"] : []),
  ];
  if (unknown.length > 0 || published === null) return { ok: false, settings: [...new Set(unknown)] };
  return {
    ok: true,
    made: {
      options: [
        ...toPublishOptions(published),
        ...joined.options,
        ...mounted.options,
        ...placed.options,
        ...ran.options,
        ...(variable === null ? [] : [option("env", `${variable.name}=${variable.value}`)]),
      ],
      image: ran.image,
      words: ran.words,
      connections: joined.connections,
      environment: handedOn,
      labels: labels.own,
      without,
    },
  };
}
