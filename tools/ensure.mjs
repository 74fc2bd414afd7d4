/**
 * Makes sure that what a command needs is there, and says so when it has to do something about it.
 *
 *     node tools/ensure.mjs [--browser] [--build]
 *
 * Always: the npm packages, and the WebAssembly kernels, no older than their sources. With --browser: a Chromium. With --build: the page in
 * dist/, no older than its sources.
 * Plain Node without packages, because it runs before there are any.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['app', 'src', 'shaders', 'public', 'package-lock.json', 'vite.config.ts'];
const KERNELS = 'src/compute/wasm/kernels.generated.ts';
const KERNEL_SOURCES = ['kernels', 'tools/build-kernels.mjs'];
/** What the build alone does not read. */
const NO_SOURCE = /\.(test\.ts|md)$/;

/** Path of a Chromium-based browser, or undefined. CHROMIUM_PATH and CHROME_PATH come first. */
export function findBrowser() {
  for (const name of ['CHROMIUM_PATH', 'CHROME_PATH']) {
    const path = process.env[name];
    if (path && existsSync(path)) return path;
    if (path) say(`${name} names ${path}, which does not exist; looking elsewhere`);
  }
  return candidates().find((path) => existsSync(path));
}

function candidates() {
  if (process.platform === 'darwin')
    return ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Google Chrome Canary', 'Brave Browser'].flatMap((name) =>
      ['/Applications', join(homedir(), 'Applications')].map(
        (folder) => `${folder}/${name}.app/Contents/MacOS/${name}`,
      ),
    );
  if (process.platform === 'win32')
    return [
      'Google\\Chrome\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
      'Chromium\\Application\\chrome.exe',
    ].flatMap((program) =>
      ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA']
        .map((name) => process.env[name])
        .filter((folder) => folder)
        .map((folder) => join(folder, program)),
    );
  const names = [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'microsoft-edge',
    'microsoft-edge-stable',
  ];
  const folders = [
    ...new Set([
      ...(process.env.PATH ?? '').split(delimiter),
      '/usr/bin',
      '/usr/local/bin',
      '/snap/bin',
      '/opt/google/chrome',
    ]),
  ];
  return names.flatMap((name) => folders.filter((folder) => folder).map((folder) => join(folder, name)));
}

function ensurePackages() {
  const installed = modified(join(ROOT, 'node_modules/.package-lock.json'));
  if (installed !== undefined && installed >= (modified(join(ROOT, 'package-lock.json')) ?? 0)) return;
  if (installed !== undefined && sameLocks()) return;
  say(`${installed === undefined ? 'no packages yet' : 'package-lock.json is newer than the packages'}: npm ci`);
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

/** A fresh checkout gives the lock a new date but not a new content, and `npm ci` takes a minute. */
function sameLocks() {
  const versions = (path) => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
    return Object.fromEntries(Object.entries(packages).map(([name, { version }]) => [name, version]));
  };
  const wanted = versions('package-lock.json');
  const present = versions('node_modules/.package-lock.json');
  // Packages for other systems are in the lock and not on the disk.
  return (
    Object.entries(present).every(([name, version]) => wanted[name] === version) &&
    directOnes().every((name) => name in present)
  );
}

function directOnes() {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.keys({ ...dependencies, ...devDependencies }).map((name) => `node_modules/${name}`);
}

function ensureBrowser() {
  if (findBrowser()) return;
  const debian = process.platform === 'linux' && existsSync('/etc/debian_version');
  if (debian && process.getuid?.() === 0) {
    say('no browser: apt-get install chromium');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], env);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], env);
    if (findBrowser()) return;
  }
  fail(
    'No Chrome, Edge or Chromium found. Install one, or set CHROMIUM_PATH to its program.' +
      (debian ? ' Here: sudo apt-get install chromium' : ''),
  );
}

function ensureKernels() {
  const built = modified(join(ROOT, KERNELS));
  if (built !== undefined && built >= newestOf(KERNEL_SOURCES)) return;
  say(`${built === undefined ? 'no WebAssembly kernels yet' : 'kernels/ is newer than its output'}: compiling them`);
  run(process.execPath, [join(ROOT, 'tools/build-kernels.mjs')]);
}

function ensureBuild() {
  const built = modified(join(ROOT, 'dist/index.html'));
  if (built !== undefined && built >= newestOf(SOURCES)) return;
  say(`${built === undefined ? 'no page in dist/ yet' : 'sources are newer than dist/'}: vite build`);
  run(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn']);
}

function newestOf(paths) {
  return Math.max(...paths.map((path) => newestIn(join(ROOT, path))));
}

function newestIn(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats || NO_SOURCE.test(path)) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function run(program, args, env = process.env) {
  // On Windows npm is a batch file, which needs a shell.
  const shell = process.platform === 'win32' && program === 'npm';
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', env, shell });
  if (error || status !== 0)
    fail(`“${program} ${args.join(' ')}” failed${error ? `: ${error.message}` : ` (exit ${status})`}`);
}

function say(text) {
  console.log(`[ensure] ${text}`);
}

function fail(text) {
  console.error(`[ensure] ${text}`);
  process.exit(1);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const flags = process.argv.slice(2);
  const stranger = flags.find((flag) => !['--browser', '--build'].includes(flag));
  if (stranger) fail(`unknown option ${stranger}; there are --browser and --build`);
  ensurePackages();
  ensureKernels();
  if (flags.includes('--browser')) ensureBrowser();
  if (flags.includes('--build')) ensureBuild();
}
