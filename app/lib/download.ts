/** Hands a file to the person; nothing is sent anywhere. */
export function download(name: string, content: Uint8Array | string | Blob, type: string): void {
  const url = URL.createObjectURL(new Blob([content as BlobPart], { type }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  // Some browsers read the URL only after the click's task.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
