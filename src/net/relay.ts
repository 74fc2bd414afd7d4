/** TURN servers, which carry what two browsers say where no direct way is: their addresses, and why one lets nobody through. */

const HOST = /([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?/i.source;
const ADDRESS = new RegExp(`^(stuns?:${HOST}|turns?:${HOST}(\\?transport=(udp|tcp))?)$`, 'i');
const MOST_PORT = 65535;

/** Whether browsers take it: they throw for anything else, with a message that names no field. */
export const isIceAddress = (text: string): boolean =>
  ADDRESS.test(text) && Number(/:(\d+)$/.exec(text.replace(/\?.*/, ''))?.[1] ?? 0) <= MOST_PORT;

export const isTurn = ({ urls }: RTCIceServer): boolean => [urls].flat().some((url) => /^turns?:/i.test(url));

/** How long a server may take to answer. Of UDP nobody says that it is blocked. */
const ANSWER_MS = 5000;

const NO_ANSWER = 701;

/** A browser's word on a server that gave it no address. */
interface Failure {
  url: string;
  /** As STUN counts: 401 for a wrong password; NO_ANSWER where there was none at all. */
  code: number;
  text: string;
}

/** What a connection has found of its own addresses. To be made before it looks for them. */
export class Gathering {
  /** Kinds of addresses so far: host, srflx, relay. */
  readonly kinds = new Set<string>();
  readonly #failures = new Map<string, Failure>();
  readonly #servers: readonly RTCIceServer[];

  constructor(connection: RTCPeerConnection) {
    this.#servers = connection.getConfiguration().iceServers ?? [];
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.type) this.kinds.add(candidate.type);
    });
    connection.addEventListener('icecandidateerror', ({ url, errorCode: code, errorText: text }) => {
      if (!isTurn({ urls: url })) return;
      // Of one network the server may be out of reach that answers on another.
      if (code === NO_ANSWER && this.#failures.has(hostOf(url))) return;
      this.#failures.set(hostOf(url), { url, code, text });
    });
  }

  /** There is a TURN server to go through. */
  get hasTurn(): boolean {
    return this.#servers.some(isTurn);
  }

  /** Why no TURN server has given an address, and what to do; undefined where one has, or where there is none. */
  get trouble(): string | undefined {
    if (!this.hasTurn || this.kinds.has('relay')) return undefined;
    const failures = [...this.#failures.values()].map(inWords);
    if (failures.length > 0) return failures.join(' ');
    const hosts = this.#servers.filter(isTurn).flatMap(({ urls }) => [urls].flat().map(hostOf));
    return `The TURN server ${[...new Set(hosts)].join(', ')} does not answer. Check its address and port; where a network lets no UDP out, add ?transport=tcp to the address.`;
  }
}

function inWords({ url, code, text }: Failure): string {
  const host = hostOf(url);
  if (code === 401) return `The TURN server ${host} does not take this user and password. Correct them.`;
  if (/lookup/i.test(text)) return `There is no TURN server by the name of ${host}. Check its address.`;
  if (code !== NO_ANSWER) return `The TURN server ${host} does not let this browser through: ${text} (${code}).`;
  const certificate = /^turns:/i.test(url) ? ', and that its certificate is one that browsers trust' : '';
  return `The TURN server ${host} cannot be reached. Check its address and port${certificate}.`;
}

const hostOf = (url: string): string => url.replace(/^\w+:/, '').replace(/\?.*$/, '');

/** Why none of the TURN servers would carry anything, asked of them now; undefined where one would, or where there is none. */
export async function relayTrouble(
  servers: readonly RTCIceServer[],
  answerMs = ANSWER_MS,
): Promise<string | undefined> {
  const iceServers = servers.filter(isTurn);
  if (iceServers.length === 0) return undefined;
  const connection = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' });
  try {
    const gathering = new Gathering(connection);
    connection.createDataChannel('trial');
    const answered = new Promise<void>((resolve) => {
      setTimeout(resolve, answerMs);
      // An address, or the end of them.
      connection.addEventListener('icecandidate', () => resolve());
    });
    await connection.setLocalDescription();
    await answered;
    return gathering.trouble;
  } finally {
    connection.close();
  }
}
