import type { ManagerName } from "../../judge/finding.ts";
import type { RuleWords } from "../report.ts";
import type { FirewallRuleId } from "./firewall-rule-id.ts";
import { listInEnglish as list, show } from "./lists.ts";
import { MANAGER_NAMES } from "./product-names.ts";

/** The rules about packet filters and those who manage them, in English, ASCII only. */
export const FIREWALL_RULES_EN: { readonly [Id in FirewallRuleId]: RuleWords<Id> } = {
  "ufw-inactive": {
    what: "ufw was given rules, and it is switched off.",
    title: ({ rules, command }) =>
      `ufw has ${rules} rule${rules === 1 ? "" : "s"} and is inactive: ` +
      (command === null ? "none of them is in force" : `${show(command)} is not in force`),
    why: "While ufw is inactive, none of its rules is loaded, neither those that let in nor its default to deny the rest.",
    fix: () =>
      "Allow first what must stay reachable, such as `sudo ufw allow OpenSSH` where you come in by SSH, then `sudo ufw " +
      "enable`. If something else is the firewall of this host, take ufw's rules away with `sudo ufw reset`.",
    check: "`sudo ufw status` says `Status: active` and lists the rules.",
  },
  "firewalld-unsaved": {
    what: "firewalld runs with something else than its files say.",
    title: ({ zone, onlyNow, onlySaved }) =>
      `Zone ${show(zone)} of firewalld will change at the next reload: ` +
      [
        ...(onlyNow.length > 0 ? [`${list(onlyNow)} will be gone`] : []),
        ...(onlySaved.length > 0 ? [`${list(onlySaved)} will come`] : []),
      ].join("; "),
    why:
      "What was set without --permanent ends with the next reload of firewalld or start of the host, and what was set " +
      "with --permanent begins only then. A package that is installed may reload it.",
    fix: () =>
      "If what runs now is right, keep it: `sudo firewall-cmd --runtime-to-permanent`. If the files are, load them: " +
      "`sudo firewall-cmd --reload`.",
    check: "`firewall-cmd --zone=ZONE --list-all` and `firewall-cmd --permanent --zone=ZONE --list-all` say the same.",
  },
  "rule-managers-fight": {
    what: "Two programs manage the packet filter, and one takes away the rules of the other.",
    title: ({ by, of, flushes }) =>
      by === "ufw"
        ? `ufw and ${joinManagers(of)} both manage the packet filter, and neither knows of the other's rules`
        : `Whenever ${show(by)} starts, it takes away ` +
          `${flushes ? "every rule there is" : "the tables its files name"}, those of ${joinManagers(of)} too`,
    why:
      "A start or an update of one of them opens or closes ports that the other one was told about, and its own status " +
      "goes on to say that all is well.",
    fix: ({ by, of, flushes }) =>
      by === "ufw"
        ? "Keep one of them: `sudo ufw disable`, or `sudo systemctl disable --now firewalld`, once the other has all the rules."
        : `Keep one of them. To keep ${joinManagers(of)}: \`sudo systemctl disable ${show(by)}\`` +
          (flushes ? "; do not stop it, for that takes away all rules as well." : "."),
    check: "After the next start of the host, `sudo nft list ruleset` still shows the rules of the one you kept.",
  },
  "rule-lost-on-reload": {
    what: "A rule that was added by hand has no effect any more after the next start or reload of Docker or firewalld.",
    title: ({ manager, chain, how, rules }) =>
      how === "put-behind"
        ? `${list(rules)} in ${show(chain)} holds until ${toManager(manager)} starts again, and puts its own rules before it`
        : `${list(rules)} in ${show(chain)} holds until ${toManager(manager)} makes its rules anew, and is then gone`,
    why:
      "Docker makes its chain DOCKER anew when it starts, and puts its jumps at the head of FORWARD; firewalld does so " +
      "with all its chains at every reload. An update of the package is enough.",
    fix: ({ manager }) =>
      manager === "docker"
        ? "Put it into the chain DOCKER-USER, which Docker leaves alone, and save it. There the port is the container's own."
        : "Tell firewalld: `sudo firewall-cmd --permanent --add-rich-rule='...'` and `sudo firewall-cmd --reload`.",
    check:
      "After `sudo systemctl restart docker`, or `sudo firewall-cmd --reload`, a connection that it stops still fails.",
  },
};

function joinManagers(names: readonly ManagerName[]): string {
  return names.map(toManager).join(" and ");
}

function toManager(name: ManagerName): string {
  return MANAGER_NAMES[name];
}
