import { z } from "zod";
import { toTree, type Tree } from "./tree.ts";

const ContainerJson = z.object({
  Name: z.string(),
  Config: z.object({
    Labels: z.record(z.string(), z.string()).nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ IPAddress: z.string().nullish() }).nullish()).nullish(),
  }),
});

/** What Traefik makes of a container. */
interface Labelled {
  readonly settings: readonly (readonly [string, string])[];
}

/**
 * Reads `docker inspect` for what labels tell Traefik, as the tree of a file would. Containers are handed on to
 * without any label too where that is not switched off. Null: it is no such JSON.
 */
export function readLabels(text: string, exposedByDefault: boolean): Tree | null {
  const parsed = z.array(ContainerJson).safeParse(toJson(text));
  if (!parsed.success) return null;
  return toTree(parsed.data.flatMap((container) => toSettings(container, exposedByDefault).settings));
}

function toSettings(
  { Name, Config, NetworkSettings }: z.infer<typeof ContainerJson>,
  exposedByDefault: boolean,
): Labelled {
  const labels = Object.entries(Config.Labels ?? {}).flatMap(
    ([name, value]): readonly (readonly [string, string])[] => {
      const [, key] = /^traefik\.(.+)$/i.exec(name) ?? [];
      return key === undefined ? [] : [[key, value]];
    },
  );
  const enabled = labels.find(([name]) => name.toLowerCase() === "enable")?.[1];
  if (enabled === "false" || (enabled === undefined && !exposedByDefault)) return { settings: [] };
  const name = Name.replace(/^\//, "")
    .replaceAll(/[^\w-]/g, "-")
    .toLowerCase();
  const wanted = labels.find(([key]) => key.toLowerCase() === "docker.network")?.[1];
  const networks = Object.entries(NetworkSettings.Networks ?? {});
  const address = (networks.find(([network]) => network === wanted) ?? networks[0])?.[1]?.IPAddress;
  const exposed = Object.keys(Config.ExposedPorts ?? {})
    .map((port) => Number(port.split("/", 1)[0]))
    .toSorted((first, second) => first - second);
  const own = labels.filter(([key]) => /^(?:http|tcp)\./i.test(key));
  const named = (kind: string): readonly string[] => [
    ...new Set(own.flatMap(([key]) => new RegExp(`^http\\.${kind}\\.([^.]+)\\.`, "i").exec(key)?.[1] ?? [])),
  ];
  const services = named("services").length === 0 ? [name] : named("services");
  const routers =
    named("routers").length === 0 && !own.some(([key]) => /^tcp\./i.test(key)) ? [name] : named("routers");
  const valueOf = (key: string): string | undefined =>
    own.find(([each]) => each.toLowerCase() === key.toLowerCase())?.[1];
  const added = [
    ...services.map((service): readonly [string, string] => {
      const base = `http.services.${service}.loadbalancer`;
      const port = valueOf(`${base}.server.port`) ?? String(exposed[0] ?? 80);
      const scheme = valueOf(`${base}.server.scheme`) ?? "http";
      const isKnown = address !== undefined && address !== null && address !== "";
      return [`${base}.servers.0.url`, `${scheme}://${isKnown ? address : name}:${port}`];
    }),
    ...routers.flatMap((router): readonly (readonly [string, string])[] => {
      const base = `http.routers.${router}`;
      return [
        ...(valueOf(`${base}.rule`) === undefined ? [[`${base}.rule`, `Host(\`${name}\`)`] as const] : []),
        ...(valueOf(`${base}.service`) === undefined ? [[`${base}.service`, services[0] ?? name] as const] : []),
      ];
    }),
  ];
  return { settings: [...own, ...added] };
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
