/** `npm run dev`: the page from Vite with instant updates, everything else from the server; both end together. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
const flags = process.argv.slice(2);
const children = [
  [`${modules}vite/bin/vite.js`],
  [`${modules}tsx/dist/cli.mjs`, 'watch', fileURLToPath(new URL('../server/main.ts', import.meta.url)), ...flags],
].map((command) => spawn(process.execPath, command, { stdio: ['ignore', 'inherit', 'inherit'] }));

const stop = () => {
  for (const child of children) child.kill();
};
for (const child of children)
  child.once('exit', (code) => {
    process.exitCode ??= code ?? 0;
    stop();
  });
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
