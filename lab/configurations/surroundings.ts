import { NODE_INSIDE } from "../audit.ts";
import { type Configuration, listenOn } from "./configuration.ts";

/** Answers as TabbyAPI does with its key on: who it is it tells everybody, everything else only for a key. */
const TABBY_API = `
  const { createServer } = require("node:http");
  createServer((request, response) => {
    const known = request.url === "/.well-known/serviceinfo";
    response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
    response.end(known ? '{"version":0.1,"software":{"name":"TabbyAPI"}}' : '{"detail":"Please provide an API key"}');
  }).listen(5000, "0.0.0.0");
`;

/** What else an administrator must hear about a server. */
export const SURROUNDINGS: readonly Configuration[] = [
  {
    id: "old-version-exposed",
    what: "version 0.1.33 on every address: strangers run their own code",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: [listenOn("0.0.0.0"), "Environment=STAND_IN_VERSION=0.1.33"] }),
    verdict: "exposed",
    findings: ["open-bind", "known-vulnerability"],
    hasCloud: false,
  },
  {
    id: "version-unknown",
    what: "built from source: the server calls itself 0.0.0",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: ["Environment=STAND_IN_VERSION=0.0.0"] }),
    verdict: "local",
    findings: ["version-unknown"],
  },
  {
    id: "runs-as-root",
    what: "the service runs as root and logs requests",
    host: { systemd: true },
    set: (host) =>
      host.installOllama({ override: ["User=root", "Group=root", "Environment=OLLAMA_DEBUG_LOG_REQUESTS=1"] }),
    verdict: "local",
    findings: ["runs-as-root", "request-logging-on"],
  },
  {
    id: "strangers-were-here",
    what: "on every address, with models nobody here pulled and models of the cloud",
    host: { systemd: true },
    set: (host) =>
      host.installOllama({
        override: [
          listenOn("0.0.0.0"),
          'Environment="STAND_IN_MODELS=llama3.2:3b,leak_model_7f3a:latest,gpt-oss:120b-cloud"',
        ],
      }),
    verdict: "exposed",
    findings: ["open-bind", "planted-models", "cloud-on-exposed-server"],
  },
  {
    id: "loose-permissions",
    what: "key readable and model folder writable for everybody",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ override: ["Environment=STAND_IN_MAKE_HOME=1"] });
      await host.run(["chmod", "0644", "/usr/share/ollama/.ollama/id_ed25519"]);
      await host.run(["chmod", "-R", "0777", "/usr/share/ollama/.ollama/models"]);
    },
    verdict: "local",
    findings: ["key-file-readable", "model-folder-writable"],
  },
  {
    id: "server-with-a-key",
    what: "another model server on every address, which demands a key",
    async set(host) {
      await host.spawn([NODE_INSIDE, "-e", TABBY_API], { user: "nobody" });
      await host.waitForPort(5000);
    },
    verdict: "guarded",
    findings: [],
    // Only Ollama is asked what it makes of a web page.
    unknownBecause: ["check-unmeasured"],
  },
  {
    id: "no-server",
    what: "a host without a model server",
    async set(host) {
      await host.spawn(["busybox", "httpd", "-f", "-p", "0.0.0.0:8080"]);
      await host.waitForPort(8080);
    },
    verdict: "none",
    findings: [],
  },
];
