import type { GatewayRefusal, GatewayRemark } from "../../plan/plan.ts";
import { toPrintable } from "../printable.ts";
import type { GatewayPlanWords } from "./plan-words.ts";

/** What a plan about Portlock's own gateway says. */
export const GATEWAY_PLAN_EN: GatewayPlanWords = {
  summary: (host) => `Plan for Portlock's gateway on ${host}. Nothing has been changed yet.`,
  nothingToDo: (host) => `Nothing to do on ${host}: the gateway runs as it is wanted.`,
  remark: toRemarkText,
  refusal: toRefusalText,
};

function toRemarkText(remark: GatewayRemark): string {
  switch (remark.code) {
    case "no-key-yet":
      return "There is no key yet, so nobody is let in. Make one: portlock keys create NAME";
    case "makes-own-certificate":
      return (
        "NOBODY VOUCHES FOR THE CERTIFICATE THAT IT MAKES: clients refuse it until they are given tls-cert.pem of its " +
        "data folder to trust. Do not switch their check off: then anybody on the way can read the key."
      );
    case "certificate-at-restart":
      return "A renewed certificate is taken up by `systemctl restart portlock-gateway`, which lets answers under way end.";
    case "firewall-untouched":
      return `No firewall is changed: where one stands before port ${remark.port}, let in whoever is to come.`;
    case "keys-stay-after-undo":
      return `The undo takes the service away and leaves the keys, the usage and the audit log in ${show(remark.folder)}.`;
  }
}

function toRefusalText(refusal: GatewayRefusal): { readonly sentence: string; readonly hint: string } {
  switch (refusal.code) {
    case "word-not-plain":
      return {
        sentence: `"${show(refusal.text)}" cannot stand in the unit of a service.`,
        hint: "Use paths and places without blanks, quotes and dollar signs.",
      };
    case "gateway-port-held":
      return {
        sentence: `Port ${refusal.port} is held by ${show(refusal.by)}.`,
        hint: "Choose another one with --listen, or end what holds it.",
      };
  }
}

function show(text: string): string {
  return toPrintable(text, 200);
}
