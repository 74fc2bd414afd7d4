/**
 * How far apart two connected pages are: a word's way there and back, what passes in a second, and whether a relay stands between.
 *
 * How to think of it. Beside the protocol's data channel there is a second one of the same connection, so of the same certificates, on which
 * each side pings, and sends padding for a moment whose arrival the other one times. Nothing that comes is kept, and what the other side can make
 * this one send is limited, so a hostile one gains nothing by it.
 */

import { type Arrival, type Line, rateOf } from './line';

/** Between two pages; of the slower direction. */
export interface Distance extends Line {
  /** undefined where the browser does not say. */
  way: 'direct' | 'relayed' | undefined;
}

/** The same number on both sides, beyond what a connection gives by itself. */
const STREAM = 100;
const PINGS = 8;
const KNOCK_MS = 500;
const PADDING_BYTES = 4096;
/** Of one measurement, each way: whichever is reached first. */
const MOST_PADDING = 512;
const MOST_MS = 700;
/** What waits to be sent at most, in bytes, so that the protocol's channel is hardly behind it. */
const HIGH_WATER = 16 * PADDING_BYTES;
const ANSWER_MS = 8000;
/** What the other side may ask of this one, of a connection. */
const MOST_ANSWERS = { ping: 30 * PINGS, load: 40, want: 20 } as const;

type Word = keyof typeof MOST_ANSWERS | 'pong' | 'rate' | 'dealer';

/** A word, and with `rate` the bits a second at which padding came; a pong has its ping's number, `dealer` a round trip in milliseconds. */
interface Said {
  say: Word;
  rate?: number;
  number?: number;
}

interface Waiting {
  word: Word;
  hear: (said: Said) => void;
}

export class Probe {
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #answered = { ping: 0, load: 0, want: 0 };
  /** Of padding since the last word `load`. */
  #arrivals: Arrival[] = [];
  #pings = 0;
  /** Padding is under way: it serves whoever asks for some meanwhile. */
  #loading = false;
  #waiting: Waiting | undefined;
  /** Hears what the other side says of its line from the dealer, which can be measured there alone. */
  ondealer: ((line: Line) => void) | undefined;

