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
  "rule-never-reached": {
    what: "A rule about a model server's port is never reached: an earlier one takes every connection it is about.",
    title: ({ ruleText, behind, stops }) =>
      `${show(ruleText)} ${stops ? "stops nobody" : "lets nobody in"}: ${show(behind)} comes before it`,
    why:
      "Rules are tried in their order, and the first that accepts, drops or returns ends the matter. ufw puts a new rule " +
      "behind those it has, and so does `iptables -A`.",
    fix: ({ stops }) =>
      (stops
        ? "If the later rule is meant, put it first: with ufw `sudo ufw delete RULE` and `sudo ufw insert 1 RULE`, with " +
          "iptables `-I` in place of `-A`. "
        : "If the earlier rule is not meant any more, take it away: with ufw `sudo ufw delete RULE`, with iptables `-D` in " +
          "place of `-A`. ") + "Otherwise remove the rule that is never reached, so that nobody counts on it.",
    check: "`sudo portlock trace --from ADDRESS --to HOST:11434` names the rule as the one that decides.",
  },
  "rule-for-one-family": {
    what: "Rules keep others from a model server's port by IPv4 alone or by IPv6 alone, and the other one is forgotten.",
    title: ({ family, by, entries }) =>
      `${show(by)} holds for IPv${family} alone: by IPv${family === 4 ? 6 : 4} others get in at ${list(entries)}`,
    why:
      "iptables and ip6tables are two sets of rules, and so are nftables' tables `ip` and `ip6`. A server on every address " +
      "answers both, and every neighbour has an IPv6 address for the link without anybody's doing.",
    fix: () =>
      "Write the same rule for the other family: with ip6tables beside iptables, or once for both in a table `inet` of " +
      "nftables. ufw writes both as long as /etc/default/ufw says IPV6=yes.",
    check:
      "From another machine, `curl -m 3 'http://[ADDRESS]:11434/'` fails for the host's IPv6 address, and for IPv4 too.",
  },
  "default-policy-accept": {
    what: "A packet filter is set up, none of its rules stops others at an exposed server, and the rest is let in.",
    title: ({ policies, entries }) => `No rule stops others at ${list(entries)}: ${list(policies)}`,
    why:
      "A filter that lets in whatever no rule is about opens each new service as soon as it listens, as it does this " +
      "server. Where the policy is to drop, only what somebody named gets in.",
    fix: () =>
      "Let in first what must stay reachable, such as SSH, and then deny the rest: `sudo ufw default deny incoming`, or the " +
      "policy drop in the chain. Who does it over the network may lock himself out.",
    check: "`sudo nft list ruleset` shows `policy drop` for that chain, and a connection from another machine fails.",
  },
  "session-outlives-rule": {
    what: "Connections to a model server go on from where rules stop every new one.",
    title: ({ sources, by, goesOn }) =>
      `Open connections from ${list(sources)} ${goesOn ? "go on" : "may go on"}, although ${show(by)} stops new ones`,
    why:
      "Most rule sets let pass first what belongs to an established connection. Whoever was connected before the port was " +
      "closed goes on using the server for as long as he keeps the connection.",
    fix: () => "Restart the server: that ends its connections, and those who are stopped cannot come back.",
    check: "`ss -H -tn state established sport = :11434` names nobody whom the rules stop.",
  },
};

function joinManagers(names: readonly ManagerName[]): string {
  return names.map(toManager).join(" and ");
}

function toManager(name: ManagerName): string {
  return MANAGER_NAMES[name];
}
