import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { acceptsHostName } from "./browser-checks.ts";

const OWN = ["vm", "203.0.113.7", "2001:db8::7"];

/** What Ollama 0.17.4 on 127.0.0.1 served (200) and refused (403), on a machine called `vm`. */
const MEASURED: readonly (readonly [host: string, serves: boolean])[] = [
  ["localhost", true],
  ["LOCALHOST:80", true],
  ["localhost:abc", true],
  ["127.0.0.1:", true],
  [":80", true],
  ["localhost.", false],
  ["a.localhost", true],
  ["A.Internal", true],
  [".local", true],
  ["local", false],
  ["a.local.", false],
  ["example.internal:443", true],
  ["localhost.example.com", false],
  ["vm", true],
  ["VM:1", true],
  ["vm.", false],
  ["127.9.9.9", true],
  ["10.1.2.3", true],
  ["172.16.0.1", true],
  ["172.32.0.1", false],
  ["0.0.0.0", true],
  ["169.254.1.1", false],
  ["100.64.0.1", false],
  ["8.8.8.8", false],
  ["127.1", false],
  ["2130706433", false],
  ["0127.0.0.1", false],
  ["::1", true],
  ["[::1]:80", true],
  ["[::1]", false],
  ["[::]:80", true],
  ["[fd00::1]:80", true],
  ["[fe80::1]:80", false],
  ["[2001:db8::1]:80", false],
  ["[::ffff:127.0.0.1]:80", true],
  ["[::ffff:10.0.0.1]:80", true],
  ["[::ffff:8.8.8.8]:80", false],
];

describe("which Host headers pass the check of a listener on loopback", () => {
  for (const [host, serves] of MEASURED) test(host, () => assert.equal(acceptsHostName(host, OWN), serves));

  for (const host of ["203.0.113.7:11434", "[2001:DB8::7]:11434", "[2001:db8:0::7]:80"]) {
    test(`${host}, an address of its own`, () => assert.ok(acceptsHostName(host, OWN)));
  }
});
