import { type ChangeEvent, type ReactNode, useId, useState } from 'react';
import { chosenFiles, type DroppedFile, droppedFiles } from '../lib/dropped-files';
import { FileIcon } from './Icons';

interface DropProps {
  label: string;
  /** Endings and types that the choice is narrowed to; without it, any file. */
  accept?: string;
  multiple?: boolean;
  testId: string;
  /** Whole folders too, with all that is in them. */
  folders?: boolean;
  children?: ReactNode;
  onFiles(files: File[], dropped: DroppedFile[]): void;
}

/** A place to drop files on, or to choose them with the keyboard. */
export function Drop({ label, accept, multiple, testId, folders, children, onFiles }: DropProps) {
  const id = useId();
  const [over, setOver] = useState(false);
  const give = (dropped: DroppedFile[]) =>
    onFiles(
      dropped.map(({ file }) => file),
      dropped,
    );
  const choose = ({ target }: ChangeEvent<HTMLInputElement>) => {
    give(chosenFiles(target.files ?? []));
    // Choosing the same file again must count as a change: people edit a file and load it anew.
    target.value = '';
  };
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
        if (folders) void droppedFiles(event.dataTransfer).then(give);
        else give(chosenFiles(event.dataTransfer.files));
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
        onChange={choose}
      />
      {folders && (
        <label className="small">
          or a whole folder{' '}
          <input
            ref={(input) => {
              if (input) input.webkitdirectory = true;
            }}
            type="file"
            className="small"
            data-testid={`${testId}-folder`}
            style={{ maxWidth: '100%' }}
            onChange={choose}
          />
        </label>
      )}
      {children}
    </div>
  );
}
