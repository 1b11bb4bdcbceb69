import type { Expectation, LeaveReason, Refusal, Remark } from "../../plan/plan.ts";
import { toCommandLine, toPrintable } from "../printable.ts";
import type { OwnCommand } from "../own-command.ts";
import type { PlanWords } from "./plan-words.ts";
import { GATEWAY_PLAN_EN } from "./gateway-plan.en.ts";
import { MADE } from "./lists.ts";
import { PROXY_PLAN_EN } from "./proxy-plan.en.ts";

export const PLAN_EN: PlanWords = {
  separator: "; ",
  summary: (host, steps, routes) =>
    `Plan for ${host}: ${count(steps, "step", "steps")}, ` +
    (routes === null
      ? "what it closes is not known"
      : routes === 0
        ? "closes no route"
        : `closes ${count(routes, "open route", "open routes")}`) +
    ". Nothing has been changed yet.",
  nothingToDo: (host, verdict) => {
    if (verdict === "exposed")
      return `Nothing is changed on ${host}: it is exposed, and no safe change was found or asked for. What stays open, and why, stands below.`;
    if (verdict === "unknown")
      return `Nothing is changed on ${host}: whether a model server is open to others is not known.`;
    return `Nothing to do on ${host}: no model server is open to others.`;
  },
  notWhole: "Facts are missing: a plan that is made with all of them may hold more.",
  asRoot: "Only root may read this: run the same command with sudo; over SSH, log in as root.",
  steps: {
    "set-unit": (target) => `Change what the service ${target} starts with`,
    "restart-process": (target) => `Start ${target} again on this host's loopback`,
    "edit-compose-file": (target) => `Publish the port of ${target} on this host alone, in its compose file`,
    "recreate-container": (target) => `Make the container ${target} anew, open to this host alone`,
    "add-firewall-rule": (target) => `Close the port in ${target}`,
    "set-mode": (target) => `Let only its owner at ${target}`,
    "remove-leftover": (target) => `Take what has no effect out of ${target}`,
    "check-proxy": (target) => `Let ${target} check its files as they are`,
    "set-proxy-site": (target) => `Put the model server behind ${target}`,
    "set-proxy-people": (target) => `Change who is let in by ${target}`,
    "install-gateway": (target) => `Let in who has a key, by the service ${target}`,
  },
  proxy: PROXY_PLAN_EN,
  gateway: GATEWAY_PLAN_EN,
  headings: {
    runs: "Runs",
    checks: "Then checks",
    undo: "Undo",
    mind: "Mind",
    interrupts: "What is interrupted",
    closes: "What is closed",
    stays: "What stays as it is",
    missing: "What could not be read",
  },
  newFile: (path, mode) => `new file ${path} (mode ${mode})`,
  changedFile: (path) => `change ${path}`,
  removedFile: (path) => `remove ${path}`,
  atLine: (line) => `line ${line}`,
  modeChange: (path, from, to) => `mode of ${path}: ${from} becomes ${to}`,
  filesAsTheyAre: "every file as it is now, byte for byte",
  closes: (who, entry) => `${who}, at ${entry}`,
  interruption: (server, because, loadedModels) =>
    `${server} ${because === "restart" ? "is restarted" : "is stopped and made anew"}: running answers break off` +
    (loadedModels === null
      ? "; how many models are loaded it did not tell"
      : loadedModels === 0
        ? "; no model is loaded now"
        : `, and ${count(loadedModels, "loaded model is", "loaded models are")} unloaded`) +
    ".",
  expectation: toExpectationText,
  remark: toRemarkText,
  leave: toLeaveText,
  refusal: toRefusalText,
};

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function toExpectationText(expectation: Expectation): string {
  switch (expectation.kind) {
    case "unit-active":
      return `${show(expectation.unit)} is active`;
    case "listens-on-loopback-only":
      return `port ${expectation.port} is listened on by loopback alone`;
    case "answers":
      return `it answers at ${show(expectation.address)} port ${expectation.port}`;
    case "refuses-strangers":
      return PROXY_PLAN_EN.refusesStrangers(show(expectation.address), expectation.port);
  }
}

function toRemarkText(remark: Remark, own: OwnCommand): string {
  switch (remark.code) {
    case "lasts-until-reboot":
      return "It lasts until the next reboot.";
    case "others-read-this-file":
      return `${show(remark.path)} is read by every login too: the \`ollama\` command of every user then calls that address.`;
    case "service-reads-whole-file":
      return `From now on the service is given every variable that stands in ${show(remark.path)}.`;
    case "for-every-user":
      return `${show(remark.path)} counts for the service of that name of every user, not of this one alone.`;
    case "stays-closed-after-undo":
      return "Its files said so before, and it only had to be restarted: after an undo it stays closed.";
    case "blocks-downloads":
      return "The service can no longer pull models or use cloud models: its way out is closed too.";
    case "ip-filter-may-be-inert":
      return `On some hosts this filter loads and blocks nothing; only a connection from outside tells (\`${own("verify")}\`).`;
    case "sandbox-score":
      return "How exposed `systemd-analyze security` finds the unit, before and after, stands at the end.";
    case "old-sessions-survive":
      return `Connections that are open now may live on: the rule stops new ones (\`${own("verify")}\` finds them).`;
    case "cloud-models-off":
      return "Models of the cloud can no longer be used through this server.";
    case "keeps-old-container":
      return `The container as it was is kept, stopped, as ${show(remark.container)}, until you remove it.`;
    case "applies-whole-file":
      return `What else was changed in ${remark.paths.map((path) => show(path)).join(", ")} since its last start comes into effect too.`;
    case "run-in-its-terminal":
      return `In its terminal: ${toCommandLine(remark.command)}`;
    case "self-signed":
    case "restarts-proxy":
    case "keys-as-they-are":
    case "no-rate-limit":
    case "opens-port-80":
    case "gateway-serves":
    case "replaces-file":
    case "open-beside":
      return PROXY_PLAN_EN.remark(remark);
    case "no-key-yet":
    case "makes-own-certificate":
    case "certificate-at-restart":
    case "firewall-untouched":
    case "keys-stay-after-undo":
      return GATEWAY_PLAN_EN.remark(remark);
  }
}

