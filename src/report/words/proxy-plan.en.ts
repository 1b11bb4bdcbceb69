import type { ProxyRefusal, ProxyRemark } from "../../plan/plan.ts";
import type { SiteRefusal } from "../../proxy/refuse-site.ts";
import { toPrintable } from "../printable.ts";
import type { ProxyPlanWords } from "./plan-words.ts";

const PRODUCTS = { nginx: "nginx", caddy: "Caddy", haproxy: "HAProxy" } as const;

/** What a plan says about a reverse proxy. */
export const PROXY_PLAN_EN: ProxyPlanWords = {
  summary: (host, proxy) => `Plan for ${PRODUCTS[proxy]} on ${host}. Nothing has been changed yet.`,
  nothingToDo: (host, proxy) => `Nothing to do on ${host}: ${PRODUCTS[proxy]} is as it is wanted.`,
  lets: (path, mode) =>
    `${path}${mode === null ? "" : ` (mode ${mode})`}, a line for each person, made when this is applied`,
  person: (name) => `${name}: a credential that is shown once`,
  refusesStrangers: (address, port) => `whoever shows no credential at ${address} port ${port} is answered 401`,
  remark: toRemarkText,
  refusal: toRefusalText,
};

function toRemarkText(remark: ProxyRemark): string {
  switch (remark.code) {
    case "self-signed":
      return (
        `NOBODY VOUCHES FOR THIS CERTIFICATE (${show(remark.certificate)}): clients refuse it until they are given ` +
        "that file to trust. Do not switch their check off: then anybody on the way can read the credential."
      );
    case "restarts-proxy":
      return `${PRODUCTS[remark.proxy]} is restarted this once, because it never loads another file otherwise: connections of its other sites break off.`;
    case "keys-as-they-are":
      return `nginx cannot compare hashes of keys: ${show(remark.path)} holds them as they are, and only root can read it.`;
    case "no-rate-limit":
      return "Caddy has no limit of requests of its own: --rate has no effect here.";
    case "opens-port-80":
      return "To get a certificate Caddy listens on port 80 too; there it only sends on to HTTPS.";
    case "gateway-serves":
      return "HAProxy cannot ask the gateway about a key: it hands every request on to it, and the gateway asks the model server.";
    case "replaces-file":
      return `What stands in ${show(remark.path)} now goes, and comes back with the undo.`;
    case "open-beside":
      return `${show(remark.server)} is open to others beside the proxy: close it with \`portlock harden\`.`;
  }
}

function toRefusalText(refusal: ProxyRefusal): { readonly sentence: string; readonly hint: string } {
  switch (refusal.code) {
    case "proxy-missing":
      return {
        sentence: `${PRODUCTS[refusal.proxy]} is not installed on this host.`,
        hint: `Install it first; on Debian and Ubuntu: apt-get install ${refusal.proxy}`,
      };
    case "proxy-stopped":
      return {
        sentence: `${PRODUCTS[refusal.proxy]} does not run as the service ${refusal.proxy}.service.`,
        hint: `Start it first: systemctl enable --now ${refusal.proxy}`,
      };
    case "which-server":
      return refusal.servers.length === 0
        ? {
            sentence: "There is no Ollama on this host.",
            hint: "Start it first; `portlock audit` lists what is found.",
          }
        : {
            sentence: "There are several servers on this host.",
            hint: `Say which one: ${refusal.servers.map((id) => `--server ${show(id)}`).join(", ")}`,
          };
    case "port-held":
      return {
        sentence: `Port ${refusal.port} is held by ${show(refusal.by)}.`,
        hint: "Choose another one with --listen; a port of this proxy's own is shared by a --name (not by HAProxy).",
      };
    case "name-held":
      return {
        sentence: `${show(refusal.name)} is the name of another site on that port, in ${show(refusal.by)}.`,
        hint: `Choose another --name; to put this site in the place of that one: --site ${show(refusal.by)}`,
      };
    case "site-refused":
      return toSiteRefusalText(refusal.why);
    case "person-not-plain":
      return {
        sentence: `"${show(refusal.name)}" cannot be the name of somebody who is let in.`,
        hint: "Use up to 32 small letters, digits, - and _.",
      };
    case "person-there":
      return {
        sentence: `${show(refusal.name)} is let in already.`,
        hint: "For a new credential remove the old one first: portlock proxy users remove",
      };
    case "no-such-person":
      return {
        sentence: `${show(refusal.name)} is not let in.`,
        hint:
          refusal.people.length === 0
            ? "Nobody is."
            : `Let in are: ${refusal.people.map((name) => show(name)).join(", ")}.`,
      };
    case "which-site":
      return refusal.sites.length === 0
        ? {
            sentence: "Portlock has made no site here that has people of its own.",
            hint: "Make one: portlock proxy nginx",
          }
        : {
            sentence: "There are several sites on this host.",
            hint: `Say which one: ${refusal.sites.map((site) => `--site ${show(site)}`).join(", ")}`,
          };
  }
}

function toSiteRefusalText(refusal: SiteRefusal): { readonly sentence: string; readonly hint: string } {
  switch (refusal.code) {
    case "plain-http-elsewhere":
      return {
        sentence: `Without TLS everybody on the way to ${show(refusal.address)} could read the credentials.`,
        hint: "Give --tls-cert and --tls-key, or --tls-self-signed; with Caddy a --name is enough. On 127.0.0.1 none is needed.",
      };
    case "not-plain":
      return {
        sentence: `"${show(refusal.text)}" cannot stand in a configuration.`,
        hint: "Use names, origins and paths without blanks and quotes.",
      };
    case "nothing-allowed":
      return { sentence: "No scope is let through.", hint: "Give --scope inference, read or manage." };
    case "automatic-needs-name":
      return {
        sentence: "Caddy gets a certificate only for a name of the internet.",
        hint: "Give --name ai.example.com.",
      };
    case "automatic-not-here":
      return { sentence: "Only Caddy gets certificates by itself.", hint: "Give --tls-cert and --tls-key." };
  }
}

function show(text: string): string {
  return toPrintable(text, 200);
}
