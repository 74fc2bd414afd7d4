import * as Dialog from '@radix-ui/react-dialog';
import type { ReactNode } from 'react';

interface ConfirmProps {
  trigger: ReactNode;
  title: string;
  children: ReactNode;
  action: string;
  testId?: string;
  onConfirm(): void;
}

/** Asks before something that can't be undone. */
export const Confirm = ({ trigger, title, children, action, testId, onConfirm }: ConfirmProps) => (
  <Dialog.Root>
    <Dialog.Trigger asChild>{trigger}</Dialog.Trigger>
    <Dialog.Portal>
      <Dialog.Overlay className="dialog-veil" />
      <Dialog.Content className="dialog">
        <Dialog.Title asChild>
          <h2>{title}</h2>
        </Dialog.Title>
        <Dialog.Description asChild>
          <p className="muted">{children}</p>
        </Dialog.Description>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Dialog.Close className="button">Stay</Dialog.Close>
          <Dialog.Close className="button button-danger" onClick={onConfirm} data-testid={testId}>
            {action}
          </Dialog.Close>
        </div>
      </Dialog.Content>
    </Dialog.Portal>
  </Dialog.Root>
);
