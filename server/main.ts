/** `npm start`: reads the options, starts the server, says where it is, and stops when told to. */
import { ownAddresses } from './addresses';
import { type RunningServer, startServer } from './app';
import { OptionError, readOptions, type ServerOptions, USAGE } from './options';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') {
    console.log(USAGE);
    return;
  }
  const server = await startServer(options);
  announce(options, server);
  const stop = () => {
    console.log('Stopping.');
    // Signalling keeps timers that nothing can stop, so the process is ended rather than left to end.
    server.close('the server was stopped').then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function announce({ host, iceServers, dealer, tls }: ServerOptions, { port, fingerprint }: RunningServer): void {
  const everywhere = host === '0.0.0.0' || host === '::';
  const hosts = everywhere ? ['localhost', ...ownAddresses()] : [host.includes(':') ? `[${host}]` : host];
  const lines = [
    'SecFwT in the browser is ready.',
    ...hosts.map((name) => `  open     ${tls ? 'https' : 'http'}://${name}:${port}/`),
    `  dealer   ${dealer ? 'in this process' : 'in a third tab'}`,
    `  ICE      ${iceServers.map(({ urls }) => urls).join(', ') || 'none (works within one network)'}`,
  ];
  if (tls === 'self-signed')
    lines.push(
      '  Browsers warn of this certificate, because nobody else vouches for it. It is the right one if its SHA-256 fingerprint is',
      `  ${fingerprint}`,
    );
  // Browsers give WebGPU and WebCrypto only to secure pages, and http is one on this machine alone.
  else if (everywhere && !tls)
    lines.push('  From other machines the page needs https: --self-signed, or --cert and --key, or a proxy in front.');
  console.log(`\n${lines.join('\n')}\n\nStop with Ctrl+C.`);
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
