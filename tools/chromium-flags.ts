/** Command-line flags of the Chromium that the demo and the tests start. */

/**
 * Two pages that Chromium loads for every window, in case somebody types into its address line: a third of what a short test takes. Of two such
 * lists the last one counts, so the driver's follows here (Playwright's chromiumSwitches.ts).
 */
const LEFT_OUT = [
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'],
  ...['AimEnabled', 'AvoidCorsURLLoaderRestartOnRedirect', 'AvoidUnnecessaryBeforeUnloadCheckSync'],
  ...[
    'DestroyProfileOnBrowserClose',
    'HttpsFirstBalancedModeAutoEnable',
    'HttpsUpgrades',
    'LensOverlay',
    'MediaRouter',
  ],
  ...[
    'NetworkTimeServiceQuerying',
    'OptimizationHints',
    'PaintHolding',
    'PreconnectToSearch',
    'ThirdPartyStoragePartitioning',
  ],
];

/** Without Chromium's calls home; as root, as in a container, also without its sandbox. */
export const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  `--disable-features=${LEFT_OUT}`,
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** WebGPU without a GPU, which then had better not draw the pages. */
export const SOFTWARE_GPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-gpu-rasterization',
];
