import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findOwnData } from "./changed-paths.ts";
import { anInspected, withMembers } from "../../../test/inspected-container.ts";

/** What `docker diff` lists, in a container with a volume at /root/.ollama. */
const CHANGES: readonly (readonly [what: string, changed: string, data: string])[] = [
  ["nothing", "", ""],
  ["the place of a volume", "/root /root/.ollama", ""],
  ["what an engine lays there", "/sbin /sbin/docker-init /etc /etc/mtab", ""],
  [
    "what no start needs",
    "/tmp /tmp/x /run/x.pid /usr/lib/python3/a/__pycache__ /usr/lib/python3/a/__pycache__/b.pyc",
    "",
  ],
  ["models", "/root /root/models /root/models/a /root/models/b", "/root/models/a /root/models/b"],
  ["beside a volume", "/root/.ollama /root/.ollama-2/key", "/root/.ollama-2/key"],
  ["a driver in a container without one", "/usr/bin/nvidia-smi", "/usr/bin/nvidia-smi"],
];

describe("what lies in a container itself:", () => {
  for (const [what, changed, data] of CHANGES) {
    test(what, () => {
      const inspected = anInspected("docker-20.10.24-inspect-plain", (text) => text, {
        changed: changed.split(" ").filter((path) => path !== ""),
      });
      assert.equal(findOwnData(inspected).join(" "), data);
    });
  }

  test("not the driver of the host's GPU", () => {
    const changed =
      "/usr/bin/nvidia-smi /usr/lib/x86_64-linux-gnu/libcuda.so.1 /etc/ld.so.cache /lib/firmware/nvidia/5.bin";
    const change = withMembers("HostConfig", { DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] });
    assert.deepEqual(
      findOwnData(anInspected("docker-20.10.24-inspect-plain", change, { changed: changed.split(" ") })),
      [],
    );
  });
});
