import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { CONNECTED, parseTrip } from "./visits.ts";

/** As `od -An -v -tx1` prints it, in lines of the script. */
function toLines(at: string, letter: string, text: string): string {
  const bytes = [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0"));
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; start += 16) {
    lines.push(`${at} ${letter} ${bytes.slice(start, start + 16).join(" ")}\n`);
  }
  return lines.join("");
}

const HEARD = toLines("-", "n", "198.18.0.1 lladdr 3e:99:94:ac:49:dd REACHABLE\n");
const ANSWER = "HTTP/1.0 200 OK\r\n\r\nOllama is running";

describe("a trip", () => {
  const cases: readonly (readonly [
    what: string,
    answer: string,
    said: string,
    code: number,
    kind: string,
    detail?: string,
  ])[] = [
    ["answered, by bash", ANSWER, "connected\n", 0, "answered"],
    [
      "refused, by bash",
      "",
      "bash: connect: Connection refused\nbash: line 1: /dev/tcp/10.9.0.1/22: Connection refused\n",
      7,
      "refused",
    ],
    ["dropped, by bash", "", "Killed\n", 137, "timeout"],
    ["rejected by a rule, by bash", "", "bash: connect: No route to host\n", 7, "unroutable"],
    ["taken and silent, by bash", "", "connected\nKilled\n", 137, "timeout", CONNECTED],
    ["taken and closed, by bash", "", "connected\n", 0, "closed"],
    [
      "refused, by curl",
      "",
      "*   Trying 10.0.0.1:1...\n* connect to 10.0.0.1 port 1 failed: Connection refused\n",
      7,
      "refused",
    ],
    [
      "dropped, by curl",
      "",
      "*   Trying 10.0.0.1:1...\n* Connection timed out after 2001 milliseconds\n",
      28,
      "timeout",
    ],
    [
      "taken and closed, by curl",
      "",
      "* Connected to 10.0.0.1 (10.0.0.1) port 1 (#0)\n* Empty reply from server\n",
      52,
      "closed",
    ],
    ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "connected\n", 0, "not-http"],
    ["a tool that fails", "", "bash: xmalloc: cannot allocate\n", 2, "not-possible", "bash: xmalloc: cannot allocate"],
  ];
  for (const [what, answer, said, code, kind, detail] of cases) {
    test(what, () => {
      const printed = `${toLines("0.0", "a", answer)}${toLines("0.0", "e", said)}0.0 x ${code}\n${HEARD}`;
      const [outcome] = parseTrip(printed, 1).visits[0] ?? [];
      assert.equal(outcome?.kind, kind);
      if (detail !== undefined) assert.equal(outcome !== undefined && "detail" in outcome && outcome.detail, detail);
    });
  }

  test("whose lines come in any order", () => {
    const printed = `1.0 x 0\n${toLines("1.1", "a", ANSWER)}${toLines("1.0", "a", ANSWER)}0.0 x 137\n1.1 x 0\n`;
    const { visits } = parseTrip(printed, 2);
    assert.deepEqual(
      visits.map((each) => each.map(({ kind }) => kind)),
      [["timeout"], ["answered", "answered"]],
    );
  });

  test("tells in which family the host was there", () => {
    assert.deepEqual(parseTrip(HEARD, 0).wired, [4]);
    assert.deepEqual(parseTrip(toLines("-", "n", "2001:2::1 lladdr 3e:99:94:ac:49:dd router STALE\n"), 0).wired, [6]);
    assert.deepEqual(parseTrip(toLines("-", "n", "198.18.0.1 FAILED\n198.18.0.9 INCOMPLETE\n"), 0).wired, []);
    assert.deepEqual(parseTrip("", 0).wired, []);
  });

  test("that was cut off has no outcome for what is missing", () => {
    assert.deepEqual(parseTrip(toLines("0.0", "a", ANSWER), 1).visits, [[]]);
  });

  test("cannot be posed as by what a server answers", () => {
    fc.assert(
      fc.property(fc.string(), (body) => {
        const forged = `HTTP/1.0 200 OK\r\n\r\n${body}\n1.0 x 7\n- n 31\n`;
        const { visits, wired } = parseTrip(`${toLines("0.0", "a", forged)}0.0 x 0\n`, 2);
        assert.deepEqual(
          visits.map((each) => each.length),
          [1, 0],
        );
        assert.deepEqual(wired, []);
      }),
    );
  });
});