  /** To be made on both sides once the connection is open. */
  constructor(connection: RTCPeerConnection) {
    this.#connection = connection;
    this.#channel = connection.createDataChannel('probe', { negotiated: true, id: STREAM });
    this.#channel.binaryType = 'arraybuffer';
    this.#channel.bufferedAmountLowThreshold = HIGH_WATER / 2;
    this.#channel.addEventListener('message', ({ data }) => {
      if (typeof data !== 'string') {
        if (this.#arrivals.length < MOST_PADDING)
          this.#arrivals.push({ at: performance.now(), bytes: data.byteLength });
        return;
      }
      const said = read(data);
      if (said) this.#hear(said);
    });
  }

  /** One at a time. Takes about two seconds; rejects with an Error when the other side does not answer in eight, or `signal` aborts. */
  async measure(signal: AbortSignal): Promise<Distance> {
    await this.#knock(signal);
    let roundTripMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < PINGS; i++) {
      const asked = performance.now();
      await this.#ping(signal);
      roundTripMs = Math.min(roundTripMs, performance.now() - asked);
    }
    const there = this.#answer('rate', signal);
    this.#load();
    const { rate: out = 0 } = await there;
    const { rate: back = 0 } = await this.#ask({ say: 'want' }, 'load', signal);
    const bandwidth = Math.min(out, back);
    if (!(bandwidth > 0)) throw new Error('too little came through to tell how fast the connection is');
    return { roundTripMs, bandwidth, way: await wayOf(this.#connection) };
  }

  /** Says what the line from the dealer to this side carries. After a measurement: before that the other side may not hear yet. */
  tell({ roundTripMs, bandwidth }: Line): void {
    this.#send({ say: 'dealer', rate: bandwidth, number: roundTripMs });
  }

  /** What is said before the other side's channel is there is lost, so this is repeated. */
  async #knock(signal: AbortSignal): Promise<void> {
    const timer = setInterval(() => this.#send({ say: 'ping', number: this.#pings }), KNOCK_MS);
    try {
      await this.#ping(signal);
    } finally {
      clearInterval(timer);
    }
  }

  #ping(signal: AbortSignal): Promise<Said> {
    this.#pings += 1;
    return this.#ask({ say: 'ping', number: this.#pings }, 'pong', signal);
  }

  #hear(said: Said): void {
    const { say, rate, number } = said;
    if (say === 'dealer') {
      if (rate && number) this.ondealer?.({ bandwidth: rate, roundTripMs: number });
      return;
    }
    // What is timed here, nobody else has to say.
    const heard = say === 'load' ? { say, rate: rateOf(this.#arrivals) } : said;
    if (say === 'load') this.#arrivals = [];
    const late = say === 'pong' && said.number !== this.#pings;
    if (this.#waiting?.word === say && !late) this.#waiting.hear(heard);
    if (say === 'pong' || say === 'rate' || this.#answered[say] >= MOST_ANSWERS[say]) return;
    this.#answered[say] += 1;
    if (say === 'ping') this.#send({ say: 'pong', number: said.number });
    else if (say === 'load') this.#send({ say: 'rate', rate: heard.rate });
    else this.#load();
  }

  /** Padding, for a moment, and the word that it was all. */
  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    const padding = new Uint8Array(PADDING_BYTES);
    const until = performance.now() + MOST_MS;
    for (let i = 0; i < MOST_PADDING && performance.now() < until; i++) {
      if (this.#channel.readyState !== 'open') break;
      if (this.#channel.bufferedAmount > HIGH_WATER) await this.#room(until - performance.now());
      else this.#channel.send(padding);
    }
    this.#loading = false;
    this.#send({ say: 'load' });
  }

  /** Until less waits to be sent, or so many milliseconds. */
  #room(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#channel.addEventListener('bufferedamountlow', () => resolve(), { once: true });
      setTimeout(resolve, ms);
    });
  }

  #ask(said: Said, word: Word, signal: AbortSignal): Promise<Said> {
    const answer = this.#answer(word, signal);
    this.#send(said);
    return answer;
  }

  async #answer(word: Word, signal: AbortSignal): Promise<Said> {
    // Of a measurement that was stopped meanwhile: another may wait by now.
    signal.throwIfAborted();
    const either = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    let own: Waiting | undefined;
    try {
      return await new Promise<Said>((hear, reject) => {
        either.addEventListener('abort', () => reject(new Error('the other side did not answer')), { once: true });
        own = { word, hear };
        this.#waiting = own;
      });
    } finally {
      if (this.#waiting === own) this.#waiting = undefined;
    }
  }

  #send(said: Said): void {
    if (this.#channel.readyState === 'open') this.#channel.send(JSON.stringify(said));
  }
}

/** What the other side said, as far as it is a word. */
function read(text: string): Said | undefined {
  if (text.length > 100) return undefined;
  try {
    const { say, rate, number } = JSON.parse(text);
    const known = ['pong', 'rate', 'dealer'].includes(say) || Object.hasOwn(MOST_ANSWERS, say);
    const positive = (value: unknown) => (Number.isFinite(value) && Number(value) > 0 ? Number(value) : undefined);
    return known ? { say, rate: positive(rate), number: positive(number) } : undefined;
  } catch {
    return undefined;
  }
}

/** Of a report of a browser's statistics, what tells the way. */
interface Report {
  id: string;
  selectedCandidatePairId?: string;
  nominated?: boolean;
  state?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
  candidateType?: string;
}

/** Whether the pair of addresses that carries a connection is of the two themselves. */
export async function wayOf(connection: Pick<RTCPeerConnection, 'getStats'>): Promise<Distance['way']> {
  const reports: Report[] = [];
  (await connection.getStats()).forEach((report) => {
    reports.push(report);
  });
  const named = (id: string | undefined) => reports.find((report) => report.id === id);
  const chosen = reports.find(({ selectedCandidatePairId }) => selectedCandidatePairId)?.selectedCandidatePairId;
  // Firefox names none.
  const pair = named(chosen) ?? reports.find(({ nominated, state }) => nominated && state === 'succeeded');
  const kinds = [named(pair?.localCandidateId), named(pair?.remoteCandidateId)].map((end) => end?.candidateType);
  if (kinds.includes('relay')) return 'relayed';
  return kinds.some((kind) => kind !== undefined) ? 'direct' : undefined;
}
