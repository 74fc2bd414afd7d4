import { type ReactNode, useId, useState } from 'react';
import { FileIcon } from './Icons';

interface DropProps {
  label: string;
  accept: string;
  multiple?: boolean;
  testId: string;
  children?: ReactNode;
  onFiles(files: File[]): void;
}

/** A place to drop files on, or to choose them with the keyboard. */
export function Drop({ label, accept, multiple, testId, children, onFiles }: DropProps) {
  const id = useId();
  const [over, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's shortcut for the file input inside
    <div
      className="drop"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      <FileIcon />
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="file"
        className="small"
        accept={accept}
        multiple={multiple}
        data-testid={testId}
        style={{ maxWidth: '100%' }}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          // Choosing the same file again must count as a change: people edit a file and load it anew.
          event.target.value = '';
        }}
      />
      {children}
    </div>
  );
}
