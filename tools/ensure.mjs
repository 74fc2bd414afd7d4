/**
 * Makes sure that what a command needs is there, and says so when it has to do something about it.
 *
 *     node tools/ensure.mjs [--browser] [--firefox] [--build]
 *
 * Always: the npm packages, and the WebAssembly kernels, no older than their sources. With --browser: a Chromium. With --firefox: a Firefox,
 * where it can be had without asking anybody. With --build: the page in dist/, no older than its sources.
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
export const findBrowser = () => find(['CHROMIUM_PATH', 'CHROME_PATH'], CHROMIUMS);

/** Path of a Firefox, or undefined. FIREFOX_PATH comes first. */
export const findFirefox = () => find(['FIREFOX_PATH'], FIREFOXES);

/** Names of programs, by system. */
const CHROMIUMS = {
  darwin: ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Google Chrome Canary', 'Brave Browser'].map(
    (name) => `${name}.app/Contents/MacOS/${name}`,
  ),
  win32: [
    'Google\\Chrome\\Application\\chrome.exe',
    'Microsoft\\Edge\\Application\\msedge.exe',
    'Chromium\\Application\\chrome.exe',
  ],
  linux: [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'microsoft-edge',
    'microsoft-edge-stable',
  ],
};

const FIREFOXES = {
  darwin: ['Firefox.app/Contents/MacOS/firefox'],
  win32: ['Mozilla Firefox\\firefox.exe'],
  linux: ['firefox-esr', 'firefox'],
};

function find(variables, programs) {
  for (const name of variables) {
    const path = process.env[name];
    if (path && existsSync(path)) return path;
    if (path) say(`${name} names ${path}, which does not exist; looking elsewhere`);
  }
  return candidates(programs).find((path) => existsSync(path));
}

function candidates({ darwin, win32, linux }) {
  if (process.platform === 'darwin')
    return darwin.flatMap((name) =>
      ['/Applications', join(homedir(), 'Applications')].map((folder) => `${folder}/${name}`),
    );
  if (process.platform === 'win32')
    return win32.flatMap((program) =>
      ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA']
        .map((name) => process.env[name])
        .filter((folder) => folder)
        .map((folder) => join(folder, program)),
    );
  const folders = [
    ...new Set([
      ...(process.env.PATH ?? '').split(delimiter),
      '/usr/bin',
      '/usr/local/bin',
      '/snap/bin',
      '/opt/google/chrome',
    ]),
  ];
  return linux.flatMap((name) => folders.filter((folder) => folder).map((folder) => join(folder, name)));
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

const isDebian = () => process.platform === 'linux' && existsSync('/etc/debian_version');

function ensureBrowser() {
  if (findBrowser()) return;
  if (mayInstall()) {
    say('no browser: apt-get install chromium');
    install('chromium');
    if (findBrowser()) return;
  }
  fail(
    'No Chrome, Edge or Chromium found. Install one, or set CHROMIUM_PATH to its program.' +
      (isDebian() ? ' Here: sudo apt-get install chromium' : ''),
  );
}

/** Only one test needs it, which is skipped without. */
function ensureFirefox() {
  if (findFirefox() || !mayInstall()) return;
  say('no Firefox: apt-get install firefox-esr');
  install('firefox-esr');
}

const mayInstall = () => isDebian() && process.getuid?.() === 0;

function install(debianPackage) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], env);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', debianPackage], env);
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
  const stranger = flags.find((flag) => !['--browser', '--firefox', '--build'].includes(flag));
  if (stranger) fail(`unknown option ${stranger}; there are --browser, --firefox and --build`);
  ensurePackages();
  ensureKernels();
  if (flags.includes('--browser')) ensureBrowser();
  if (flags.includes('--firefox')) ensureFirefox();
  if (flags.includes('--build')) ensureBuild();
}
