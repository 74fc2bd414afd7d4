/** Path of a Chromium-based browser, or undefined. CHROMIUM_PATH and CHROME_PATH come first. */
export function findBrowser(): string | undefined;
/** Path of a Firefox, or undefined. FIREFOX_PATH comes first. */
export function findFirefox(): string | undefined;
