import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { parseListenAddress, type ListenAddress } from "./listen-address.ts";

/**
 * Measured in an empty network namespace with Ollama 0.17.4 and 0.6.5, built by Go 1.26. `go` is the socket with Go's own resolver, `libc` with GODEBUG=netdns=cgo (glibc 2.36);
 * `-` means that no socket was opened.
 */
const MEASURED: readonly (readonly [value: string, go: string, libc: string, ours: string, remarks: string])[] = [
  ["", "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", ""],
  ["   ", "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", ""],
  ["127.0.0.1", "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", ""],
  ["127.0.0.1:11434", "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", ""],
  ["[127.0.0.1]", "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", ""],
  ["::ffff:127.0.0.1", "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", ""],
  ["::1", "[::1]:11434", "[::1]:11434", "loopback [::1]:11434", ""],
  ["[::1]", "[::1]:11434", "[::1]:11434", "loopback [::1]:11434", ""],
  ["[::1]:8080", "[::1]:8080", "[::1]:8080", "loopback [::1]:8080", ""],
  ["localhost", "127.0.0.1:11434", "127.0.0.1:11434", "resolves localhost, usually 127.0.0.1:11434", ""],
  ["LOCALHOST", "127.0.0.1:11434", "127.0.0.1:11434", "resolves LOCALHOST, usually 127.0.0.1:11434", ""],
  ["0.0.0.0", "[::]:11434", "[::]:11434", "every-address [::]:11434", "ipv4-wildcard-takes-ipv6"],
  ["0.0.0.0:11434", "[::]:11434", "[::]:11434", "every-address [::]:11434", "ipv4-wildcard-takes-ipv6"],
  ["::ffff:0.0.0.0", "[::]:11434", "[::]:11434", "every-address [::]:11434", "ipv4-wildcard-takes-ipv6"],
  ["::", "[::]:11434", "[::]:11434", "every-address [::]:11434", ""],
  ["[::]", "[::]:11434", "[::]:11434", "every-address [::]:11434", ""],
  ["[::]:11434", "[::]:11434", "[::]:11434", "every-address [::]:11434", ""],
  ["0:0:0:0:0:0:0:0", "[::]:11434", "[::]:11434", "every-address [::]:11434", ""],
  ["::%lo", "[::]:11434", "[::]:11434", "every-address [::]:11434", ""],
  ["[]", "[::]:11434", "[::]:11434", "every-address [::]:11434", "all-interfaces-by-empty-host"],
  ["[]:11434", "[::]:11434", "[::]:11434", "every-address [::]:11434", "all-interfaces-by-empty-host"],
  [":8080", "[::]:8080", "[::]:8080", "every-address [::]:8080", "all-interfaces-by-empty-host"],
  [":", "[::]:11434", "[::]:11434", "every-address [::]:11434", "all-interfaces-by-empty-host bad-port-default"],
  [":66000", "[::]:11434", "[::]:11434", "every-address [::]:11434", "all-interfaces-by-empty-host bad-port-default"],
  [":-1", "[::]:11434", "[::]:11434", "every-address [::]:11434", "all-interfaces-by-empty-host bad-port-default"],
  ["0.0.0.0:abc", "[::]:11434", "[::]:11434", "every-address [::]:11434", "bad-port-default ipv4-wildcard-takes-ipv6"],
  ["[::]:", "[::]:11434", "[::]:11434", "every-address [::]:11434", "bad-port-default"],
  ["[::ffff:0.0.0.0]:5", "[::]:5", "[::]:5", "every-address [::]:5", "ipv4-wildcard-takes-ipv6"],
  ["0.0.0.0:1e3", "[::]:11434", "[::]:11434", "every-address [::]:11434", "bad-port-default ipv4-wildcard-takes-ipv6"],
  ["127.0.0.1:-0", "127.0.0.1:0", "127.0.0.1:0", "loopback 127.0.0.1:0", "random-port"],
  ["[::1%lo]:8080", "[::1]:8080", "[::1]:8080", "loopback [::1]:8080", ""],
  ["[[::]]:8080", "-", "-", "fails not-an-address", ""],
  ["0.0.0.0%lo", "-", "-", "fails no-such-name", ""],
  ["0.0.0.0 :8080", "-", "-", "fails no-such-name", "several-addresses"],
  ["127.0.0.1.", "-", "-", "resolves 127.0.0.1.", ""],
  ["127.0.0.01", "-", "127.0.0.1:11434", "resolves 127.0.0.01", "number-form-address"],
  ["017700000001", "-", "127.0.0.1:11434", "resolves 017700000001", "number-form-address"],
  [
    "localhost:99999",
    "127.0.0.1:11434",
    "127.0.0.1:11434",
    "resolves localhost, usually 127.0.0.1:11434",
    "bad-port-default",
  ],
  ["0", "-", "[::]:11434", "resolves 0", "number-form-address"],
  ["127.1", "-", "127.0.0.1:11434", "resolves 127.1", "number-form-address"],
  ["2130706433", "-", "127.0.0.1:11434", "resolves 2130706433", "number-form-address"],
  ["0x7f.1", "-", "127.0.0.1:11434", "resolves 0x7f.1", "number-form-address"],
  ["8080", "-", "-", "fails no-such-name", "bare-number-is-a-name"],
  ["11434", "-", "-", "fails no-such-name", "bare-number-is-a-name"],
  ["::1:8080", "-", "-", "one-address [::1:8080]:11434", "ipv6-needs-brackets"],
  ["fe80::1:11434", "-", "-", "fails no-such-name", "ipv6-needs-brackets"],
  ["fe80::1", "-", "-", "fails link-local-without-zone", ""],
  ["http://127.0.0.1", "127.0.0.1:80", "127.0.0.1:80", "loopback 127.0.0.1:80", "port-from-scheme"],
  ["http://0.0.0.0", "[::]:80", "[::]:80", "every-address [::]:80", "port-from-scheme ipv4-wildcard-takes-ipv6"],
  [
    "https://0.0.0.0",
    "[::]:443",
    "[::]:443",
    "every-address [::]:443",
    "port-from-scheme scheme-without-tls ipv4-wildcard-takes-ipv6",
  ],
  ["http://127.0.0.1:80", "127.0.0.1:80", "127.0.0.1:80", "loopback 127.0.0.1:80", ""],
  ["http://0.0.0.0:11434/", "[::]:11434", "[::]:11434", "every-address [::]:11434", "ipv4-wildcard-takes-ipv6"],
  [
    "0.0.0.0:11434/api",
    "[::]:11434",
    "[::]:11434",
    "every-address [::]:11434",
    "ipv4-wildcard-takes-ipv6 path-ignored",
  ],
  ["HTTP://0.0.0.0", "[::]:11434", "[::]:11434", "every-address [::]:11434", "scheme-ignored ipv4-wildcard-takes-ipv6"],
  ["tcp://127.0.0.1:11434", "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", "scheme-ignored"],
  ["//0.0.0.0", "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", "becomes-a-path"],
  [
    "unix:///tmp/x.sock",
    "127.0.0.1:11434",
    "127.0.0.1:11434",
    "loopback 127.0.0.1:11434",
    "becomes-a-path scheme-ignored",
  ],
  [
    "127.0.0.1:11434 # note",
    "127.0.0.1:11434",
    "127.0.0.1:11434",
    "loopback 127.0.0.1:11434",
    "comment-in-value bad-port-default",
  ],
  ["127.0.0.1 # my note", "-", "-", "fails no-such-name", "comment-in-value"],
  ["127.0.0.1,0.0.0.0", "-", "-", "fails no-such-name", "several-addresses"],
  ["127.0.0.1 0.0.0.0", "-", "-", "fails no-such-name", "several-addresses"],
  ["*", "-", "-", "fails no-such-name", "wildcard-character"],
  ["*:11434", "-", "-", "fails no-such-name", "wildcard-character"],
  ["user:pw@host", "-", "-", "resolves user", "credentials-in-value bad-port-default"],
  ["“0.0.0.0”", "-", "-", "fails no-such-name", "curly-quotes"],
  ["a:b:c", "-", "-", "fails no-such-name", ""],
  ["[::1", "[::1]:11434", "[::1]:11434", "loopback [::1]:11434", ""],
  ["a]b", "-", "-", "fails not-an-address", ""],
  ['"127.0.0.1"', "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", "quotes-removed"],
  ["'127.0.0.1:8080'", "127.0.0.1:8080", "127.0.0.1:8080", "loopback 127.0.0.1:8080", "quotes-removed"],
  ['" 127.0.0.1 ', "127.0.0.1:11434", "127.0.0.1:11434", "loopback 127.0.0.1:11434", "quotes-removed"],
  ["192.168.1.5", "-", "-", "one-address 192.168.1.5:11434", ""],
  ["FE80::0:1%eth0", "-", "-", "one-address [fe80::1%eth0]:11434", ""],
  ["ollama.com", "-", "-", "resolves ollama.com", "cloud-name"],
  ["127.0.0.1:+8080", "127.0.0.1:8080", "127.0.0.1:8080", "loopback 127.0.0.1:8080", ""],
  ["127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "loopback 127.0.0.1:0", "random-port"],
];

function describeListener(listener: ListenAddress): string {
  if (listener.kind === "listens") return `${listener.reach} ${listener.on}`;
  if (listener.kind !== "resolves") return `${listener.kind} ${listener.because}`;
  return `resolves ${listener.name}${listener.usually === null ? "" : `, usually ${listener.usually}`}`;
}

describe("what OLLAMA_HOST makes the server listen on", () => {
  for (const [value, go, libc, ours, remarks] of MEASURED) {
    test(JSON.stringify(value), () => {
      const listener = parseListenAddress(value);
      assert.equal(describeListener(listener), ours);
      assert.equal(listener.remarks.join(" "), remarks);
      const claim = listener.kind === "listens" && listener.reach !== "one-address" ? listener.on : null;
      if (claim !== null) assert.deepEqual([go, libc], [claim, claim]);
      if (listener.kind === "fails") assert.deepEqual([go, libc], ["-", "-"]);
    });
  }

  test("an unset variable is the default", () => {
    assert.equal(describeListener(parseListenAddress(null)), "loopback 127.0.0.1:11434");
  });
});

const OLDER: readonly (readonly [value: string, version: string, ours: string])[] = [
  ["0.0.0.0:abc", "0.1.43", "fails bad-port"],
  ["0.0.0.0:abc", "0.1.44", "every-address [::]:11434"],
  ["0.0.0.0:8080/api", "0.3.8", "every-address [::]:11434"],
  ["0.0.0.0:8080/api", "0.3.9", "every-address [::]:8080"],
  ["0.0.0.0:8080//", "0.3.8", "every-address [::]:8080"],
  ["0.0.0.0", "0.1.32", "unknown release-before-0.1.33"],
  ["0.0.0.0", "0.1.33-rc6", "every-address [::]:11434"],
  ["0.0.0.0:abc", "not a version", "every-address [::]:11434"],
];

describe("older releases read it differently", () => {
  for (const [value, version, ours] of OLDER) {
    test(`${value} by ${version}`, () => assert.equal(describeListener(parseListenAddress(value, version)), ours));
  }
});

const PIECES = ["127.0.0.1", "::", "[", "]", ":", "/", "://", "http", "%lo", "fe80::1", " ", '"', "#", "*", "0", "+1"];

test("no text makes it throw, and a socket it names is an address and a port", () => {
  const pieces = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary" })), { maxLength: 8 });
  fc.assert(
    fc.property(
      pieces.map((parts) => parts.join("")),
      (value) => {
        const listener = parseListenAddress(value);
        if (listener.kind !== "listens") return;
        assert.match(listener.on, /^(?:\d+(?:\.\d+){3}|\[[0-9a-f:]+(?:%[^]+)?\]):\d+$/);
        assert.ok(listener.port >= 0 && listener.port <= 65535);
        assert.ok(!/[A-Z]/.test(listener.address.split("%")[0] ?? ""));
      },
    ),
    { numRuns: 2_000 },
  );
});
