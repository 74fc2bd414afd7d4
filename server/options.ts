/** What the server can be told, by flags or by the environment. */

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
  /** Whether the address of a client is the last one in X-Forwarded-For, because a proxy stands in front. */
  behindProxy: boolean;
}

export const USAGE = `Usage: npm start -- [options]
  --host HOST     address to listen on (HOST; default 127.0.0.1; 0.0.0.0 for everybody)
  --port PORT     port to listen on (PORT; default 8080)
  --ice LIST      STUN and TURN servers, comma-separated (ICE_SERVERS), such as
                  stun:stun.example.org:3478,turn:user:password@turn.example.org:3478
  --no-dealer     leave dealing to a third tab
  --behind-proxy  a proxy in front says in X-Forwarded-For who is calling
  --help          show this`;

export class OptionError extends Error {
  override name = 'OptionError';
}

/** Flags win over the environment. Throws OptionError; 'help' if asked for help. */
export function readOptions(args: string[], env: Record<string, string | undefined>): ServerOptions | 'help' {
  const options: ServerOptions = {
    host: env.HOST || '127.0.0.1',
    port: readPort(env.PORT || '8080'),
    iceServers: readIceServers(env.ICE_SERVERS || ''),
    dealer: true,
    behindProxy: false,
  };
  const rest = args.flatMap((arg) =>
    /^--\w+=/.test(arg) ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] : [arg],
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
    else if (flag === '--behind-proxy') options.behindProxy = true;
    else if (flag === '--help' || flag === '-h') return 'help';
    else throw new OptionError(`unknown option ${flag}`);
  }
  return options;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new OptionError(`a port is a number from 0 to 65535, not ${text}`);
  return port;
}

/** `stun:host:port` and `turn:user:password@host:port` (or stuns:, turns:), comma-separated. The password may contain colons. */
export function readIceServers(list: string): IceServer[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const match = /^(stuns?|turns?):(?:([^:@]+):(.+)@)?([^@/]+)$/.exec(entry);
      if (!match) throw new OptionError(`“${entry}” is neither stun:host:port nor turn:user:password@host:port`);
      const [, scheme = '', username, credential, address] = match;
      if (scheme.startsWith('turn') && username === undefined)
        throw new OptionError(`${scheme}:${address} needs a user and a password: ${scheme}:user:password@${address}`);
      const urls = `${scheme}:${address}`;
      return username === undefined ? { urls } : { urls, username, credential };
    });
}
