import { Note } from '../components/Note';

/** In place of everything where the browser gives a page neither cryptography nor a graphics card: plain http from another machine. */
export function Insecure() {
  const { host, port, hash } = location;
  const secure = `https://${host}/${hash}`;
  return (
    <main className="page">
      <h1>This address is not encrypted</h1>
      <Note tone="bad" testId="insecure">
        <p>
          The page came over plain http from another machine. Browsers refuse such a page what it needs, and whoever
          reads the line to the server could read what protects your data. So nothing works here.
        </p>
      </Note>
      <div className="stack">
        <p>
          If the server speaks https, open <a href={secure}>{secure}</a>
        </p>
        <p>If it does not, whoever runs it has to start it in another way.</p>
        <p>
          Within one network: <code>npm start -- --host 0.0.0.0 --self-signed</code>. Browsers then warn of the
          certificate; the server prints the fingerprint to compare.
        </p>
        <p>
          For everybody: <code>npm start -- --host 0.0.0.0 --cert FILE --key FILE</code>, or a proxy in front that has a
          certificate.
        </p>
        <p>
          On the machine itself, <code>http://localhost{port && `:${port}`}/</code> will do.
        </p>
      </div>
    </main>
  );
}
