/** `npm start`: reads the options, starts the server, says where it is, and stops when told to. */
import { networkInterfaces } from 'node:os';
import { startServer } from './app';
import { OptionError, readOptions, type ServerOptions, USAGE } from './options';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') {
    console.log(USAGE);
    return;
  }
  const server = await startServer(options);
  announce(options, server.port);
  const stop = () => {
    console.log('Stopping.');
    // Signalling keeps timers that nothing can stop, so the process is ended rather than left to end.
    server.close('the server was stopped').then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function announce({ host, iceServers, dealer }: ServerOptions, port: number): void {
  const everywhere = host === '0.0.0.0' || host === '::';
  const hosts = everywhere ? ['localhost', ...addresses()] : [host.includes(':') ? `[${host}]` : host];
  const lines = [
    'SecFwT in the browser is ready.',
    ...hosts.map((name) => `  open     http://${name}:${port}/`),
    `  dealer   ${dealer ? 'in this process' : 'in a third tab'}`,
    `  ICE      ${iceServers.map(({ urls }) => urls).join(', ') || 'none (works within one network)'}`,
  ];
  // Browsers give WebGPU and WebCrypto only to secure pages, and http is one on this machine alone.
  if (everywhere) lines.push('  From other machines the page needs https: put a proxy with a certificate in front.');
  console.log(`\n${lines.join('\n')}\n\nStop with Ctrl+C.`);
}

function addresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof OptionError) return `${message}\n\n${USAGE}`;
  if (code === 'EADDRINUSE')
    return `The port is taken by another program. Choose another one: npm start -- --port 8081\n(${message})`;
  if (code === 'EACCES')
    return `This port needs more rights. Choose one above 1023: npm start -- --port 8080\n(${message})`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `This machine does not have the address given by --host.\n(${message})`;
  return error instanceof Error ? (error.stack ?? message) : String(error);
}

main().catch((error) => {
  console.error(explain(error));
  process.exit(1);
});