function toLeaveText(why: LeaveReason, own: OwnCommand): string {
  switch (why.code) {
    case "not-asked":
      return `not asked for; ${why.flag} does it`;
    case "opened-by":
      return (
        `what is open is ${show(why.by)}${why.place === null ? "" : ` (${show(why.place)})`}, which hands on to the server: ` +
        (MADE.has(why.by)
          ? `let it ask for a credential there, or make a site that does with \`${own("proxy", why.by)}\` and take that one away`
          : "let it ask for a credential there, or end it")
      );
    case "no-safe-change":
      return "there is no change that surely mends it";
    case "set-by-command":
      return `the command that starts ${show(why.unit)} sets its own address, which no drop-in changes: edit its ExecStart=`;
    case "port-taken":
      return `port ${why.port} of this host's loopback is taken by another program: give one of them another port`;
    case "started-by-hand":
      return `it was started by hand: stop it in its terminal and start it with ${toCommandLine(why.command)}, or use --restart-process`;
    case "needs-recreate":
      return (
        `its ports can only be changed by making the container anew: ${toCommandLine(why.command)}` +
        (why.environment.length === 0
          ? ""
          : ` (the file in it must hold the values of ${why.environment.map((name) => show(name)).join(", ")})`) +
        ", or use --recreate"
      );
    case "settings-not-understood":
      return `the container has settings that could not be given to a new one: ${why.settings.map((name) => show(name)).join(", ")}`;
    case "not-inspected":
      return `the engine of the container ${show(why.container)} did not tell how it was made`;
    case "data-in-container":
      return `a new container would not have what was written in this one, outside of its volumes: ${why.paths.map((path) => show(path)).join(", ")}`;
    case "no-compose-client":
      return `it was made by Compose ${show(why.version)}, and no such Compose is found: change its ports in its compose file yourself`;
    case "unknown-variables":
      return `its compose file takes ${why.names.map((name) => show(name)).join(", ")} from the shell it was started in, and those values are not known here`;
    case "user-service":
      return `it is a service of a user's own: run \`${own("harden")}\` as that user or as root`;
    case "owner-decides":
      return "what is right here only its owner knows";
    case "unknown-runner":
      return "who starts it could not be seen";
  }
}

function toRefusalText(refusal: Refusal, own: OwnCommand): { readonly sentence: string; readonly hint: string } {
  switch (refusal.code) {
    case "no-such-server":
      return {
        sentence: `There is no server ${show(refusal.server)} on this host.`,
        hint: `\`${own("audit")}\` lists the servers with their names.`,
      };
    case "method-does-not-fit":
      return {
        sentence: `The method ${refusal.method} does not fit ${show(refusal.server)}, which is run by ${show(refusal.runBy)}.`,
        hint: "Leave --method out: the one that fits is taken.",
      };
    case "facts-missing":
      return {
        sentence: `A plan needs to know ${show(refusal.fact)}, and it could not be read.`,
        hint: `Run as root; \`${own("audit")}\` says under "Could not be read" what is missing and what to do.`,
      };
    case "would-cut-session":
      return {
        sentence: `This would cut your own session from ${show(refusal.source)}.`,
        hint: `Let it through with --allow ${show(refusal.source)}, or run it on the console of the host.`,
      };
    case "would-change-others":
      return {
        sentence: `This would change who reaches other services of this host, on port ${refusal.ports.join(", ")}.`,
        hint: `Where that is meant: ${refusal.ports.map((port) => `--may-change ${port}`).join(" ")}`,
      };
    case "manager-not-in-charge":
      return {
        sentence:
          `${refusal.manager} is not in charge of this host's firewall` +
          `${refusal.inCharge === null ? "" : `, ${refusal.inCharge} is`}: two managers of rules undo each other.`,
        hint: "Use --firewall auto.",
      };
    case "prediction-unsure":
      return {
        sentence: `What the rules of this host would make of the new rule cannot be told (${show(refusal.why)}).`,
        hint: "Close the server by its listen address instead, without --firewall.",
      };
    case "file-not-text":
      return {
        sentence: `${show(refusal.path)} is no UTF-8 text, and is left as it is.`,
        hint: "Mend that file by hand, or use another --method.",
      };
    case "file-not-understood":
      return {
        sentence: `${show(refusal.path)} cannot be edited safely (${show(refusal.why)}).`,
        hint: `Change that file by hand, then run \`${own("verify")}\`.`,
      };
    case "proxy-missing":
    case "proxy-stopped":
    case "which-server":
    case "which-site":
    case "port-held":
    case "name-held":
    case "site-refused":
    case "person-not-plain":
    case "person-there":
    case "no-such-person":
      return PROXY_PLAN_EN.refusal(refusal);
    case "word-not-plain":
    case "gateway-port-held":
      return GATEWAY_PLAN_EN.refusal(refusal);
  }
}

function show(text: string): string {
  return toPrintable(text, 200);
}
