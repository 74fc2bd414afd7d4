/** What the server can be told, by flags or by the environment. */
import { isIceAddress, isTurn } from '../src/net/relay';
import { isLimit, LIMITS, type Limits, USUAL_LIMITS } from './limits';

export interface IceServer {
  urls: string;
  username?: string;
  credential?: string;
}

export interface ServerOptions {
  host: string;
  port: number;
  iceServers: IceServer[];
  /** Whether this server deals. If not, a third tab has to. */
  dealer: boolean;
  /** Whether a proxy in front says in X-Forwarded-For and X-Forwarded-Host who calls whom. */
  trustProxy: boolean;
  /** Of pages that may call besides this server's own. */
  origins: string[];
  /** Whether programs, which have no origin, may call from other machines. */
  allowNoOrigin: boolean;
  /** A certificate and its key, as paths of PEM files, or one made at the start. Without: plain HTTP. */
  tls?: { cert: string; key: string } | 'self-signed';
  limits: Limits;
}

export const USUAL_OPTIONS: ServerOptions = {
  host: '127.0.0.1',
  port: 8080,
  iceServers: [],
  dealer: true,
  trustProxy: false,
  origins: [],
  allowNoOrigin: false,
  limits: USUAL_LIMITS,
};

const limitLines = Object.entries(LIMITS).map(([name, { usual, says }]) => `    ${name.padEnd(21)}${says} (${usual})`);

export const USAGE = `Usage: npm start -- [options]
  --host HOST     address to listen on (HOST; default 127.0.0.1; 0.0.0.0 for everybody)
  --port PORT     port to listen on (PORT; default 8080)
  --cert FILE     certificate, with those that vouch for it, in PEM: serves https
  --key FILE      its private key, in PEM
  --self-signed   serves https with a certificate made at the start: browsers warn of it
  --ice LIST      STUN and TURN servers, comma-separated (ICE_SERVERS), such as
                  stun:stun.example.org:3478,turn:user:password@turn.example.org:3478
                  or turns:user:password@turn.example.org:5349?transport=tcp; a comma
                  in a password is written %2C. Whoever opens the pages can read it.
  --no-dealer     leave dealing to a third tab
  --trust-proxy   a proxy in front says in X-Forwarded-For who is calling
  --origin URL    pages of this address may call as well; may be repeated
  --allow-no-origin
                  programs may call from other machines, not pages alone
  --limit NAME=NUMBER
                  another limit than the usual one; may be repeated:
${limitLines.join('\n')}
  --help          show this`;

export class OptionError extends Error {
  override name = 'OptionError';
}

/** Flags win over the environment. Throws OptionError; 'help' if asked for help. */
export function readOptions(args: string[], env: Record<string, string | undefined>): ServerOptions | 'help' {
  const options: ServerOptions = {
    ...USUAL_OPTIONS,
    host: env.HOST || USUAL_OPTIONS.host,
    port: env.PORT ? readPort(env.PORT) : USUAL_OPTIONS.port,
    iceServers: readIceServers(env.ICE_SERVERS || ''),
  };
  const files: { cert?: string; key?: string } = {};
  let selfSigned = false;
  const rest = args.flatMap((arg) =>
    /^--[\w-]+=/.test(arg) ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] : [arg],
  );
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    const value = () => {
      const next = rest.shift();
      if (next === undefined) throw new OptionError(`${flag} needs a value`);
      return next;
    };
    if (flag === '--host') options.host = value();
    else if (flag === '--port') options.port = readPort(value());
    else if (flag === '--ice') options.iceServers = readIceServers(value());
    else if (flag === '--no-dealer') options.dealer = false;
    else if (flag === '--cert') files.cert = value();
    else if (flag === '--key') files.key = value();
    else if (flag === '--self-signed') selfSigned = true;
    else if (flag === '--trust-proxy') options.trustProxy = true;
    else if (flag === '--origin') options.origins = [...options.origins, readOrigin(value())];
    else if (flag === '--allow-no-origin') options.allowNoOrigin = true;
    else if (flag === '--limit') options.limits = { ...options.limits, ...readLimit(value()) };
    else if (flag === '--help' || flag === '-h') return 'help';
    else throw new OptionError(`unknown option ${flag}`);
  }
  return { ...options, tls: readTls(files, selfSigned) };
}

function readTls({ cert, key }: { cert?: string; key?: string }, selfSigned: boolean): ServerOptions['tls'] {
  if (selfSigned && (cert ?? key) !== undefined)
    throw new OptionError('--self-signed makes a certificate, --cert brings one: choose one of the two');
  if (selfSigned) return 'self-signed';
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new OptionError('--cert and --key go together');
  return { cert, key };
}

function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new OptionError(`an origin is like https://example.org, not ${text}`);
  return url.origin;
}

function readLimit(text: string): Partial<Limits> {
  const [name = '', number = ''] = text.split('=');
  if (!isLimit(name)) throw new OptionError(`there is no limit ${name}; there are ${Object.keys(LIMITS).join(', ')}`);
  if (!(Number(number) > 0)) throw new OptionError(`--limit ${name}=NUMBER takes a number above 0, not “${number}”`);
  return { [name]: Number(number) };
}

function readPort(text: string): number {
  const port = Number(text);
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65535)
    throw new OptionError(`a port is a number from 0 to 65535, not ${text}`);
  return port;
}

/**
 * `stun:host:port` and `turn:user:password@host:port` (or stuns:, turns:), comma-separated. The password may contain colons; what else would
 * be taken for a separator is written as in an address: %2C for a comma, %3A for a colon.
 */
export function readIceServers(list: string): IceServer[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, scheme = '', username, credential, host = ''] = /^(\w+):(?:([^:@]+):(.+)@)?([^@]+)$/.exec(entry) ?? [];
      const urls = `${scheme}:${host}`;
      if (!isIceAddress(urls))
        throw new OptionError(
          `“${withoutPassword(entry)}” is neither stun:host:port nor turn:user:password@host:port, at its end ?transport=tcp or nothing`,
        );
      if (!isTurn({ urls })) return { urls };
      if (username === undefined || credential === undefined)
        throw new OptionError(`${urls} needs a user and a password: ${scheme}:user:password@${host}`);
      return { urls, username: decoded(username, entry), credential: decoded(credential, entry) };
    });
}

const withoutPassword = (entry: string): string => entry.replace(/:[^:@]+:.+@/, ':…@');

function decoded(part: string, entry: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new OptionError(
      `user or password of “${withoutPassword(entry)}” has a % that begins no %2C or the like: write %25`,
    );
  }
}
