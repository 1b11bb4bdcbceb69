import type { ChangeCommand, ProxyCheck } from "../../host/change-command.ts";
import type { ProxyKind } from "../../proxy/site.ts";
import type { FileText } from "../file-edit.ts";
import type { FileChange } from "../plan.ts";

/** Files of a proxy that are read before a site is planned; see `toLayout`. */
export type ReadTexts = ReadonlyMap<string, FileText>;

/** Where a site goes, and how the proxy comes to load it. */
export interface SiteLayout {
  /** Parents first. */
  readonly folders: readonly string[];
  readonly site: string;
  /** Links that must be there, as `[what, where]`. */
  readonly links: readonly (readonly [target: string, path: string])[];
  /** Besides the site and its people. */
  readonly files: readonly FileChange[];
  /** Files that appear by themselves once it is loaded for the first time. */
  readonly appears: readonly string[];
  /** Who besides root must read the people, and a key that is made for it; null: nobody. */
  readonly group: string | null;
  readonly check: ProxyCheck;
  /** What makes it load its files. */
  readonly loads: readonly ChangeCommand[];
  /** True where other sites break off for it. */
  readonly restarts: boolean;
}

export type LaidOut =
  | { readonly ok: true; readonly layout: SiteLayout }
  | { readonly ok: false; readonly path: string; readonly why: string };

/** Folder of what Portlock keeps for each proxy. */
export const OWN_FOLDERS: Readonly<Record<ProxyKind, string>> = {
  nginx: "/etc/nginx/portlock",
  caddy: "/etc/caddy/portlock",
  haproxy: "/etc/haproxy/portlock",
};

/** How a proxy checks its files, and what makes a running one load them. */
export function toChecks(kind: ProxyKind): {
  /** Before Portlock's folder may be there. */
  readonly before: ProxyCheck;
  readonly check: ProxyCheck;
  readonly reload: ChangeCommand;
} {
  const check = CHECKS[kind];
  return {
    before: kind === "haproxy" ? ["haproxy", "-c", "-q", "-f", HAPROXY] : check,
    check,
    reload: ["systemctl", "reload", "--", `${kind}.service`],
  };
}

const NGINX = "/etc/nginx/nginx.conf";
const CADDYFILE = "/etc/caddy/Caddyfile";
const HAPROXY = "/etc/haproxy/haproxy.cfg";
const HAPROXY_DEFAULTS = ["/etc/default/haproxy", "/etc/sysconfig/haproxy"] as const;
const HAPROXY_DROP_IN = "/etc/systemd/system/haproxy.service.d/portlock.conf";

const CHECKS: Readonly<Record<ProxyKind, ProxyCheck>> = {
  nginx: ["nginx", "-t", "-q"],
  caddy: ["runuser", "-u", "caddy", "--", "caddy", "validate", "--adapter", "caddyfile", "--config", CADDYFILE],
  haproxy: ["haproxy", "-c", "-q", "-f", HAPROXY, "-f", OWN_FOLDERS.haproxy],
};

/** Files that must have been read before a site of this proxy is laid out. */
export const READ_FIRST: Readonly<Record<ProxyKind, readonly string[]>> = {
  nginx: [NGINX],
  caddy: [CADDYFILE],
  haproxy: [HAPROXY, ...HAPROXY_DEFAULTS, HAPROXY_DROP_IN],
};

/** Lays out the site of that id. */
export function toLayout(kind: ProxyKind, id: string, texts: ReadTexts): LaidOut {
  switch (kind) {
    case "nginx":
      return layOutNginx(id, texts);
    case "caddy":
      return layOutCaddy(id, texts);
    case "haproxy":
      return layOutHaproxy(id, texts);
  }
}

