import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as fc from "fast-check";
import { parseZoneFile, parseZoneListing } from "./firewalld-zones.ts";
import { gatherFirewalld } from "./firewalld.ts";
import { openWrittenHost } from "./written-host.fixture.ts";

function readSaved(name: string): string {
  return readFileSync(new URL(`saved/firewalld-1.3.3-${name}`, import.meta.url), "utf8");
}
/** Public runs with port 8080 and one rich rule more than its file has, and without port 11434. */
const LISTING = readSaved("list-all-zones.txt");
const PUBLIC = readSaved("public.xml");
const ASK = "firewall-cmd --list-all-zones";
const INSTALLED = { "/etc/firewalld/firewalld.conf": "DefaultZone=public\n" };

const NOT_SAID =
  'rule priority="-5" family="ipv4" source NOT address="198.51.100.0/24" port port="11434" protocol="tcp" drop';
const REJECTED = 'rule family="ipv4" source address="203.0.113.0/24" reject';

test("zones are read as firewalld runs them", () => {
  const zones = parseZoneListing(LISTING, ASK);
  assert.deepEqual(
    zones.map(({ name, target }) => `${name} ${target}`),
    [
      "block %%REJECT%%",
      "dmz default",
      "drop DROP",
      "external default",
      "home default",
      "internal default",
      "public default",
      "trusted ACCEPT",
      "work default",
    ],
  );
  assert.deepEqual(zones.find(({ name }) => name === "internal")?.sources, ["10.77.0.0/24"]);
  assert.deepEqual(
    zones.find(({ name }) => name === "public"),
    {
      name: "public",
      target: "default",
      sources: [],
      services: ["dhcpv6-client", "ssh"],
      ports: ["8080/tcp"],
      forwardPorts: ["port=80:proto=tcp:toport=8080:toaddr="],
      richRules: [
        NOT_SAID,
        REJECTED,
        'rule family="ipv6" source address="2001:db8::/32" port port="11434" protocol="tcp" accept',
      ],
      from: ASK,
    },
  );
});

test("a zone's file says the same in the same words", () => {
  assert.deepEqual(parseZoneFile(PUBLIC, "public", "/etc/firewalld/zones/public.xml"), {
    name: "public",
    target: "default",
    sources: [],
    services: ["ssh", "dhcpv6-client"],
    ports: ["11434/tcp"],
    forwardPorts: [],
    richRules: [REJECTED, NOT_SAID],
    from: "/etc/firewalld/zones/public.xml",
  });
});

test("what is commented out of a zone's file does not count", () => {
  const text = '<zone target="DROP"><!-- <port port="1" protocol="tcp"/> --><source mac="00:11:22:33:44:55"/><!-- ';
  assert.deepEqual(parseZoneFile(`${text}<port port="2" protocol="tcp"/>`, "x", "x"), {
    name: "x",
    target: "DROP",
    sources: ["00:11:22:33:44:55"],
    services: [],
    ports: [],
    forwardPorts: [],
    richRules: [],
    from: "x",
  });
  assert.equal(parseZoneFile("<service/>", "x", "x"), null);
});

test("files of the administrator take the place of those that come with firewalld", async () => {
  const host = openWrittenHost({
    files: {
      ...INSTALLED,
      "/usr/lib/firewalld/zones/public.xml": '<zone><service name="ssh"/></zone>',
      "/usr/lib/firewalld/zones/drop.xml": '<zone target="DROP"/>',
      "/etc/firewalld/zones/public.xml": PUBLIC,
      "/etc/firewalld/zones/public.xml.old": "<zone/>",
    },
    commands: { [ASK]: LISTING },
  });
  const firewalld = await gatherFirewalld(host, { running: true, unasked: null });
  assert.ok(firewalld.ok && firewalld.value.permanent.ok && firewalld.value.runtime.ok);
  assert.deepEqual(
    firewalld.value.permanent.value.map(({ from }) => from),
    ["/usr/lib/firewalld/zones/drop.xml", "/etc/firewalld/zones/public.xml"],
  );
  assert.equal(firewalld.value.runtime.value.length, 9);
});

test("firewalld is not asked where it does not run, and nothing is read where it is not installed", async () => {
  const stopped = openWrittenHost({ files: INSTALLED, commands: { [ASK]: LISTING } });
  const firewalld = await gatherFirewalld(stopped, { running: false, unasked: null });
  assert.ok(firewalld.ok);
  assert.deepEqual(stopped.asked, ["/etc/firewalld/firewalld.conf"]);
  assert.equal(firewalld.value.runtime.ok, false);

  const without = await gatherFirewalld(openWrittenHost({}), { running: null, unasked: null });
  assert.equal(without.ok ? null : without.why, "absent");
});

test("firewalld is not asked where that would start polkit", async () => {
  const host = openWrittenHost({ files: INSTALLED, commands: { [ASK]: LISTING } });
  const firewalld = await gatherFirewalld(host, { running: true, unasked: { why: "denied", detail: "x" } });
  assert.ok(firewalld.ok && firewalld.value.permanent.ok);
  assert.equal(firewalld.value.runtime.ok ? null : firewalld.value.runtime.why, "denied");
  assert.ok(!host.asked.includes(ASK));
});

const REFUSALS = [
  { exitCode: 252, stderr: "\u001b[91mFirewallD is not running\u001b[00m\n", why: "absent" },
  { exitCode: 253, stderr: "Authorization failed.\n", why: "denied" },
];
for (const { exitCode, stderr, why } of REFUSALS) {
  test(`what firewalld keeps to itself is not "no zones": ${stderr.trim()}`, async () => {
    const host = openWrittenHost({ files: INSTALLED, commands: { [ASK]: { exitCode, stdout: "", stderr } } });
    const firewalld = await gatherFirewalld(host, { running: null, unasked: null });
    assert.ok(firewalld.ok);
    assert.equal(firewalld.value.runtime.ok ? null : firewalld.value.runtime.why, why);
  });
}

test("random and damaged zones never throw", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat({ max: PUBLIC.length }), (text, at) => {
      parseZoneFile(PUBLIC.slice(0, at) + text + PUBLIC.slice(at), "x", "x");
      parseZoneListing(LISTING.slice(0, at) + text + LISTING.slice(at), "x");
    }),
  );
});
