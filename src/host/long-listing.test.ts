import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseLinkPattern } from "./link-pattern.ts";
import type { LinkPattern } from "./link-pattern.ts";
import { parseLinkListing, parseStatusListing } from "./long-listing.ts";

function patternOf(text: string): LinkPattern {
  const pattern = parseLinkPattern(text);
  assert.ok(pattern);
  return pattern;
}

// ls -lnb -- /dev/null /proc/14042/fd/ /proc/14043/fd/ of GNU coreutils 9.1, Debian 12
const GNU = String.raw`crw-rw-rw- 1 0 0 1, 3 Nov 21 23:49 /dev/null

/proc/14042/fd/:
total 0
lr-x------ 1 0 0 64 Nov 22 20:50 0 -> pipe:[181687]
lrwx------ 1 0 0 64 Nov 22 20:50 13 -> socket:[181690]
lrwx------ 1 0 0 64 Nov 22 20:50 14

/proc/14043/fd/:
total 0
l-wx------ 1 0 0 64 Nov 22 20:50 1 -> /tmp/\346\250\241\ -\>\ x\n\ty\\
`;

// busybox ls -ln of BusyBox 1.35, Debian 12
const BUSYBOX = `crw-rw-rw-    1 0        0           1,   3 Nov 21 23:49 /dev/null

/proc/7/fd/:
total 0
lrwx------    1 0        0               64 Nov 22  2025 3 -> /tmp/a -> b?c
`;

test("links are read from the listing of directories", () => {
  assert.deepEqual(parseLinkListing(GNU, patternOf("/proc/*/fd/*"), "escape"), [
    { path: "/proc/14042/fd/0", target: "pipe:[181687]" },
    { path: "/proc/14042/fd/13", target: "socket:[181690]" },
    { path: "/proc/14043/fd/1", target: "/tmp/模 -> x\n\ty\\" },
  ]);
});

test("names of /proc hold no arrow, so the first one ends a masked name", () => {
  assert.deepEqual(parseLinkListing(BUSYBOX, patternOf("/proc/*/fd/*"), "mask"), [
    { path: "/proc/7/fd/3", target: "/tmp/a -> b?c" },
  ]);
});

// busybox ls -ln /dev/null /etc/systemd/system/*/ of BusyBox 1.35, Debian 12
const BUSYBOX_UNITS = `crw-rw-rw-    1 0        0           1,   3 Nov 28 05:28 /dev/null

/etc/systemd/system/sysinit.target.wants/:
total 0
lrwxrwxrwx    1 0        0               40 Nov 28 05:29 nftables.service -> /lib/systemd/system/nftables.service
`;

test("elsewhere a masked listing is read where it leaves nothing open", () => {
  assert.deepEqual(parseLinkListing(BUSYBOX_UNITS, patternOf("/etc/systemd/system/*/*"), "mask"), [
    {
      path: "/etc/systemd/system/sysinit.target.wants/nftables.service",
      target: "/lib/systemd/system/nftables.service",
    },
  ]);
});

for (const [what, listing] of [
  ["a second arrow, which may belong to the name or to the target", BUSYBOX],
  ["arrows that share a blank", BUSYBOX.replace("/tmp/a -> b?c", "-> b")],
  ["a masked sign in a name", BUSYBOX_UNITS.replace("nftables.service ->", "nft?bles.service ->")],
  ["a masked sign in the name of its directory", BUSYBOX_UNITS.replace("sysinit", "sys?nit")],
] as const) {
  test(`elsewhere a masked listing is not read: ${what}`, () => {
    assert.notEqual(listing, BUSYBOX_UNITS);
    assert.equal(parseLinkListing(listing, patternOf("/etc/systemd/system/*/*"), "mask"), null);
    assert.equal(parseLinkListing(listing, patternOf("/process/*"), "mask"), null);
  });
}

test("links that were listed by their whole path are read too, others than asked for are left out", () => {
  const listing =
    "lrwxrwxrwx 1 0 0 0 Nov 22 20:50 /proc/1/ns/net -> net:[1]\nlrwxrwxrwx 1 0 0 0 Nov 22 20:50 /etc/x -> y\n";
  assert.deepEqual(parseLinkListing(listing, patternOf("/proc/*/ns/net"), "escape"), [
    { path: "/proc/1/ns/net", target: "net:[1]" },
  ]);
});

test("a line that is not of ls makes the whole listing unread", () => {
  assert.equal(
    parseLinkListing("lrwxrwxrwx 1 root root 0 Nov 22 20:50 /proc/1/exe -> x", patternOf("/proc/*/exe"), "escape"),
    null,
  );
});

test("an entry that could not be looked at is left out", () => {
  assert.deepEqual(parseLinkListing("l????????? ? ? ? ?            ? 3\n", patternOf("/proc/*/fd/*"), "escape"), []);
});

const NOW = new Date("2026-03-10T12:00:00Z");
for (const [line, expected] of [
  ["-rw-r----- 1 0 42 1093 Mar 10 11:59 /etc/shadow", ["file", 0o640, 0, 42, 1093, "2026-03-10T11:59:00.000Z"]],
  ["drwxrwxrwt 21 0 0 4096 Dec 31 23:59 /tmp", ["directory", 0o1777, 0, 0, 4096, "2025-12-31T23:59:00.000Z"]],
  ["-rwsr-sr-T 1 1 2 3 Feb 28  2024 /x", ["file", 0o7754, 1, 2, 3, "2024-02-28T00:00:00.000Z"]],
  ["-rw-rw-r--+ 1 1 2 3 Mar 10 12:01 /x", ["file", 0o664, 1, 2, 3, "2026-03-10T12:01:00.000Z"]],
  ["srw-rw---- 1 0 998 0 Mar  1 00:00 /run/docker.sock", ["socket", 0o660, 0, 998, 0, "2026-03-01T00:00:00.000Z"]],
  ["crw-rw-rw-    1 0  0    1,   3 Mar 1 00:00 /dev/null", ["other", 0o666, 0, 0, 0, "2026-03-01T00:00:00.000Z"]],
] as const) {
  test(`ls tells the status: ${line}`, () => {
    const [kind, mode, uid, gid, sizeBytes, modifiedAt] = expected;
    assert.deepEqual(parseStatusListing(line, NOW), { kind, mode, uid, gid, sizeBytes, modifiedAt });
  });
}

test("no text makes the parsers throw, and no link is invented outside the pattern", () => {
  const mutated = fc
    .tuple(fc.constantFrom(GNU, BUSYBOX), fc.nat(), fc.nat(40), fc.string())
    .map(([text, at, length, inserted]) => {
      const start = at % text.length;
      return text.slice(0, start) + inserted + text.slice(start + length);
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string({ unit: "binary" })), fc.constantFrom("escape", "mask"), (text, style) => {
      for (const link of parseLinkListing(text, patternOf("/proc/*/fd/*"), style) ?? []) {
        assert.match(link.path, /^\/proc\/[^/]*\/fd\/[^/]*$/);
      }
      parseStatusListing(text, NOW);
    }),
  );
});