/** Debian keeps sites apart from what is switched on by a link; elsewhere all of conf.d counts. */
function layOutNginx(id: string, texts: ReadTexts): LaidOut {
  const text = texts.get(NGINX) ?? null;
  if (text === null) return { ok: false, path: NGINX, why: "it is not there" };
  const name = `portlock-${id}`;
  const hasSites = includes(text, "/etc/nginx/sites-enabled/*");
  if (!hasSites && !includes(text, "/etc/nginx/conf.d/*.conf")) {
    return { ok: false, path: NGINX, why: "it includes neither sites-enabled/* nor conf.d/*.conf" };
  }
  const site = hasSites ? `/etc/nginx/sites-available/${name}` : `/etc/nginx/conf.d/${name}.conf`;
  const [, user, group] = /^\s*user\s+([^\s;]+)(?:\s+([^\s;]+))?\s*;/m.exec(text) ?? [];
  const { check, reload } = toChecks("nginx");
  return {
    ok: true,
    layout: {
      folders: [OWN_FOLDERS.nginx],
      site,
      links: hasSites ? [[site, `/etc/nginx/sites-enabled/${name}`]] : [],
      files: [],
      appears: [`/var/log/nginx/portlock_${id}.log`],
      group: group ?? user ?? null,
      check,
      loads: [reload],
      restarts: false,
    },
  };
}

function includes(text: string, pattern: string): boolean {
  return text.split("\n").some((line) => {
    const [, included] = /^\s*include\s+([^\s;]+)\s*;/.exec(line) ?? [];
    return included === pattern || `/etc/nginx/${included}` === pattern;
  });
}

/** A Caddyfile is the only file that Caddy is given: one line at its end makes it read those of a folder. */
function layOutCaddy(id: string, texts: ReadTexts): LaidOut {
  const text = texts.get(CADDYFILE) ?? null;
  if (text === null) return { ok: false, path: CADDYFILE, why: "it is not there" };
  const line = `import ${OWN_FOLDERS.caddy}/*.caddy`;
  const lines = text.split("\n");
  const isRead = lines.some((each) => each.trim() === line);
  if (!isRead && isOneSite(text)) return { ok: false, path: CADDYFILE, why: "it is one site without braces" };
  const end = lines.at(-1) === "" ? lines.length : lines.length + 1;
  const { check, reload } = toChecks("caddy");
  const edit = { kind: "splice", splices: [{ line: end, removed: [], inserted: [line] }] } as const;
  return {
    ok: true,
    layout: {
      folders: [OWN_FOLDERS.caddy],
      site: `${OWN_FOLDERS.caddy}/${id}.caddy`,
      links: [],
      files: isRead ? [] : [{ path: CADDYFILE, edit }],
      appears: [],
      group: "caddy",
      check,
      loads: [reload],
      restarts: false,
    },
  };
}

/** Where the first line that says something opens no braces, everything below belongs to one site. */
function isOneSite(text: string): boolean {
  const first = text.split("\n").find((line) => line.trim() !== "" && !line.trim().startsWith("#"));
  return first !== undefined && !/\{\s*(?:#.*)?$|,\s*$|^\s*import\s/.test(first);
}

/**
 * Debian gives HAProxy one file. A drop-in adds a folder, and the file stays as it is. Which files it loads a running
 * HAProxy never changes: the first time it is restarted.
 */
function layOutHaproxy(id: string, texts: ReadTexts): LaidOut {
  if ((texts.get(HAPROXY) ?? null) === null) return { ok: false, path: HAPROXY, why: "it is not there" };
  const setter = HAPROXY_DEFAULTS.find((path) => /^\s*(?:EXTRAOPTS|CONFIG)\s*=/m.test(texts.get(path) ?? ""));
  if (setter !== undefined) return { ok: false, path: setter, why: "it sets EXTRAOPTS or CONFIG itself" };
  const folder = OWN_FOLDERS.haproxy;
  const text = [
    "# Written by Portlock, and taken back by `portlock undo`.",
    "[Service]",
    `Environment="EXTRAOPTS=-S /run/haproxy-master.sock -f ${folder}"`,
    "",
  ].join("\n");
  const { check, reload } = toChecks("haproxy");
  const isLoaded = texts.get(HAPROXY_DROP_IN) === text;
  return {
    ok: true,
    layout: {
      folders: [folder, ...(isLoaded ? [] : ["/etc/systemd/system/haproxy.service.d"])],
      site: `${folder}/${id}.cfg`,
      links: [],
      files: isLoaded ? [] : [{ path: HAPROXY_DROP_IN, edit: { kind: "write", text, mode: 0o644 } }],
      appears: [],
      group: null,
      check,
      loads: isLoaded
        ? [reload]
        : [
            ["systemctl", "daemon-reload"],
            ["systemctl", "restart", "--", "haproxy.service"],
          ],
      restarts: !isLoaded,
    },
  };
}
