/** The addresses every link has of itself. */
const LINK_LOCAL = "fe80::/10";

/** Networks as a sentence names them: without the link-local one where another tells which link is meant. */
export function toTellingNetworks(networks: readonly string[]): readonly string[] {
  const telling = networks.filter((network) => network !== LINK_LOCAL);
  return telling.length > 0 ? telling : networks;
}
